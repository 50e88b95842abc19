"""Processes and ports. A process is known by its id *and* its start time, so that no other one is ever hit."""

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path
from time import monotonic
from typing import IO, Any

import psutil

from mirrors_sandbox.state import write_private

__all__ = [
    "LOOPBACK",
    "Ledger",
    "LedgerClosedError",
    "Recorded",
    "end",
    "find",
    "free_port",
    "interpreter_path",
    "port_is_free",
    "read_record",
    "record",
    "spawn",
    "wait_until",
    "write_record",
]

LOOPBACK = "127.0.0.1"
PORTS = range(20000, 32000)  # below the range from which Linux takes the ports of outgoing connections
CLOCK_STEP = 2.0  # seconds: where a start time is a time of the day, a corrected clock may move it
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
APART = 1_000_000  # seconds between the numbers that two starts of the machine count from; one rarely lasts as long
POLL = 0.05  # seconds

Predicate = Callable[[], bool]


def wait_until(condition: Predicate, timeout: float, *, poll: float = POLL) -> bool:
    """True as soon as the condition holds, False when ``timeout`` seconds have passed without."""
    deadline = monotonic() + timeout
    pause = threading.Event()
    while not condition():
        if monotonic() >= deadline:
            return False
        pause.wait(poll)
    return True


@dataclass(frozen=True)
class Recorded:
    """One process. ``label`` says what it is for (``acme/test``); ``port`` is 0 where it does not listen."""

    pid: int
    started: float
    kind: str = ""
    label: str = ""
    port: int = 0

    @property
    def alive(self) -> bool:
        return find(self) is not None


def find(recorded: Recorded) -> psutil.Process | None:
    """The process, or None if it has ended: also if another one has its id now, or if it only waits to be reaped."""
    try:
        process = psutil.Process(recorded.pid)
        same = abs(_started(process) - recorded.started) <= (0.05 if _boot() else CLOCK_STEP)
    except psutil.NoSuchProcess:
        return None
    return process if same and _lives(process) else None


def record(pid: int, kind: str = "", label: str = "", port: int = 0) -> Recorded:
    """:raises psutil.NoSuchProcess: it has ended and was reaped"""
    return Recorded(pid, _started(psutil.Process(pid)), kind, label, port)


def _started(process: psutil.Process) -> float:
    """When it started, in seconds; on Linux since the machine did, which no correction of the clock ever moves.

    There it counts from a number that each start of the machine has for itself. Soon after a start, processes have
    the ids and times that others had before it.

    :raises psutil.NoSuchProcess: it has ended and was reaped
    """
    try:
        stat = Path("/proc", str(process.pid), "stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        if Path("/proc/self/stat").exists():
            raise psutil.NoSuchProcess(process.pid) from None
        return process.create_time()
    ticks = stat.rpartition(b")")[2].split()[19]  # proc(5): field 22; the name before it may have blanks
    return _boot() * APART + int(ticks) / os.sysconf("SC_CLK_TCK")


@cache
def _boot() -> int:
    """A number for this start of the machine; 0 where the system has none."""
    return int(BOOT_ID.read_text(encoding="ascii")[:6], 16) + 1 if BOOT_ID.exists() else 0


def write_record(path: Path, recorded: Recorded) -> None:
    write_private(path, json.dumps(asdict(recorded)))


def read_record(path: Path) -> Recorded | None:
    """None if there is no such file, or none any more."""
    try:
        return Recorded(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None


def end(recorded: Iterable[Recorded], timeout: float = 10.0, *, first: int = signal.SIGTERM) -> list[Recorded]:
    """End processes with all their children, politely and then for sure; returns those that had been alive."""
    found = {item: process for item in recorded if (process := find(item))}
    families = {process for item in found.values() for process in _family(item)}
    for process in found.values():
        _signal(process, first)
    _wait(found.values(), timeout)
    # Who has ended is done with its children; who has not was asked long enough.
    for process in filter(_lives, families):
        _signal(process, signal.SIGKILL)
    _wait(families, timeout)
    return list(found)


def _wait(processes: Iterable[psutil.Process], timeout: float) -> None:
    """Wait for their end, not for their exit codes: those belong to the process that started them."""
    chosen = list(processes)
    wait_until(lambda: not any(map(_lives, chosen)), timeout)


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _family(process: psutil.Process) -> set[psutil.Process]:
    """The process, its descendants, and those in its session whose parents have ended already."""
    try:
        return {
            process,
            *process.children(recursive=True),
            *filter(partial(_in_session, process), psutil.process_iter()),
        }
    except psutil.NoSuchProcess:
        return set()


def _in_session(leader: psutil.Process, process: psutil.Process) -> bool:
    try:
        return os.getsid(process.pid) == leader.pid
    except ProcessLookupError:
        return False


def _signal(process: psutil.Process, number: int) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(number)  # psutil compares the start time before


def spawn(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    directory: Path,
    output: int | IO[Any],
    user: int | None = None,
    group: int | None = None,
) -> "subprocess.Popen[bytes]":
    """Start a process in a session of its own, with no input and both outputs in one place.

    Raises:
        OSError: the command or the directory does not exist.
    """
    return subprocess.Popen(  # noqa: S603 - running what it is given is what this is for
        command,
        env=dict(environment),
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        user=user,
        group=group,
        extra_groups=None if user is None else [],
    )


class LedgerClosedError(Exception):
    """Everything is being stopped: no process may be started any more."""


class Ledger:
    """A record of the running processes, one file each, so that the next start or stop can end all of them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._lock = threading.Lock()
        self._closed = False

    def __iter__(self) -> Iterator[Recorded]:
        records = map(read_record, sorted(self.directory.glob("*.json")))
        yield from (recorded for recorded in records if recorded is not None)

    def add(self, pid: int, kind: str, label: str, port: int = 0) -> Recorded:
        """Record a process that was just started.

        Raises:
            LedgerClosedError: it came too late, and was ended.
        """
        recorded = record(pid, kind, label, port)
        with self._lock:
            if not self._closed:
                write_record(self._path(recorded), recorded)
                return recorded
        end([recorded])
        raise LedgerClosedError

    def close(self) -> None:
        """End all, and whatever is added later at once."""
        with self._lock:
            self._closed = True
        self.end(list(self))

    def remove(self, recorded: Recorded) -> None:
        self._path(recorded).unlink(missing_ok=True)

    def end(self, recorded: Iterable[Recorded], timeout: float = 10.0) -> list[Recorded]:
        """End processes and forget them; returns those that had been alive."""
        chosen = list(recorded)
        ended = end(chosen, timeout)
        for item in chosen:
            self.remove(item)
        return ended

    def _path(self, recorded: Recorded) -> Path:
        return self.directory / f"{recorded.pid}.json"


def port_is_free(port: int) -> bool:
    """Return whether a server could listen there now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port(taken: Iterable[int] = ()) -> int:
    """Return a free port, at random, so that two sandboxes seldom choose the same."""
    excluded = set(taken)
    while True:
        port = PORTS[secrets.randbelow(len(PORTS))]
        if port not in excluded and port_is_free(port):
            return port


def interpreter_path(executable: str) -> str:
    """PATH for the processes of a release: the sandbox's own interpreter first, then the system's."""
    return os.pathsep.join([str(Path(executable).parent), os.defpath.lstrip(os.pathsep)])

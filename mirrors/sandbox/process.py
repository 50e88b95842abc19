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
from pathlib import Path
from time import monotonic
from typing import IO, Any

import psutil

from mirrors.sandbox.state import write_private

__all__ = [
    "LOOPBACK",
    "Ledger",
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
CLOCK_STEP = 2.0  # seconds: a start time is counted from the boot time, which a corrected clock moves
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
        same = abs(process.create_time() - recorded.started) <= CLOCK_STEP
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None


def record(pid: int, kind: str = "", label: str = "", port: int = 0) -> Recorded:
    """:raises psutil.NoSuchProcess: it has ended and was reaped"""
    return Recorded(pid, psutil.Process(pid).create_time(), kind, label, port)


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
    families = [process for item in found.values() for process in _family(item)]
    for process in found.values():
        _signal(process, first)
    _, alive = psutil.wait_procs(families, timeout=timeout)
    for process in alive:
        _signal(process, signal.SIGKILL)
    psutil.wait_procs(alive, timeout=timeout)
    return list(found)


def _family(process: psutil.Process) -> list[psutil.Process]:
    try:
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


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

    :raises OSError: the command or the directory does not exist
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


class Ledger:
    """Which processes run, one file each, so that whoever starts or stops the sandbox next can end all of them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def __iter__(self) -> Iterator[Recorded]:
        records = map(read_record, sorted(self.directory.glob("*.json")))
        yield from (recorded for recorded in records if recorded is not None)

    def add(self, pid: int, kind: str, label: str, port: int = 0) -> Recorded:
        recorded = record(pid, kind, label, port)
        write_record(self._path(recorded), recorded)
        return recorded

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
    """Whether a server could listen there now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port(taken: Iterable[int] = ()) -> int:
    """A port that nobody listens on, at random, so that two sandboxes seldom choose the same."""
    excluded = set(taken)
    while True:
        port = PORTS[secrets.randbelow(len(PORTS))]
        if port not in excluded and port_is_free(port):
            return port


def interpreter_path(executable: str) -> str:
    """PATH for the processes of a release: the sandbox's own interpreter first, then the system's."""
    return os.pathsep.join([str(Path(executable).parent), os.defpath.lstrip(os.pathsep)])

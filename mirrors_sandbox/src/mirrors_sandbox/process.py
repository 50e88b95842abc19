"""Processes: start them, find them again, end them.

Its id *and* its start time identify a process, so that no other one is ever hit.
"""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from time import monotonic
from typing import IO, Any

import psutil

__all__ = ["Recorded", "end", "find", "interpreter_path", "record", "spawn", "wait_until"]

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


def interpreter_path(executable: str) -> str:
    """PATH for the processes of a release: the sandbox's own interpreter first, then the system's."""
    return os.pathsep.join([str(Path(executable).parent), os.defpath.lstrip(os.pathsep)])

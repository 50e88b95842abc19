"""Which processes belong to an engine, which of them sent a request, and an end that is over when it returns."""

import os
import signal
from collections.abc import Iterable

import psutil
from mirrors_sandbox.process import Recorded, record, wait_until

PROVIDER = "pulumi.dynamic"
DEAD_WITHIN = 10.0  # seconds, from SIGKILL on


def family(pid: int) -> list[Recorded]:
    """Return a process and all that it has started, itself first; nothing if it has ended."""
    try:
        own = psutil.Process(pid)
        return [record(process.pid) for process in (own, *own.children(recursive=True))]
    except psutil.NoSuchProcess:
        return []


def is_provider(recorded: Recorded) -> bool:
    """Return whether this is a provider process, and not the shell script that starts it."""
    try:
        return PROVIDER in psutil.Process(recorded.pid).cmdline()
    except psutil.NoSuchProcess:
        return False


def sender(members: Iterable[Recorded], port: int) -> Recorded | None:
    """Which of these processes has the other end of a connection."""
    return next((member for member in members if port in _ports(member)), None)


def kill(doomed: Iterable[Recorded]) -> None:
    """SIGKILL, in this order; when it returns none of them runs another instruction."""
    dying = [item for item in doomed if item.alive]
    for item in dying:
        try:
            os.kill(item.pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    assert ended(dying, DEAD_WITHIN)


def ended(recorded: Iterable[Recorded], within: float) -> bool:
    """Wait until none of these processes runs; False if one still does after so many seconds."""
    waited_for = list(recorded)
    return wait_until(lambda: not any(item.alive for item in waited_for), within)


def _ports(member: Recorded) -> set[int]:
    try:
        return {item.laddr.port for item in psutil.Process(member.pid).net_connections("tcp4") if item.laddr}
    except psutil.NoSuchProcess:
        return set()

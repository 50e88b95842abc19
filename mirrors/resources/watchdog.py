"""End a provider process whose engine is gone. Otherwise it would go on deploying without a reader."""

import os
import socket
from collections.abc import Callable, Sequence
from functools import cache
from threading import Event, Thread

from mirrors.pulumi_internals import exit_without_waiting

CHECK_INTERVAL = 1.5
"""Seconds between two checks. Two in a row must fail, so that an orphan stops within about 4 seconds."""

CONNECT_SECONDS = 1.0
ORPHANED_EXIT_CODE = 3
"""The exit code of a process that stopped because its engine is gone."""


def watch_engine(arguments: Sequence[str]) -> None:
    """Watch the engine's address, which it passes as the first argument. Other arguments, as in tests, are ignored."""
    host, _, port = arguments[1].rpartition(":") if len(arguments) > 1 else ("", "", "")
    if host and port.isdigit():
        _watch_once(host, int(port))


@cache
def _watch_once(host: str, port: int) -> None:
    if _is_alive(host, port):
        exit_without_waiting()
        Thread(
            target=_watch_until_gone, args=(lambda: _is_alive(host, port), Event()), daemon=True, name="watch-engine"
        ).start()


def _is_alive(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=CONNECT_SECONDS):
            return True
    except OSError:
        return False


def _watch_until_gone(answers: Callable[[], bool], never: Event) -> None:
    failures = 0
    while failures < 2:
        never.wait(CHECK_INTERVAL)
        failures = 0 if answers() else failures + 1
    os._exit(ORPHANED_EXIT_CODE)  # half-done work is as after a kill -9: the next up adopts it

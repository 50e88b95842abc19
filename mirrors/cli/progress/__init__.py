"""Run ``pulumi up`` and show which sites wait, run, are done or failed."""

import os
import signal
import subprocess
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import TextIO

import click

from mirrors.cli.progress.engine_events import apply_event
from mirrors.cli.progress.log_tail import LogTail
from mirrors.cli.progress.result import print_result
from mirrors.cli.progress.view import ProgressView, open_view, silent_if_closed
from mirrors.planning.reports.update_progress import UpdateProgress
from mirrors.problems.events import EVENTS_VARIABLE, read_events

__all__ = ["run_with_progress"]

DEBUG_COMMANDS = {"PULUMI_DEBUG_COMMANDS": "true"}
"""It makes the engine take ``--event-log``, as Pulumi's own Automation API does."""

LOOK_EVERY = 0.1
"""Seconds between two looks at the log."""

AFTER_A_KILL = "Before the next update run pulumi cancel: docs/how-to/operations/pulumi-killed.md."
SIGNAL_EXIT_CODE = 128
"""A process that a signal ended has this plus the signal's number as its exit code, as in a shell."""


def run_with_progress(
    command: Sequence[str], given: Mapping[str, str], progress: UpdateProgress, finished_by: Collection[str]
) -> int:
    """Run an update, show its progress, and return its exit code.

    Ctrl-C goes to the engine alone, which stops after the running sites. A second one makes it stop at once.

    Args:
        command: The path of ``pulumi`` and its arguments. It may ask nothing.
        given: Variables beside this process's own.
        progress: The sites before the update.
        finished_by: The kinds of resources that end a site.
    """
    with TemporaryDirectory() as folder, (Path(folder) / "said").open("w+", encoding="utf-8", errors="replace") as said:
        log, reported = Path(folder) / "events", Path(folder) / "reported"
        for path in (log, reported):
            path.touch(mode=0o600)
        with (
            subprocess.Popen(  # noqa: S603
                [*command, "--event-log", str(log)],
                env={**os.environ, **given, **DEBUG_COMMANDS, EVENTS_VARIABLE: str(reported)},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                process_group=0,
            ) as running,
            _pass_signals_on(running, progress),
            open_view() as view,
        ):
            _follow(running, Reports(log, reported), progress, view, finished_by)
        _print_end(running.returncode, progress, said)
    code = running.returncode
    return code if code >= 0 else SIGNAL_EXIT_CODE - code


def _print_end(code: int, progress: UpdateProgress, said: TextIO) -> None:
    """Print the result. If the engine's log has no end, its own output is all that is certain."""
    said.seek(0)
    output = said.read().strip()
    with silent_if_closed():
        if progress.is_complete:
            print_result(progress)
        if not progress.is_complete or (code and not progress.messages):
            click.echo(output, err=True)
        if code < 0:
            click.echo(f"Pulumi was killed (signal {-code}). {AFTER_A_KILL}", err=True)


@dataclass(frozen=True)
class Reports:
    """The files that an update writes: the engine's log, and the events of the program and its providers."""

    log: Path
    events: Path


def _follow(
    running: "subprocess.Popen[bytes]",
    reports: Reports,
    progress: UpdateProgress,
    view: ProgressView,
    finished_by: Collection[str],
) -> None:
    with closing(LogTail(reports.log)) as tail:
        ended, size = False, 0
        while not ended:
            ended = _has_ended(running)
            for line in tail.read_lines():
                apply_event(progress, line, finished_by)
            before, size = size, reports.events.stat().st_size
            if size > before and (reported := read_events(reports.events)).rotates_credentials:
                for fleet in ("", *reported.rotating_fleets):
                    progress.join_waves(fleet)
            view.show(progress)


def _has_ended(running: "subprocess.Popen[bytes]") -> bool:
    try:
        running.wait(LOOK_EVERY)
    except subprocess.TimeoutExpired:
        return False
    return True


@contextmanager
def _pass_signals_on(running: "subprocess.Popen[bytes]", progress: UpdateProgress) -> Iterator[None]:
    """Turn each signal that would end this process into an interrupt of the engine, until the engine has ended.

    The engine is in a process group of its own, so that Ctrl-C at a terminal reaches it once, through this process.
    """

    def pass_on(_number: int, _frame: FrameType | None) -> None:
        running.send_signal(signal.SIGINT)
        progress.is_stopping = True

    before = {number: signal.signal(number, pass_on) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        running.wait()  # also after an error, such as a full disk: no signal may leave the engine alone
        for number, handler in before.items():
            signal.signal(number, handler)

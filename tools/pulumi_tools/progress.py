"""Run a long command, and report every few seconds that it is still at work and how far it is."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tools.pulumi_tools.layout import Say, UnavailableError

HEARTBEAT_SECONDS = 10.0
GRACE_SECONDS = 5.0
TAIL_LINES = 15


@dataclass
class Output:
    """The lines that a running command has printed so far; steps of its work are only counted."""

    is_step: Callable[[str], bool]
    steps: int = 0
    other: list[str] = field(default_factory=list)

    def read(self, lines: Iterable[str]) -> None:
        """Take lines until there are no more; run in a thread of its own."""
        for line in lines:
            if self.is_step(line):
                self.steps += 1
            elif line.strip():
                self.other.append(line.rstrip())

    def tail(self) -> str:
        """Return the last lines, for an error."""
        return "\n".join(f"    {line}" for line in self.other[-TAIL_LINES:])


@dataclass(frozen=True)
class Command:
    """A command that may take minutes.

    `describe` turns the number of steps done into words; `limit` is in seconds and None where there is none.
    """

    arguments: Sequence[str | Path]
    cwd: Path
    environ: Mapping[str, str]
    describe: Callable[[int], str]
    is_step: Callable[[str], bool] = lambda _line: False
    limit: float | None = None


def run(command: Command, say: Say, *, heartbeat: float = HEARTBEAT_SECONDS) -> list[str]:
    """Run `command` to its end and return the lines that are no steps; raise `UnavailableError` if it fails.

    The command gets a process group of its own, which is ended with everything in it when this function is left early.
    """
    with subprocess.Popen(
        command.arguments,
        cwd=command.cwd,
        env=command.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        output = Output(command.is_step)
        reader = threading.Thread(target=output.read, args=(process.stdout,))
        reader.start()
        try:
            code = wait(process, command, lambda: say(command.describe(output.steps)), heartbeat)
        except BaseException:
            stop(process)
            raise
        finally:
            reader.join()
    if code:
        message = f"`{Path(command.arguments[0]).name}` ended with {code}:\n{output.tail()}"
        raise UnavailableError(message)
    return output.other


def wait(process: subprocess.Popen[str], command: Command, beat: Callable[[], None], heartbeat: float) -> int:
    """Return the exit code; beat every `heartbeat` seconds until then."""
    started = time.monotonic()
    while True:
        left = float("inf") if command.limit is None else started + command.limit - time.monotonic()
        if left <= 0:
            message = f"`{Path(command.arguments[0]).name}` was not done after {command.limit:.0f} s"
            raise UnavailableError(message)
        try:
            return process.wait(min(heartbeat, left))
        except subprocess.TimeoutExpired:
            beat()


def stop(process: subprocess.Popen[str]) -> None:
    """End a process and all that it started: first as Ctrl-C would, which lets it tidy up, then for good."""
    os.killpg(process.pid, signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)

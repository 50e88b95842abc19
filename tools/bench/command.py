"""Runs one command and takes its time; whatever happens, neither it nor what it has started is left."""

from __future__ import annotations

import compileall
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from mirrors.sandbox.process import end, record
from tools.bench.memory import watched
from tools.bench.sample import BenchError, Taken
from tools.shell_environment import variables

CHECKOUT = Path(__file__).resolve().parents[2]
PREFIXES = ("PULUMI_", "DIVIO_", "MIRRORS_", "PYTHON")
"""Of variables that would reach from the user's shell into a measurement."""

LINES = 30


def environment(directory: Path) -> dict[str, str]:
    """What a shell has in a project's directory that has read ``.state/env``; modules come from this checkout."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIXES)}
    folders = [directory / ".venv" / "bin", CHECKOUT / ".tools" / "bin"]
    path = os.pathsep.join([*map(str, folders), inherited.get("PATH", os.defpath)])
    return {**inherited, **variables(directory), "PATH": path, "PYTHONPATH": str(CHECKOUT)}


def compile_modules() -> None:
    """As an installation does it: else the first run, or with some settings each, compiles what it imports."""
    for directory in ("mirrors", "tools/bench"):
        compileall.compile_dir(CHECKOUT / directory, quiet=1)


def timed(command: Sequence[str], directory: Path, variables: Mapping[str, str]) -> Taken:
    """Raises BenchError where it fails."""
    with tempfile.TemporaryFile("w+") as output:
        began, before = time.monotonic(), _processor()
        with _started(command, directory, variables, output.fileno()) as process:
            try:
                with watched(process.pid) as watch:
                    code = process.wait()
                    seconds, processor = time.monotonic() - began, _processor() - before
            finally:
                if process.poll() is None:
                    end([record(process.pid)], first=signal.SIGKILL)
        output.seek(0)
        said = output.read()
    if code:
        last = "\n".join(said.splitlines()[-LINES:])
        raise BenchError(f"{' '.join(map(os.path.basename, command[:3]))} ended with {code}:\n{last}")
    return Taken(seconds, processor, watch.seen(), said)


def _processor() -> float:
    """Seconds of all processes that have ended, with those that they have waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _started(
    command: Sequence[str], directory: Path, variables: Mapping[str, str], output: int
) -> subprocess.Popen[bytes]:
    """In a session of its own: a Ctrl-C is for the bench alone, which then ends this."""
    return subprocess.Popen(
        command,
        cwd=directory,
        env=dict(variables),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def python(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, *arguments)

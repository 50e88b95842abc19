"""Run one command and take its time. It leaves no process, whatever happens."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from mirrors_sandbox.process import end, record

from tools.bench.builds import LINES
from tools.bench.memory import watched
from tools.bench.sample import BenchError, Taken


def timed(command: Sequence[str], directory: Path, variables: Mapping[str, str]) -> Taken:
    """Run a command and return what it took.

    Raises:
        BenchError: the command fails.
    """
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
    """Return the seconds of all processes that have ended, with those that they have waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _started(
    command: Sequence[str], directory: Path, variables: Mapping[str, str], output: int
) -> subprocess.Popen[bytes]:
    """Start in a session of its own: a Ctrl-C is for the bench alone, which then ends this."""
    return subprocess.Popen(
        command,
        cwd=directory,
        env=dict(variables),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )

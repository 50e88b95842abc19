"""A task of ``mirrors_sandbox.tasks`` in a process of its own, which has Django. The caller has none."""

import json
import os
import subprocess
import sys
import tempfile
from typing import Any

from mirrors_sandbox.console import Report
from mirrors_sandbox.state import DIRECTORY_VARIABLE, SandboxError, StateDirectory

__all__ = ["run_task"]


def run_task(state: StateDirectory, name: str, report: Report, /, **arguments: Any) -> None:
    """Run a task. The arguments go through a pipe, where no list of processes shows them.

    Args:
        state: The sandbox.
        name: The task's name.
        report: Gets each line that the task prints.

    Raises:
        SandboxError: The task failed.
    """
    with tempfile.TemporaryFile("w+") as problems:
        process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "mirrors_sandbox.tasks", name],
            env={**os.environ, DIRECTORY_VARIABLE: str(state.root)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=problems,
            text=True,
        )
        _exchange(process, json.dumps(arguments), report)
        if process.returncode:
            problems.seek(0)
            lines = problems.read().strip().splitlines()
            raise SandboxError(lines[-1] if lines else f"the task {name} ended without a word")


def _exchange(process: "subprocess.Popen[str]", request: str, report: Report) -> None:
    with process:
        if process.stdin is None or process.stdout is None:
            raise ValueError("the process needs pipes")
        process.stdin.write(request)
        process.stdin.close()
        for line in process.stdout:
            report(line.rstrip("\n"))

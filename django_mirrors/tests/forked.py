"""Commands of manage.py in processes that are forked from one that has imported Django.

Four fifths of a command's processor time are imports. The settings come from the environment, so each process loads
them, and its apps, for itself.
"""

from __future__ import annotations

import os
import runpy
import sys
from io import TextIOWrapper
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["ROOT", "TIMEOUT", "run_command"]

ROOT = Path(__file__).resolve().parents[1]
TIMEOUT = 240  # seconds, far more than any command takes
MANAGE = "tests/project/manage.py"
CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.imported"])


def run_command(arguments: Sequence[str], variables: Mapping[str, str], answer: str = "") -> tuple[int, str]:
    """Run a command with this environment, and return its exit code and output.

    Args:
        arguments: those of manage.py.
        variables: the whole environment.
        answer: all that its standard input has. It is no terminal.
    """
    with TemporaryDirectory() as folder:
        given, output = Path(folder, "given"), Path(folder, "output")
        given.write_text(answer)
        process = CONTEXT.Process(target=_command, args=(list(arguments), dict(variables), str(given), str(output)))
        process.start()
        try:
            process.join(TIMEOUT)
            assert process.exitcode is not None, output.read_text()
            return process.exitcode, output.read_text()
        finally:
            process.kill()
            process.join()


def _command(arguments: list[str], variables: dict[str, str], given: str, output: str) -> None:
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(ROOT)
    written = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for descriptor, number in ((os.open(given, os.O_RDONLY), 0), (written, 1), (written, 2)):
        os.dup2(descriptor, number)
    sys.stdin = os.fdopen(0, closefd=False)
    assert isinstance(sys.stdout, TextIOWrapper)
    sys.stdout.reconfigure(write_through=True)  # in the order of both streams
    sys.argv = [MANAGE, *arguments]
    sys.dont_write_bytecode = True
    runpy.run_path(MANAGE, run_name="__main__")

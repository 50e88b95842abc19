"""Runs tests on a copy of the checkout from which one piece of behaviour has been taken out."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from compileall import compile_dir
from dataclasses import dataclass
from pathlib import Path
from py_compile import PycInvalidationMode

from tools.mutants.mutation import Mutation

LIMIT = 600.0  # seconds, for the tests of one mutation
PATIENCE = 60.0  # seconds, until interrupted tests have stopped what they started
_PASSED, _FAILED = 0, 1  # pytest's exit codes
_NAMED = re.compile(r"^FAILED \S+?::(\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Outcome:
    """``verdict``: ``caught``, ``SURVIVED``, or ``broken`` where the tests could not run. ``by``: the test, or why."""

    verdict: str
    by: str


class Copy:
    """The tracked files of a checkout, as they are in it now, in a directory of their own.

    It has bytecode, which Python holds against the text of each file. Without it every process that a test starts
    would compile the whole package, and a mutated file is compiled anew.
    """

    def __init__(self, checkout: Path, directory: Path) -> None:
        self.directory = directory
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=checkout, capture_output=True, check=True)  # noqa: S607
        for name in filter(None, listed.stdout.decode().split("\0")):
            if (checkout / name).is_file():
                (directory / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(checkout / name, directory / name)
        compile_dir(directory, quiet=2, invalidation_mode=PycInvalidationMode.CHECKED_HASH)

    def judged(self, mutation: Mutation) -> Outcome:
        """Return what the tests say of a mutation.

        Raises:
            StaleError: the text is not there exactly once.
        """
        file = self.directory / mutation.path
        mutated, before = mutation.mutated(self.directory), file.read_text(encoding="utf-8")
        file.write_text(mutated, encoding="utf-8")
        try:
            code, said = self.tested(mutation.tests)
        finally:
            file.write_text(before, encoding="utf-8")
        failed = _NAMED.search(said)
        if code == _FAILED and failed:
            return Outcome("caught", f"by {failed[1]}")
        return Outcome("SURVIVED", "no test notices") if code == _PASSED else Outcome("broken", _end(said))

    def sound(self, tests: Sequence[str]) -> Outcome:
        """Return whether the tests pass where nothing has been taken out: only then does a failure say anything."""
        code, said = self.tested(tests)
        return Outcome("sound", "") if code == _PASSED else Outcome("broken", _end(said))

    def tested(self, tests: Sequence[str]) -> tuple[int, str]:
        """Return the exit code of pytest and its output, up to the first failure."""
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-rf", "-p", "no:cacheprovider", "--color=no", *tests]
        # Before the installed package, also in the processes that tests start. A mutation leaves no bytecode behind.
        mine = {"PYTHONPATH": str(self.directory), "PYTHONDONTWRITEBYTECODE": "1", "MIRRORS_FIRST_EXAMPLE": "1"}
        with subprocess.Popen(
            command,
            cwd=self.directory,
            env=os.environ | mine,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            try:
                said, _ = process.communicate(timeout=LIMIT)
            except subprocess.TimeoutExpired:
                said = _stopped(process)
        return process.returncode, said


def _stopped(process: subprocess.Popen[str]) -> str:
    """Interrupt, so that the tests can stop what they have started."""
    process.send_signal(signal.SIGINT)
    try:
        return process.communicate(timeout=PATIENCE)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        return process.communicate()[0]


def _end(said: str) -> str:
    return "\n".join(said.splitlines()[-20:])

"""A sandbox with one fleet, and the moment to which it can be taken back before each run."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from mirrors_sandbox.control import Sandbox

from tools.bench.sample import counted

ORIGINAL = "acme"
STAGE = "test"
TIMEOUT = 60.0  # seconds, for the sandbox's store


@dataclass(frozen=True)
class Platform:
    sandbox: Sandbox
    mirrors: list[str]
    kept: Path

    @property
    def variables(self) -> dict[str, str]:
        """Return its address and token, for the processes that speak to it."""
        return {"DIVIO_API_URL": self.sandbox.url, "DIVIO_API_TOKEN": self.sandbox.token}

    def restore(self) -> None:
        """Make all mirrors fresh again."""
        _copy(self.kept, self.sandbox.state / "sandbox.sqlite3")

    def rotate(self) -> None:
        """Set a new password, and have the original run with it."""
        self.sandbox.rotate(ORIGINAL, STAGE, report=_silently)
        self.release()

    def release(self) -> None:
        """Deploy the original."""
        self.sandbox.deploy(ORIGINAL, STAGE, report=_silently)

    def release_live(self) -> None:
        """Make a new image, where mirrors run that of Live."""
        self.sandbox.deploy(ORIGINAL, "live", report=_silently)

    @contextmanager
    def counted(self) -> Iterator[list[int]]:
        """Yield a list that has two numbers at the end of the context: its requests, and its polls."""
        counts: list[int] = []
        self.sandbox.clear_requests_log()
        yield counts
        counts.extend(counted(self.sandbox.requests_log()))


@contextmanager
def platform(directory: Path, mirrors: int, deployment_seconds: float = 0.0) -> Iterator[Platform]:
    """Yield a running sandbox without processes, with so many fresh mirrors. Nothing of it is left at the end."""
    sandbox = Sandbox(directory / "sandbox")
    try:
        sandbox.start(runner="none", deployment_seconds=deployment_seconds)
        sandbox.seed(original=ORIGINAL, mirrors=(), numbered=mirrors, report=_silently)
        kept = directory / "fresh.sqlite3"
        _copy(sandbox.state / "sandbox.sqlite3", kept)
        yield Platform(sandbox, [f"{ORIGINAL}-{number:04}" for number in range(1, mirrors + 1)], kept)
    finally:
        sandbox.reset()
        shutil.rmtree(directory, ignore_errors=True)


def _copy(source: Path, target: Path) -> None:
    with (
        closing(sqlite3.connect(source, timeout=TIMEOUT)) as read,
        closing(sqlite3.connect(target, timeout=TIMEOUT)) as written,
    ):
        read.backup(written)


def _silently(_line: str) -> None:
    """Drop a line of progress."""

"""A mutation: a piece of behaviour taken out, and the tests that have to notice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class StaleError(Exception):
    """A mutation that no longer fits the code, or whose tests are not there: correct the list."""


@dataclass(frozen=True)
class Mutation:
    """``name`` says what is broken. ``old`` is exactly once in the file ``path``; ``tests`` are pytest's ids."""

    name: str
    path: str
    old: str
    new: str
    tests: tuple[str, ...]

    def mutated(self, root: Path) -> str:
        """Return the file's text with the behaviour taken out.

        Raises:
            StaleError: the text is not there exactly once.
        """
        file = root / self.path
        if not file.is_file():
            raise StaleError(f"{self.name}: there is no {self.path}")
        text = file.read_text(encoding="utf-8")
        if text.count(self.old) != 1:
            raise StaleError(f"{self.name}: occurs {text.count(self.old)} times in {self.path}: {self.old!r}")
        return text.replace(self.old, self.new)

    def missing_tests(self, root: Path) -> list[str]:
        """Return those of its tests that do not exist."""
        return [test for test in self.tests if not _exists(root, *test.split("::"))]


def _exists(root: Path, path: str, function: str = "") -> bool:
    file = root / path
    return file.is_file() and (not function or f"def {function}(" in file.read_text(encoding="utf-8"))

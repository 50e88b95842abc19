"""What a program and its providers report to the command that has started them, beside what they show to the user.

The command names a file in ``MIRRORS_EVENTS``. Each event is one line of JSON in it: ``{event: its kind, …}``. Without
the variable nothing is written. No event holds a secret's value.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from mirrors.problems import Problem

EVENTS = "MIRRORS_EVENTS"
"""The environment variable with the path of the file."""


@dataclass(frozen=True, slots=True)
class Note:
    """A remark that stops nothing. ``site``: the slug that it is about; None where it is about no single site."""

    text: str
    site: str | None = None

    @property
    def line(self) -> str:
        return f"{self.site}: {self.text}" if self.site else self.text


@dataclass(frozen=True, slots=True)
class Events:
    """All that was reported.

    Args:
        problems: in the order of reporting, each once.
        notes: the same.
        repairing: whether all mirrors are one wave, because their shared credentials have changed.
        lines: lines that the user has seen and that no other event says, such as those of the waves.
    """

    problems: tuple[Problem, ...] = ()
    notes: tuple[Note, ...] = ()
    rotates_credentials: bool = False
    lines: frozenset[str] = frozenset()

    @property
    def shown(self) -> frozenset[str]:
        """Every line that the user has seen of them."""
        return self.lines | {item.line for item in self.problems} | {item.line for item in self.notes}

    @classmethod
    def of(cls, found: Iterable[Mapping[str, Any]]) -> Self:
        """From what ``read`` returns."""
        by_kind: dict[str, list[Mapping[str, Any]]] = {}
        for item in found:
            by_kind.setdefault(item["event"], []).append({key: item[key] for key in item if key != "event"})
        return cls(
            tuple(dict.fromkeys(Problem(**item) for item in by_kind.get("problem", ()))),
            tuple(dict.fromkeys(Note(**item) for item in by_kind.get("note", ()))),
            "repair" in by_kind,
            frozenset(item["text"] for item in by_kind.get("line", ())),
        )


NOTHING = Events()


def report_problem(problem: Problem) -> None:
    _report("problem", asdict(problem))


def report_note(note: Note) -> None:
    _report("note", asdict(note))


def report_repair() -> None:
    """All mirrors are one wave in this operation."""
    _report("repair", {})


def report_line(text: str) -> None:
    """A line that the user sees, and that says nothing that another event does not."""
    _report("line", {"text": text})


def _report(kind: str, data: Mapping[str, Any]) -> None:
    if path := os.environ.get(EVENTS):
        line = f"{json.dumps({'event': kind, **data})}\n".encode()
        with Path(path).open("ab", buffering=0) as file:  # several processes append: one write a line
            file.write(line)


def read(path: Path) -> Events:
    """Raises OSError."""
    return Events.of(json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())

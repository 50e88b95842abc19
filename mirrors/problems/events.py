"""What a program and its providers report to the command that has started them, beside what they show to the user.

The command names a file in ``MIRRORS_EVENTS``. Each event is one line of JSON in it: ``{event: its kind, …}``. Without
the variable nothing is written. No event holds a secret's value.
"""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from mirrors.problems import Note, Problem
from mirrors.problems.reported import Reported

EVENTS = "MIRRORS_EVENTS"
"""The environment variable with the path of the file."""

UNREADABLE = Problem(
    "event-unreadable",
    "the program or a provider reported something that this command cannot read.",
    "Install one version of pulumi-mirrors for the command and for the program, and run the command again",
)


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
    """A file that cannot be written keeps nothing from going on: the user sees the lines all the same."""
    if path := os.environ.get(EVENTS):
        line = f"{json.dumps({'event': kind, **data})}\n".encode()
        try:
            with Path(path).open("ab", buffering=0) as file:  # several processes append: one write a line
                file.write(line)
        except OSError as error:
            sys.stderr.write(f"{EVENTS}: {path} cannot be written: {error.strerror}\n")


def read(path: Path) -> Reported:
    """What is in the file. A line that cannot be read, such as one that was cut by a kill, becomes a problem.

    Raises OSError.
    """
    events, broken = [], False
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            event = json.loads(line)
            Reported.of([event])
        except (KeyError, TypeError, ValueError):
            broken = True
        else:
            events.append(event)
    found = Reported.of(events)
    return replace(found, problems=(*found.problems, UNREADABLE)) if broken else found

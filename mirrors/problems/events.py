"""Report events from a program and its providers to the command that started them.

The command names a file in ``MIRRORS_EVENTS``. Each event is one line of JSON in it: ``{event: its kind, …}``. Without
the variable the reporting functions write nothing. No event holds a secret's value.
"""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from mirrors.problems import Note, Problem
from mirrors.problems.reported import ReportedEvents

EVENTS_VARIABLE = "MIRRORS_EVENTS"
"""The environment variable with the path of the file."""

UNREADABLE_EVENT = Problem(
    "event-unreadable",
    "the program or a provider reported an event that this command cannot read.",
    "Install one version of pulumi-mirrors for the command and for the program, and run the command again",
)


def report_problem(problem: Problem) -> None:
    """Report a problem that the user sees."""
    _append_event("problem", asdict(problem))


def report_note(note: Note) -> None:
    """Report a note that the user sees."""
    _append_event("note", asdict(note))


def report_rotation(fleet: str | None = None) -> None:
    """Report that this operation rotates credentials, so all mirrors are one wave.

    Args:
        fleet: The name of a fleet that the program declares in arguments.
    """
    _append_event("rotation", {} if fleet is None else {"fleet": fleet})


def report_fleet(name: str, declaration: Mapping[str, Any]) -> None:
    """Report a fleet that the program declares in arguments, without the value of any ``Output``."""
    _append_event("fleet", {"name": name, "declaration": declaration})


def report_line(text: str) -> None:
    """Report a line that the user sees and that no other event covers, so that the command shows it once."""
    _append_event("line", {"text": text})


def _append_event(kind: str, data: Mapping[str, Any]) -> None:
    """Append an event to the file. An error does not stop the program, because the user sees the lines anyway."""
    if path := os.environ.get(EVENTS_VARIABLE):
        line = f"{json.dumps({'event': kind, **data})}\n".encode()
        try:
            with Path(path).open("ab", buffering=0) as file:  # Several processes append, so each line is one write.
                file.write(line)
        except OSError as error:
            sys.stderr.write(f"{EVENTS_VARIABLE}: {path} cannot be written: {error.strerror}\n")


def read_events(path: Path) -> ReportedEvents:
    """Read the events of a file. A line that is no event, such as one that a kill cut off, becomes a problem.

    Raises:
        OSError: The file cannot be read.
    """
    events, broken = [], False
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            event = json.loads(line)
            ReportedEvents.from_events([event])
        except (KeyError, TypeError, ValueError):
            broken = True
        else:
            events.append(event)
    found = ReportedEvents.from_events(events)
    return replace(found, problems=(*found.problems, UNREADABLE_EVENT)) if broken else found

"""The reports of one operation of Pulumi's engine, as data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from mirrors.problems import Note, Problem


@dataclass(frozen=True, slots=True)
class ReportedEvents:
    """The reports of one operation.

    Args:
        problems: The problems in the order of their reports, each once.
        notes: The notes in the order of their reports, each once.
        rotates_credentials: Whether all mirrors are one wave, because their shared credentials changed.
        lines: Other lines that the user saw, such as those about the waves.
        fleets: {name: declaration} of the fleets that the program declares in arguments.
        rotating_fleets: The names of those whose shared credentials changed.
    """

    problems: tuple[Problem, ...] = ()
    notes: tuple[Note, ...] = ()
    rotates_credentials: bool = False
    lines: frozenset[str] = frozenset()
    fleets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    rotating_fleets: frozenset[str] = frozenset()

    @property
    def shown_lines(self) -> frozenset[str]:
        """Every line of these reports that the user saw."""
        return self.lines | {item.line for item in self.problems} | {item.line for item in self.notes}

    @classmethod
    def from_events(cls, events: Iterable[Mapping[str, Any]]) -> Self:
        """Gather events, in any order of their kinds.

        Args:
            events: Objects ``{event: its kind, …}``, as ``mirrors.problems.events`` writes them.

        Raises:
            KeyError: An event lacks a key, for example because another version of Mirrors wrote it.
            TypeError: An event has a key that this version does not know.
            ValueError: An event has a code that the catalogue lacks.
        """
        by_kind: dict[str, list[Mapping[str, Any]]] = {}
        for item in events:
            by_kind.setdefault(item["event"], []).append({key: item[key] for key in item if key != "event"})
        return cls(
            tuple(dict.fromkeys(Problem(**item) for item in by_kind.get("problem", ()))),
            tuple(dict.fromkeys(Note(**item) for item in by_kind.get("note", ()))),
            "rotation" in by_kind,
            frozenset(item["text"] for item in by_kind.get("line", ())),
            {item["name"]: item["declaration"] for item in by_kind.get("fleet", ())},
            frozenset(item["fleet"] for item in by_kind.get("rotation", ()) if "fleet" in item),
        )


NOTHING_REPORTED = ReportedEvents()

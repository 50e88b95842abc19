"""What was reported during one operation of the engine, as data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from mirrors.problems import Note, Problem


@dataclass(frozen=True, slots=True)
class Reported:
    """All that was reported.

    Args:
        problems: in the order of reporting, each once.
        notes: the same.
        rotates_credentials: whether all mirrors are one wave, because their shared credentials have changed.
        lines: lines that the user has seen and that no other report says, such as those of the waves.
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
    def of(cls, events: Iterable[Mapping[str, Any]]) -> Self:
        """From ``{event: its kind, …}``. Raises KeyError, TypeError, ValueError where one is of another version."""
        by_kind: dict[str, list[Mapping[str, Any]]] = {}
        for item in events:
            by_kind.setdefault(item["event"], []).append({key: item[key] for key in item if key != "event"})
        return cls(
            tuple(dict.fromkeys(Problem(**item) for item in by_kind.get("problem", ()))),
            tuple(dict.fromkeys(Note(**item) for item in by_kind.get("note", ()))),
            "repair" in by_kind,
            frozenset(item["text"] for item in by_kind.get("line", ())),
        )


NOTHING = Reported()

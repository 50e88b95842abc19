"""What one operation of a migration does, as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django_mirrors.tables import Column, Constraint

__all__ = ["PRUNE", "Effect", "Kind"]

PRUNE = "migrate --prune"
"""In place of an operation's name: no migration does it."""


class Kind(str, Enum):
    """What an operation means for code that is older or newer than it."""

    TAKEN_AWAY = "taken away"
    TIGHTENED = "tightened"
    REQUIRED = "becomes required"
    CONSTRAINT = "constraint added"
    UNKNOWN = "unknown"
    DELETES = "expand, deletes at risk"
    EXPAND = "expand"


@dataclass(frozen=True)
class Effect:
    """One thing that one operation does. ``table`` and ``column`` are the database's names."""

    migration: str  # "gallery.0002_remove_photo_title"
    operation: str  # "RemoveField"
    kind: Kind
    table: str | None = None
    column: str | None = None
    detail: str = ""  # in words, for people
    after: Column | None = None  # how the column is afterwards
    constraint: Constraint | None = None
    model: str = ""  # "gallery.photo", where it concerns only code that has this model
    new: bool = False  # the same plan makes the table or the column, so that no code can need it yet
    until: str = ""  # the migration of the same plan after which it is so no more: "gallery.0003_free_photo_title"

    @property
    def place(self) -> str:
        """``gallery_photo.title``; empty where no table is known."""
        return ".".join(part for part in (self.table, self.column) if part)

"""The effect of one migration operation, as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django_mirrors.tables import Column, Constraint

__all__ = ["PRUNE", "ChangeKind", "Effect"]

PRUNE = "migrate --prune"
"""Used in place of an operation's name: no migration causes this effect."""


class ChangeKind(str, Enum):
    """The meaning of an operation for code that is older or newer than it."""

    REMOVED = "removed"
    NARROWED = "narrowed"
    REQUIRED = "becomes required"
    CONSTRAINT = "constraint added"
    UNKNOWN = "unknown"
    BLOCKS_DELETE = "expand, deletes at risk"
    EXPAND = "expand"


@dataclass(frozen=True)
class Effect:
    """One effect of one operation. ``table`` and ``column`` are the database's names."""

    migration: str  # "gallery.0002_remove_photo_title"
    operation: str  # "RemoveField"
    kind: ChangeKind
    table: str | None = None
    column: str | None = None
    detail: str = ""  # for people
    after: Column | None = None  # the column after the operation
    constraint: Constraint | None = None
    model: str = ""  # "gallery.photo", if it affects only code with this model
    new: bool = False  # the same plan creates the table or the column, so no code can need it yet
    until: str = ""  # the migration of the same plan that ends the effect: "gallery.0003_free_photo_title"

    @property
    def place(self) -> str:
        """Return ``gallery_photo.title``, or "" if no table is known."""
        return ".".join(part for part in (self.table, self.column) if part)

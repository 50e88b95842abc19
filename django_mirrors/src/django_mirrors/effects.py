"""What the pending migrations do to the database, operation by operation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration
    from django.db.migrations.state import ProjectState

    from django_mirrors.declaration import Column, Constraint

__all__ = ["Effect", "Kind", "effects_of", "prune_effects"]


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
    new_table: bool = False  # the same plan makes the table, so that no code can know it yet


def effects_of(
    plan: Sequence[tuple[Migration, bool]], connection: BaseDatabaseWrapper, state: ProjectState
) -> tuple[Effect, ...]:
    """What each operation of ``plan`` does.

    :param plan: what ``MigrationExecutor.migration_plan`` gave
    :param state: the project's state before the plan; it is not changed
    :raises ValueError: the plan takes migrations back
    """
    raise NotImplementedError


def prune_effects(migrations: Iterable[str]) -> tuple[Effect, ...]:
    """What ``migrate --prune`` does, which forgets ``migrations`` (``gallery.0001_initial``): contract."""
    raise NotImplementedError

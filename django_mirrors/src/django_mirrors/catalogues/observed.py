"""A table and its columns, as the database reports them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["DatabaseColumn", "DatabaseTable", "field_type_of"]


@dataclass(frozen=True)
class DatabaseColumn:
    """A column in the database. ``has_default``: an INSERT that omits the column gets a value from the database."""

    null: bool
    has_default: bool
    length: int | None  # characters
    type: str | None  # Django's internal type, if the database's type determines it


@dataclass(frozen=True)
class DatabaseTable:
    """A table, or a view, whose columns are never unique. ``uniques``: the columns of each constraint and index."""

    columns: Mapping[str, DatabaseColumn]
    uniques: frozenset[frozenset[str]] = field(default_factory=frozenset)
    view: bool = False


def field_type_of(connection: BaseDatabaseWrapper, database_type: Any) -> str | None:
    """Return Django's name for the database's own type, or None if Django has none."""
    try:
        return str(connection.introspection.data_types_reverse[database_type])
    except KeyError:
        return None

"""The real schema, looked at after migrating.

With nothing pending, a guard that looks at pending migrations has nothing to say, although the columns that older code
needs may be gone: a rollback, or an older image. So what is really there is compared with what the code declares.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_mirrors.found import find
from django_mirrors.tolerance import WITH_LENGTH

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from django.db.backends.base.base import BaseDatabaseWrapper

    from django_mirrors.declaration import Declaration
    from django_mirrors.found import FoundColumn, FoundTable
    from django_mirrors.tables import Column, Table

__all__ = ["Lack", "lacking", "look", "missing"]

KINDS = {
    "text": {"CharField", "TextField", "SlugField", "FileField", "FilePathField"},
    "number": {
        *("SmallIntegerField", "IntegerField", "BigIntegerField", "FloatField", "DecimalField"),
        *("PositiveSmallIntegerField", "PositiveIntegerField", "PositiveBigIntegerField"),
        *("SmallAutoField", "AutoField", "BigAutoField"),
    },
    "true or false": {"BooleanField"},
    "a day": {"DateField"},
    "a moment": {"DateTimeField"},
    "a time of day": {"TimeField"},
    "bytes": {"BinaryField"},
}
"""What a column holds, by Django's name of its type. Coarse, so that no schema that has grown by hand is refused for a
trifle; and without the types that one database has and another keeps in something else (UUID, JSON, duration)."""


@dataclass(frozen=True)
class Lack:
    """What the code of an app lacks in the schema, as a sentence."""

    app_label: str
    text: str


def missing(
    connection: BaseDatabaseWrapper, declaration: Declaration, migrated: Collection[str] | None = None
) -> tuple[str, ...]:
    """What stands between ``declaration`` and the schema as it is, a sentence each; nothing if the code can run."""
    return tuple(lack.text for lack in lacking(look(connection, declaration), declaration, migrated))


def look(connection: BaseDatabaseWrapper, declaration: Declaration) -> Mapping[str, FoundTable]:
    """The tables of ``declaration`` that are there. Only reads."""
    return find(connection, {table.name for table in declaration.tables if table.managed})


def lacking(
    found: Mapping[str, FoundTable], declaration: Declaration, migrated: Collection[str] | None = None
) -> tuple[Lack, ...]:
    """What ``declaration`` has and the tables that were ``found`` have not.

    Tables and columns that are not there, columns that are tighter than declared or hold another kind of value,
    required columns that the code does not know, and what is not unique any more. Tables that migrations do not make
    are somebody else's, and may be absent: those with ``managed = False``, and those of apps that are not ``migrated``
    (labels).
    """
    tables = [table for table in declaration.tables if table.managed and _is_ours(table, migrated)]
    lacks = [Lack(_app(table), text) for table in tables for text in _table(table, found.get(table.name))]
    return tuple(dict.fromkeys(lacks))


def _app(table: Table) -> str:
    return table.model.partition(".")[0]


def _is_ours(table: Table, migrated: Collection[str] | None) -> bool:
    return migrated is None or _app(table) in migrated


def _table(table: Table, found: FoundTable | None) -> Iterator[str]:
    if found is None:
        yield f"The table {table.name} is not there: {table.model} needs it."
        return
    for column in table.columns:
        place = f"{table.name}.{column.name}"
        if column.name not in found.columns:
            yield f"{place} is not there: {table.model} needs it."
        else:
            for words in _tighter(column, found.columns[column.name]):
                yield f"{place} {words}."
    for name in sorted(found.columns.keys() - {column.name for column in table.columns}):
        if not found.columns[name].null and not found.columns[name].filled:
            yield (
                f"{table.name}.{name} is NOT NULL without a database default, and {table.model} does not know it: "
                "no row can be inserted."
            )
    if not found.view:
        yield from _no_longer_unique(table, found)


def _tighter(column: Column, actual: FoundColumn) -> Iterator[str]:
    if column.null and not actual.null:
        yield "takes no NULL, and the code declares it with NULL"
    if column.db_default is not None and not actual.null and not actual.filled:
        yield "has no database default, and the code relies on one"
    if column.identity and not actual.null and not actual.filled:
        yield "is not counted up by the database, and the code relies on it"
    if column.db_type:
        return
    declared = column.length if column.type in WITH_LENGTH else None  # that of a TextField is the form's
    if column.type in {*WITH_LENGTH, "TextField"} and actual.length and (not declared or actual.length < declared):
        yield f"takes {actual.length} characters, and the code declares {declared or 'no limit'}"
    kind, really = _kind(column.type), _kind(actual.type or "")
    if kind and really and kind != really:
        yield f"holds {really}, and the code declares a {column.type}"


def _no_longer_unique(table: Table, found: FoundTable) -> Iterator[str]:
    """Constraints with a condition or an expression are not looked for, nor those of columns that are not there."""
    for columns, definition in sorted(table.uniques):
        if not definition and found.columns.keys() >= set(columns) and frozenset(columns) not in found.uniques:
            yield f"{table.name}: {', '.join(columns)} is not unique, and {table.model} declares that it is."


def _kind(internal: str) -> str | None:
    return next((kind for kind, types in KINDS.items() if internal in types), None)

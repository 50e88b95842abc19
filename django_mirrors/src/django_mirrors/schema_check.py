"""The check of the real schema after migrating.

Without pending migrations, the guard has nothing to check. Still, columns that older code needs may be gone: after a
rollback, or with an older image. So the real schema is compared with the code's declaration.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_mirrors.compatibility import WITH_LENGTH
from django_mirrors.database_names import normalize_table_name
from django_mirrors.introspection import introspect_tables

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from django.db.backends.base.base import BaseDatabaseWrapper

    from django_mirrors.catalogues.observed import DatabaseColumn, DatabaseTable
    from django_mirrors.declaration import SchemaDeclaration
    from django_mirrors.tables import Column, Table

__all__ = ["SchemaMismatch", "find_mismatches", "mismatch_texts", "observe_tables"]

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
"""Kinds of content, by Django's name of the column type.

They are coarse, so that a schema that was changed by hand is not refused for a trifle. Types that some databases store
as another type are missing (UUID, JSON, duration).
"""


@dataclass(frozen=True)
class SchemaMismatch:
    """A need of an app's code that the schema does not meet, as a sentence."""

    app_label: str
    text: str


def mismatch_texts(
    connection: BaseDatabaseWrapper, declaration: SchemaDeclaration, migrated: Collection[str] | None = None
) -> tuple[str, ...]:
    """Return each mismatch between ``declaration`` and the real schema as a sentence. Without any, the code can run."""
    needed = declaration.normalize(connection)
    return tuple(lack.text for lack in find_mismatches(observe_tables(connection, needed), needed, migrated))


def observe_tables(connection: BaseDatabaseWrapper, declaration: SchemaDeclaration) -> Mapping[str, DatabaseTable]:
    """Return the existing tables of ``declaration``, by their normalized names. Only reads."""
    names = {table.name for table in declaration.tables if table.managed}
    return introspect_tables(connection, {normalize_table_name(name, connection) for name in names})


def find_mismatches(
    found: Mapping[str, DatabaseTable], declaration: SchemaDeclaration, migrated: Collection[str] | None = None
) -> tuple[SchemaMismatch, ...]:
    """Return the mismatches between ``declaration`` and the observed tables.

    These are missing tables and columns, narrower columns, columns with another kind of content, required columns that
    the code does not know, and lost uniqueness. The names of ``declaration`` must be normalized.

    Tables that no migration creates may be missing: those with ``managed = False``, and those of apps that are not
    ``migrated`` (labels).
    """
    tables = [table for table in declaration.tables if table.managed and _is_migrated(table, migrated)]
    lacks = [SchemaMismatch(_app(table), text) for table in tables for text in _table(table, found.get(table.name))]
    return tuple(dict.fromkeys(lacks))


def _app(table: Table) -> str:
    return table.model.partition(".")[0]


def _is_migrated(table: Table, migrated: Collection[str] | None) -> bool:
    return migrated is None or _app(table) in migrated


def _table(table: Table, found: DatabaseTable | None) -> Iterator[str]:
    if found is None:
        yield f"The table {table.name} does not exist: {table.model} needs it."
        return
    for column in table.columns:
        place = f"{table.name}.{column.name}"
        if column.name not in found.columns:
            yield f"{place} does not exist: {table.model} needs it."
        else:
            for words in _narrower(column, found.columns[column.name]):
                yield f"{place} {words}."
    for name in sorted(found.columns.keys() - {column.name for column in table.columns}):
        if not found.columns[name].null and not found.columns[name].has_default:
            yield (
                f"{table.name}.{name} is NOT NULL without a database default, and {table.model} does not know it: "
                "no row can be inserted."
            )
    if not found.view:
        yield from _lost_uniqueness(table, found)


def _narrower(column: Column, actual: DatabaseColumn) -> Iterator[str]:
    if column.null and not actual.null:
        yield "takes no NULL, and the code declares it with NULL"
    if column.db_default is not None and not actual.null and not actual.has_default:
        yield "has no database default, and the code relies on one"
    if column.identity and not actual.null and not actual.has_default:
        yield "is not generated by the database, and the code relies on it"
    if column.db_type:
        return
    declared = column.length if column.type in WITH_LENGTH else None  # a TextField's length is only the form's
    if column.type in {*WITH_LENGTH, "TextField"} and actual.length and (not declared or actual.length < declared):
        yield f"takes {actual.length} characters, and the code declares {declared or 'no limit'}"
    kind, really = _kind(column.type), _kind(actual.type or "")
    if kind and really and kind != really:
        yield f"holds {really}, and the code declares a {column.type}"


def _lost_uniqueness(table: Table, found: DatabaseTable) -> Iterator[str]:
    """Yield lost uniqueness. Constraints with a condition, an expression or a missing column are not checked."""
    for columns, definition in sorted(table.uniques):
        if not definition and found.columns.keys() >= set(columns) and frozenset(columns) not in found.uniques:
            yield f"{table.name}: {', '.join(columns)} is not unique, and {table.model} declares that it is."


def _kind(internal: str) -> str | None:
    return next((kind for kind, types in KINDS.items() if internal in types), None)

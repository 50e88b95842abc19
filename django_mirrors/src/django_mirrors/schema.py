"""The real schema, looked at after migrating.

With nothing pending, a guard that looks at pending migrations has nothing to say, although the columns that older code
needs may be gone: a rollback, or an older image. So what is really there is compared with what the code declares.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django_mirrors.tolerance import WITH_LENGTH

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper

    from django_mirrors.declaration import Declaration
    from django_mirrors.tables import Column, Table

__all__ = ["missing"]

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

COMPARED = {"sqlite", "postgresql"}  # where it was tried


@dataclass(frozen=True)
class _Found:
    """A column as the database has it. ``filled``: the database gives a value where an INSERT names none."""

    null: bool
    filled: bool
    length: int | None
    kind: str | None  # "text", where the database's type tells


def missing(
    connection: BaseDatabaseWrapper, declaration: Declaration, migrated: Collection[str] | None = None
) -> tuple[str, ...]:
    """What stands between ``declaration`` and the schema as it is, a sentence each; nothing if the code can run.

    Tables and columns that are not there, columns that are tighter than declared or hold another kind of value,
    required columns that the code does not know, and what is not unique any more. Tables that migrations do not make
    are somebody else's, and may be absent: those with ``managed = False``, and those of apps that are not ``migrated``
    (labels).
    """
    tables = [table for table in declaration.tables if table.managed and _is_ours(table, migrated)]
    with connection.cursor() as cursor:
        existing = set(connection.introspection.table_names(cursor))
        names = sorted({table.name for table in tables} & existing)
        found = {name: _columns(connection, cursor, name) for name in names}
        uniques = {name: _uniques(connection, cursor, name) for name in names}
    sentences = [sentence for table in tables for sentence in _table(table, found)]
    for table in tables:
        sentences += _no_longer_unique(table, found.get(table.name, {}), uniques.get(table.name, set()))
    return tuple(dict.fromkeys(sentences))


def _is_ours(table: Table, migrated: Collection[str] | None) -> bool:
    return migrated is None or table.model.partition(".")[0] in migrated


def _table(table: Table, found: dict[str, dict[str, _Found]]) -> Iterator[str]:
    if table.name not in found:
        yield f"The table {table.name} is not there: {table.model} needs it."
        return
    actual = found[table.name]
    for column in table.columns:
        place = f"{table.name}.{column.name}"
        if column.name not in actual:
            yield f"{place} is not there: {table.model} needs it."
        else:
            for words in _tighter(column, actual[column.name]):
                yield f"{place} {words}."
    for name in sorted(actual.keys() - {column.name for column in table.columns}):
        if not actual[name].null and not actual[name].filled:
            yield (
                f"{table.name}.{name} is NOT NULL without a database default, and {table.model} does not know it: "
                "no row can be inserted."
            )


def _tighter(column: Column, actual: _Found) -> Iterator[str]:
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
    kind = _kind(column.type)
    if kind and actual.kind and kind != actual.kind:
        yield f"holds {actual.kind}, and the code declares a {column.type}"


def _no_longer_unique(table: Table, actual: dict[str, _Found], uniques: set[frozenset[str]]) -> Iterator[str]:
    """Constraints with a condition or an expression are not looked for, nor those of columns that are not there."""
    for columns, definition in sorted(table.uniques):
        if not definition and actual.keys() >= set(columns) and frozenset(columns) not in uniques:
            yield f"{table.name}: {', '.join(columns)} is not unique, and {table.model} declares that it is."


def _kind(internal: str) -> str | None:
    return next((kind for kind, types in KINDS.items() if internal in types), None)


def _kind_of(connection: BaseDatabaseWrapper, database_type: Any) -> str | None:
    """Of the database's own name of the type; None where nobody knows it."""
    if connection.vendor not in COMPARED:
        return None
    try:
        return _kind(connection.introspection.data_types_reverse[database_type])
    except KeyError:
        return None


def _uniques(connection: BaseDatabaseWrapper, cursor: Any, table: str) -> set[frozenset[str]]:
    found = connection.introspection.get_constraints(cursor, table).values()
    return {frozenset(item["columns"] or ()) for item in found if item["unique"] or item["primary_key"]}


def _columns(connection: BaseDatabaseWrapper, cursor: Any, table: str) -> dict[str, _Found]:
    if connection.vendor == "sqlite":
        return _columns_on_sqlite(connection, cursor, table)
    columns = {}
    for info in connection.introspection.get_table_description(cursor, table):
        filled = info.default is not None or bool(getattr(info, "is_autofield", False))
        length = info.display_size if isinstance(info.display_size, int) and info.display_size > 0 else None
        columns[info.name] = _Found(bool(info.null_ok), filled, length, _kind_of(connection, info.type_code))
    return columns


def _columns_on_sqlite(connection: BaseDatabaseWrapper, cursor: Any, table: str) -> dict[str, _Found]:
    """Django does not tell computed columns apart (``hidden`` is 2 or 3), and before 5.0 does not show them at all."""
    cursor.execute(f"PRAGMA table_xinfo({connection.ops.quote_name(table)})")
    columns = {}
    for _, name, db_type, not_null, default, pk, hidden in cursor.fetchall():
        length = re.search(r"\((\d+)\)", db_type)
        filled = default is not None or hidden in (2, 3) or bool(pk)  # a key without a value is the row's own number
        kind = _kind_of(connection, db_type)
        columns[name] = _Found(not not_null, filled, int(length[1]) if length else None, kind)
    return columns

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
    from collections.abc import Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper

    from django_mirrors.declaration import Declaration
    from django_mirrors.tables import Column, Table

__all__ = ["missing"]


@dataclass(frozen=True)
class _Found:
    """A column as the database has it. ``filled``: the database gives a value where an INSERT names none."""

    null: bool
    filled: bool
    length: int | None


def missing(connection: BaseDatabaseWrapper, declaration: Declaration) -> tuple[str, ...]:
    """What stands between ``declaration`` and the schema as it is, a sentence each; nothing if the code can run.

    Tables and columns that are not there, columns that are tighter than declared, and required columns that the code
    does not know. Tables that migrations do not make (``managed = False``) are somebody else's, and may be absent.
    """
    with connection.cursor() as cursor:
        existing = set(connection.introspection.table_names(cursor))
        names = sorted({table.name for table in declaration.tables if table.managed} & existing)
        found = {name: _columns(connection, cursor, name) for name in names}
    sentences = [sentence for table in declaration.tables if table.managed for sentence in _table(table, found)]
    return tuple(dict.fromkeys(sentences))


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
    lengths = (column.length, actual.length)
    if column.type in WITH_LENGTH and not column.db_type and lengths[0] and lengths[1] and lengths[1] < lengths[0]:
        yield f"takes {lengths[1]} characters, and the code declares {lengths[0]}"


def _columns(connection: BaseDatabaseWrapper, cursor: Any, table: str) -> dict[str, _Found]:
    if connection.vendor == "sqlite":
        return _columns_on_sqlite(connection, cursor, table)
    columns = {}
    for info in connection.introspection.get_table_description(cursor, table):
        filled = info.default is not None or bool(getattr(info, "is_autofield", False))
        length = info.display_size if isinstance(info.display_size, int) and info.display_size > 0 else None
        columns[info.name] = _Found(bool(info.null_ok), filled, length)
    return columns


def _columns_on_sqlite(connection: BaseDatabaseWrapper, cursor: Any, table: str) -> dict[str, _Found]:
    """Django does not tell computed columns apart (``hidden`` is 2 or 3), and before 5.0 does not show them at all."""
    cursor.execute(f"PRAGMA table_xinfo({connection.ops.quote_name(table)})")
    columns = {}
    for _, name, db_type, not_null, default, pk, hidden in cursor.fetchall():
        length = re.search(r"\((\d+)\)", db_type)
        filled = default is not None or hidden in (2, 3) or bool(pk)  # a key without a value is the row's own number
        columns[name] = _Found(not not_null, filled, int(length[1]) if length else None)
    return columns

"""A table as SQLite's pragmas report it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError

from django_mirrors.catalogues.observed import DatabaseColumn, DatabaseTable, field_type_of

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["read_table"]

ROW_NUMBERS = ("rowid", "oid", "_rowid_")
"""Names of a column that no pragma lists. Virtual tables have it too: models of full-text indexes declare it."""

ROW_NUMBER = DatabaseColumn(null=False, has_default=True, length=None, type="IntegerField")


def read_table(connection: BaseDatabaseWrapper, cursor: Any, schema: str | None, name: str) -> DatabaseTable | None:
    """Return the table, read from SQLite's pragmas.

    Django does not distinguish computed columns (``hidden`` is 2 or 3). Before 5.0 it does not report them at all.
    """
    quote = connection.ops.quote_name
    of = f"{quote(schema)}." if schema else ""
    cursor.execute(f"PRAGMA {of}table_xinfo({quote(name)})")
    rows = cursor.fetchall()
    if not rows:
        return None
    columns = {}
    for _, column, database_type, not_null, default, key, hidden in rows:
        length = re.search(r"\((\d+)\)", database_type)
        has_default = default is not None or hidden in (2, 3) or bool(key)  # a key defaults to the row's number
        kind = field_type_of(connection, database_type)
        columns[column] = DatabaseColumn(not not_null, has_default, int(length[1]) if length else None, kind)
    master = f"SELECT 1 FROM {of}sqlite_master WHERE type = 'view' AND name = %s COLLATE NOCASE"  # noqa: S608 - quoted
    cursor.execute(master, [name])
    view = cursor.fetchone() is not None
    uniques = {frozenset(row[1] for row in rows if row[5])}
    if not view and _has_row_numbers(cursor, f"{of}{quote(name)}"):
        columns = {**dict.fromkeys(ROW_NUMBERS, ROW_NUMBER), **columns}
        uniques |= {frozenset([name]) for name in ROW_NUMBERS}
    cursor.execute(f"PRAGMA {of}index_list({quote(name)})")
    for index in [row[1] for row in cursor.fetchall() if row[2]]:
        cursor.execute(f"PRAGMA {of}index_info({quote(index)})")
        uniques.add(frozenset(row[2] for row in cursor.fetchall()))
    return DatabaseTable(columns, frozenset(uniques), view)


def _has_row_numbers(cursor: Any, table: str) -> bool:
    """Return whether rows have numbers: those of a table ``WITHOUT ROWID`` have none."""
    try:
        cursor.execute(f"SELECT rowid FROM {table} LIMIT 0")  # noqa: S608 - quoted
    except DatabaseError:
        return False
    return True

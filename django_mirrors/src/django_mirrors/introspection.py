"""Tables, views and columns as the database itself reports them.

A name may point into another schema: ``db_table = 'timeseries"."reading'`` is the usual way. Django puts the name
between quotation marks and does not interpret it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["DatabaseColumn", "DatabaseTable", "field_type_of", "introspect_tables"]


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


def introspect_tables(connection: BaseDatabaseWrapper, names: Collection[str]) -> Mapping[str, DatabaseTable]:
    """Return the existing tables and views among ``names``, each a model's ``db_table``. Only reads."""
    with connection.cursor() as cursor:
        if connection.vendor in READERS:
            read = READERS[connection.vendor]
            found = {name: read(connection, cursor, *_split_name(name)) for name in sorted(names)}
        else:
            existing = connection.introspection.get_table_list(cursor)
            views = {info.name: info.type == "v" for info in existing}
            found = {
                name: _read_with_django(connection, cursor, name, views[name])
                for name in sorted(views.keys() & set(names))
            }
    return {name: table for name, table in found.items() if table is not None}


def _split_name(name: str) -> tuple[str | None, str]:
    """Return schema and table of the name that Django puts between quotation marks."""
    *before, table = name.strip('"').split('"."')
    return (before[-1] if before else None), table


def field_type_of(connection: BaseDatabaseWrapper, database_type: Any) -> str | None:
    """Return Django's name for the database's own type, or None if Django has none."""
    try:
        return str(connection.introspection.data_types_reverse[database_type])
    except KeyError:
        return None


def _read_with_django(connection: BaseDatabaseWrapper, cursor: Any, name: str, view: bool) -> DatabaseTable:
    """Return the table as Django's introspection reports it, for databases without a query below."""
    columns = {}
    for info in connection.introspection.get_table_description(cursor, name):
        has_default = info.default is not None or bool(getattr(info, "is_autofield", False))
        length = info.display_size if isinstance(info.display_size, int) and info.display_size > 0 else None
        columns[info.name] = DatabaseColumn(bool(info.null_ok), has_default, length, None)
    constraints = connection.introspection.get_constraints(cursor, name).values()
    uniques = (frozenset(item["columns"] or ()) for item in constraints if item["unique"] or item["primary_key"])
    return DatabaseTable(columns, frozenset(uniques), view)


FIND_ON_POSTGRESQL = """
SELECT c.oid, c.relkind IN ('m', 'v') FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname = %s AND c.relkind IN ('f', 'm', 'p', 'r', 'v')
AND CASE WHEN %s::text IS NULL THEN pg_catalog.pg_table_is_visible(c.oid) ELSE n.nspname = %s END
"""
COLUMNS_ON_POSTGRESQL = """
SELECT a.attname, NOT (a.attnotnull OR t.typnotnull), a.atthasdef OR a.attidentity <> '',
CASE t.typtype WHEN 'd' THEN t.typtypmod ELSE a.atttypmod END, CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped
"""
UNIQUES_ON_POSTGRESQL = """
SELECT array_agg(a.attname) FROM pg_catalog.pg_index i
CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k(number, place)
JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
WHERE i.indrelid = %s AND i.indisunique AND k.place <= i.indnkeyatts GROUP BY i.indexrelid
"""
HEADER = 4  # bytes that PostgreSQL adds to a length
LIMITED = {"CharField"}  # varchar and char: their modifier is a length


def _read_postgresql(
    connection: BaseDatabaseWrapper, cursor: Any, schema: str | None, name: str
) -> DatabaseTable | None:
    cursor.execute(FIND_ON_POSTGRESQL, [name, schema, schema])
    row = cursor.fetchone()
    if row is None:
        return None
    number, view = row
    cursor.execute(COLUMNS_ON_POSTGRESQL, [number])
    columns = {}
    for column, null, has_default, modifier, database_type in cursor.fetchall():
        kind = field_type_of(connection, database_type)
        length = modifier - HEADER if kind in LIMITED and modifier > HEADER else None
        columns[column] = DatabaseColumn(null, has_default, length, kind)
    cursor.execute(UNIQUES_ON_POSTGRESQL, [number])
    return DatabaseTable(columns, frozenset(frozenset(names) for (names,) in cursor.fetchall()), view)


def _read_sqlite(connection: BaseDatabaseWrapper, cursor: Any, schema: str | None, name: str) -> DatabaseTable | None:
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
    master = f"SELECT 1 FROM {of}sqlite_master WHERE type = 'view' AND name = %s"  # noqa: S608 - quoted
    cursor.execute(master, [name])
    view = cursor.fetchone() is not None
    uniques = {frozenset(row[1] for row in rows if row[5])}
    cursor.execute(f"PRAGMA {of}index_list({quote(name)})")
    for index in [row[1] for row in cursor.fetchall() if row[2]]:
        cursor.execute(f"PRAGMA {of}index_info({quote(index)})")
        uniques.add(frozenset(row[2] for row in cursor.fetchall()))
    return DatabaseTable(columns, frozenset(uniques), view)


READERS = {"postgresql": _read_postgresql, "sqlite": _read_sqlite}

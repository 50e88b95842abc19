"""What tables and views the database has, with their columns, as the database itself says.

A name may lead into another schema: ``db_table = 'timeseries"."reading'`` is the usual way to do that, since Django
puts it between quotation marks and looks no further.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["FoundColumn", "FoundTable", "find", "found_type"]


@dataclass(frozen=True)
class FoundColumn:
    """A column as the database has it. ``filled``: the database gives a value where an INSERT names none."""

    null: bool
    filled: bool
    length: int | None  # characters
    type: str | None  # Django's internal type, where the database's tells


@dataclass(frozen=True)
class FoundTable:
    """A table, or a view, whose columns are never unique. ``uniques``: the columns of each constraint and index."""

    columns: Mapping[str, FoundColumn]
    uniques: frozenset[frozenset[str]] = field(default_factory=frozenset)
    view: bool = False


def find(connection: BaseDatabaseWrapper, names: Collection[str]) -> Mapping[str, FoundTable]:
    """The tables and views among ``names``, each a model's ``db_table``. Only reads."""
    with connection.cursor() as cursor:
        if connection.vendor in LOOK:
            look = LOOK[connection.vendor]
            found = {name: look(connection, cursor, *_place(name)) for name in sorted(names)}
        else:
            existing = connection.introspection.get_table_list(cursor)
            views = {info.name: info.type == "v" for info in existing}
            found = {name: _look(connection, cursor, name, views[name]) for name in sorted(views.keys() & set(names))}
    return {name: table for name, table in found.items() if table is not None}


def _place(name: str) -> tuple[str | None, str]:
    """Schema and table of what Django puts between quotation marks."""
    *before, table = name.strip('"').split('"."')
    return (before[-1] if before else None), table


def found_type(connection: BaseDatabaseWrapper, database_type: Any) -> str | None:
    """Django's name for the database's own type; None where nobody knows it."""
    try:
        return str(connection.introspection.data_types_reverse[database_type])
    except KeyError:
        return None


def _look(connection: BaseDatabaseWrapper, cursor: Any, name: str, view: bool) -> FoundTable:
    """As Django sees it: for databases that have no look of their own."""
    columns = {}
    for info in connection.introspection.get_table_description(cursor, name):
        filled = info.default is not None or bool(getattr(info, "is_autofield", False))
        length = info.display_size if isinstance(info.display_size, int) and info.display_size > 0 else None
        columns[info.name] = FoundColumn(bool(info.null_ok), filled, length, None)
    constraints = connection.introspection.get_constraints(cursor, name).values()
    uniques = (frozenset(item["columns"] or ()) for item in constraints if item["unique"] or item["primary_key"])
    return FoundTable(columns, frozenset(uniques), view)


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
HEADER = 4  # bytes that PostgreSQL counts with a length
LIMITED = {"CharField"}  # varchar and char, whose modifier is a length


def _look_on_postgresql(
    connection: BaseDatabaseWrapper, cursor: Any, schema: str | None, name: str
) -> FoundTable | None:
    cursor.execute(FIND_ON_POSTGRESQL, [name, schema, schema])
    row = cursor.fetchone()
    if row is None:
        return None
    number, view = row
    cursor.execute(COLUMNS_ON_POSTGRESQL, [number])
    columns = {}
    for column, null, filled, modifier, database_type in cursor.fetchall():
        kind = found_type(connection, database_type)
        length = modifier - HEADER if kind in LIMITED and modifier > HEADER else None
        columns[column] = FoundColumn(null, filled, length, kind)
    cursor.execute(UNIQUES_ON_POSTGRESQL, [number])
    return FoundTable(columns, frozenset(frozenset(names) for (names,) in cursor.fetchall()), view)


def _look_on_sqlite(connection: BaseDatabaseWrapper, cursor: Any, schema: str | None, name: str) -> FoundTable | None:
    """Django does not tell computed columns apart (``hidden`` is 2 or 3), and before 5.0 does not show them at all."""
    quote = connection.ops.quote_name
    of = f"{quote(schema)}." if schema else ""
    cursor.execute(f"PRAGMA {of}table_xinfo({quote(name)})")
    rows = cursor.fetchall()
    if not rows:
        return None
    columns = {}
    for _, column, database_type, not_null, default, key, hidden in rows:
        length = re.search(r"\((\d+)\)", database_type)
        filled = default is not None or hidden in (2, 3) or bool(key)  # a key without a value is the row's own number
        kind = found_type(connection, database_type)
        columns[column] = FoundColumn(not not_null, filled, int(length[1]) if length else None, kind)
    master = f"SELECT 1 FROM {of}sqlite_master WHERE type = 'view' AND name = %s"  # noqa: S608 - quoted
    cursor.execute(master, [name])
    view = cursor.fetchone() is not None
    uniques = {frozenset(row[1] for row in rows if row[5])}
    cursor.execute(f"PRAGMA {of}index_list({quote(name)})")
    for index in [row[1] for row in cursor.fetchall() if row[2]]:
        cursor.execute(f"PRAGMA {of}index_info({quote(index)})")
        uniques.add(frozenset(row[2] for row in cursor.fetchall()))
    return FoundTable(columns, frozenset(uniques), view)


LOOK = {"postgresql": _look_on_postgresql, "sqlite": _look_on_sqlite}

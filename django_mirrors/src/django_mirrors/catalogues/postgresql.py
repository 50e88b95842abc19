"""A table as PostgreSQL's catalogue reports it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django_mirrors.catalogues.observed import DatabaseColumn, DatabaseTable, field_type_of

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["read_table"]

FIND = """
SELECT c.oid, c.relkind IN ('m', 'v') FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname = %s::name AND c.relkind IN ('f', 'm', 'p', 'r', 'v')
AND CASE WHEN %s::text IS NULL THEN pg_catalog.pg_table_is_visible(c.oid) ELSE n.nspname = %s::name END
"""
"""The type ``name`` cuts a longer name, as every statement does."""

COLUMNS = """
SELECT a.attname, NOT (a.attnotnull OR t.typnotnull), a.atthasdef OR a.attidentity <> '' OR a.attnum < 0,
CASE t.typtype WHEN 'd' THEN t.typtypmod ELSE a.atttypmod END, CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = %s AND NOT a.attisdropped
"""
"""Columns below 0 are PostgreSQL's own, such as ``xmin``: a model may declare one as the version of a row."""

UNIQUES = """
SELECT array_agg(a.attname) FROM pg_catalog.pg_index i
CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS k(number, place)
JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
WHERE i.indrelid = %s AND i.indisunique AND k.place <= i.indnkeyatts GROUP BY i.indexrelid
"""
HEADER = 4  # bytes that PostgreSQL adds to a length
LIMITED = {"CharField"}  # varchar and char: their modifier is a length


def read_table(connection: BaseDatabaseWrapper, cursor: Any, schema: str | None, name: str) -> DatabaseTable | None:
    """Return the table, read from PostgreSQL's catalogue."""
    cursor.execute(FIND, [name, schema, schema])
    row = cursor.fetchone()
    if row is None:
        return None
    number, view = row
    cursor.execute(COLUMNS, [number])
    columns = {}
    for column, null, has_default, modifier, database_type in cursor.fetchall():
        kind = field_type_of(connection, database_type)
        length = modifier - HEADER if kind in LIMITED and modifier > HEADER else None
        columns[column] = DatabaseColumn(null, has_default, length, kind)
    cursor.execute(UNIQUES, [number])
    return DatabaseTable(columns, frozenset(frozenset(names) for (names,) in cursor.fetchall()), view)

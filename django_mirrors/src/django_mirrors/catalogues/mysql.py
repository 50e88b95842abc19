"""A table as the information schema of MySQL and MariaDB reports it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django_mirrors.catalogues.observed import DatabaseColumn, DatabaseTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["read_table"]

FIND = """
SELECT table_type = 'VIEW' FROM information_schema.tables
WHERE table_schema = COALESCE(%s, DATABASE()) AND table_name = %s
"""
COLUMNS = """
SELECT column_name, is_nullable = 'YES', column_default, extra, data_type, column_type, character_maximum_length
FROM information_schema.columns WHERE table_schema = COALESCE(%s, DATABASE()) AND table_name = %s
"""
UNIQUES = """
SELECT index_name, column_name FROM information_schema.statistics
WHERE table_schema = COALESCE(%s, DATABASE()) AND table_name = %s AND non_unique = 0
"""
TYPES = {
    **dict.fromkeys(("char", "varchar"), "CharField"),
    **dict.fromkeys(("tinytext", "text", "mediumtext", "longtext"), "TextField"),
    **dict.fromkeys(("tinyint", "smallint"), "SmallIntegerField"),
    **dict.fromkeys(("mediumint", "int"), "IntegerField"),
    "bigint": "BigIntegerField",
    **dict.fromkeys(("float", "double"), "FloatField"),
    "decimal": "DecimalField",
    "date": "DateField",
    **dict.fromkeys(("datetime", "timestamp"), "DateTimeField"),
    "time": "TimeField",
    **dict.fromkeys(("tinyblob", "blob", "mediumblob", "longblob", "binary", "varbinary"), "BinaryField"),
}
"""Django's internal type by the database's. JSON and native UUIDs are missing: nothing compares them."""

UNLIMITED = "longtext"  # it has a length, 4 GiB, which no declaration reaches
TRUTH = "tinyint(1)"  # BOOLEAN is a synonym of it
DEFAULTS = ("auto_increment", "generated")  # words of the column "extra"
NO_DEFAULT = (None, "NULL")  # MariaDB reports the default NULL as a word, and quotes a text


def read_table(connection: BaseDatabaseWrapper, cursor: Any, schema: str | None, name: str) -> DatabaseTable | None:  # noqa: ARG001
    """Return the table, or None if it does not exist. Without ``schema`` it is in the connection's database."""
    cursor.execute(FIND, [schema, name])
    row = cursor.fetchone()
    if row is None:
        return None
    cursor.execute(COLUMNS, [schema, name])
    columns = {column: _column(*rest) for column, *rest in cursor.fetchall()}
    cursor.execute(UNIQUES, [schema, name])
    return DatabaseTable(columns, _uniques(cursor.fetchall()), bool(row[0]))


def _column(
    null: int, default: str | None, extra: str, data_type: str, column_type: str, length: int | None
) -> DatabaseColumn:
    has_default = default not in NO_DEFAULT or any(word in extra.lower() for word in DEFAULTS)
    kind = "BooleanField" if column_type.startswith(TRUTH) else TYPES.get(data_type)
    limited = kind in {"CharField", "TextField"} and data_type != UNLIMITED
    return DatabaseColumn(bool(null), has_default, length if limited else None, kind)


def _uniques(rows: Sequence[tuple[str, str | None]]) -> frozenset[frozenset[str]]:
    """Return the columns of each unique index. A part that is an expression has no column (MySQL)."""
    found: dict[str, set[str]] = {}
    for index, column in rows:
        found.setdefault(index, set()).update([column] if column else [])
    return frozenset(map(frozenset, found.values()))

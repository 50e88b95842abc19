"""One spelling for each table and column, so that names can be compared as text.

Django puts a name between quotation marks, and does not interpret it. So a model may write them itself, put the default
schema before the table (``public"."gallery_photo``), or use other letters where the database ignores case. The guard
compares declarations and migrations in this spelling. The registry keeps the models' own: companions of several
versions read it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django_mirrors.vendors import vendor_of

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from django_mirrors.tables import Column, Table

__all__ = ["normalize_column_name", "normalize_table", "normalize_table_name", "split_name"]


def normalize_table(table: Table, connection: BaseDatabaseWrapper) -> Table:
    """Return the table with normalized names. ``connection`` is opened for a name with a schema, and on MySQL."""
    columns = tuple(_normalize_column(column, connection) for column in table.columns)
    constraints = tuple(
        replace(item, columns=tuple(normalize_column_name(name, connection) for name in item.columns))
        for item in table.constraints
    )
    name = normalize_table_name(table.name, connection)
    return replace(table, name=name, columns=columns, constraints=constraints)


def _normalize_column(column: Column, connection: BaseDatabaseWrapper) -> Column:
    target = column.references
    if target:
        target = replace(
            target,
            table=normalize_table_name(target.table, connection),
            column=normalize_column_name(target.column, connection),
        )
    return replace(column, name=normalize_column_name(column.name, connection), references=target)


def normalize_table_name(name: str, connection: BaseDatabaseWrapper) -> str:
    """Return the table's name without quotation marks and default schema. Another schema stays before the name."""
    vendor = vendor_of(connection)
    schema, table = split_name(name, vendor.quote)
    ignores_case = connection.features.ignores_table_name_case
    table = _cut(vendor.fold(table) if ignores_case else table, vendor.name_bytes)
    if schema is None:
        return table
    schema, default = (vendor.fold(part) if ignores_case else part for part in (schema, _default_schema(connection)))
    return table if schema == default else f"{schema}{vendor.quote}.{vendor.quote}{table}"


def normalize_column_name(name: str, connection: BaseDatabaseWrapper) -> str:
    """Return the column's name without quotation marks."""
    vendor = vendor_of(connection)
    name = name.strip(vendor.quote)
    return _cut(vendor.fold(name) if vendor.folds_columns else name, vendor.name_bytes)


def split_name(name: str, quote: str) -> tuple[str | None, str]:
    """Return schema and table of the name that Django puts between quotation marks."""
    *before, table = name.strip(quote).split(f"{quote}.{quote}")
    return (before[-1] if before else None), table


def _default_schema(connection: BaseDatabaseWrapper) -> str:
    """Return the schema of names without one, or "" if the database has none."""
    statement = vendor_of(connection).default_schema
    if not statement:
        return ""
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return str(cursor.fetchone()[0] or "")


def _cut(name: str, length: int | None) -> str:
    """Return the part of the name that the database keeps. It cuts no character into two."""
    return name if length is None else name.encode()[:length].decode(errors="ignore")

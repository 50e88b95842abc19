"""Tables, views and columns as the database itself reports them.

A name may point into another schema: ``db_table = 'timeseries"."reading'`` is the usual way. Django puts the name
between quotation marks, or backticks on MySQL, and does not interpret it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django_mirrors.catalogues import mysql, postgresql, sqlite
from django_mirrors.catalogues.observed import DatabaseColumn, DatabaseTable
from django_mirrors.database_names import normalize_column_name, split_name
from django_mirrors.vendors import vendor_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["introspect_tables"]

READERS = {"mysql": mysql.read_table, "postgresql": postgresql.read_table, "sqlite": sqlite.read_table}


def introspect_tables(connection: BaseDatabaseWrapper, names: Collection[str]) -> Mapping[str, DatabaseTable]:
    """Return the existing tables and views among ``names``, each a model's ``db_table``. Only reads.

    Names of columns are normalized (:mod:`django_mirrors.database_names`), those of tables are as given.
    """
    with connection.cursor() as cursor:
        if connection.vendor in READERS:
            read, quote = READERS[connection.vendor], vendor_of(connection).quote
            found = {name: read(connection, cursor, *split_name(name, quote)) for name in sorted(names)}
        else:
            existing = connection.introspection.get_table_list(cursor)
            views = {info.name: info.type == "v" for info in existing}
            found = {
                name: _read_with_django(connection, cursor, name, views[name])
                for name in sorted(views.keys() & set(names))
            }
    return {name: _normalize_columns(table, connection) for name, table in found.items() if table is not None}


def _normalize_columns(table: DatabaseTable, connection: BaseDatabaseWrapper) -> DatabaseTable:
    names = {name: normalize_column_name(name, connection) for name in table.columns}
    columns = {names[name]: column for name, column in table.columns.items()}
    return replace(table, columns=columns, uniques=frozenset(_renamed(unique, names) for unique in table.uniques))


def _renamed(unique: frozenset[str], names: Mapping[str, str]) -> frozenset[str]:
    """Return the columns of an index by their new names. A part of it that is no column stays."""
    return frozenset(names.get(name, name) for name in unique)


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

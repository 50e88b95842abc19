"""The schema declaration of one image: what its code needs of the schema, as data for the registry."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django.apps import apps as installed
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.loader import MigrationLoader

from django_mirrors.database_names import normalize_table
from django_mirrors.model_schema import describe_model
from django_mirrors.routing import has_table_of
from django_mirrors.tables import Column, Constraint, Reference, Table, parse_size

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.apps.registry import Apps
    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["Column", "Constraint", "Reference", "SchemaDeclaration", "Table", "declare_schema", "fingerprint"]

VERSION = 1


@dataclass(frozen=True)
class SchemaDeclaration:
    """Everything that one image needs of the schema, and the names of its migrations (``gallery.0001_initial``)."""

    tables: tuple[Table, ...]
    migrations: tuple[str, ...] = ()

    def of_table(self, name: str) -> tuple[Table, ...]:
        """Return every model's view of the table."""
        return tuple(table for table in self.tables if table.name == name)

    def normalize(self, connection: BaseDatabaseWrapper) -> SchemaDeclaration:
        """Return the declaration with one spelling for each name of the database: the one that the guard compares."""
        return replace(self, tables=tuple(normalize_table(table, connection) for table in self.tables))

    def as_data(self) -> dict[str, Any]:
        """Return the declaration as JSON data. :meth:`from_data` reads it."""
        tables = [_as_data(table) for table in self.tables]
        return {"version": VERSION, "tables": tables, "migrations": list(self.migrations)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> SchemaDeclaration:
        """Read the data that this or another version of the companion wrote. Unknown keys are ignored.

        Raises:
            ValueError: the data is no declaration.
        """
        try:
            tables = tuple(_table(item) for item in data["tables"])
            return cls(tables, tuple(str(name) for name in data.get("migrations", ())))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"The data is no schema declaration: {type(error).__name__}: {error}") from error


def declare_schema(apps: Apps | None = None) -> SchemaDeclaration:
    """Return what the models of ``apps`` need of the schema.

    Without ``apps``, declare the models of this process with the migrations on its disk. Models that a router keeps out
    of the default database are skipped.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    models = (apps or installed).get_models(include_auto_created=True)
    tables = [
        describe_model(model, connection)
        for model in models
        if not model._meta.proxy and has_table_of(connection, model)
    ]
    migrations = () if apps else MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    names = tuple(sorted(f"{app}.{name}" for app, name in migrations))
    return SchemaDeclaration(tuple(sorted(tables, key=lambda table: (table.name, table.model))), names)


def fingerprint(declaration: SchemaDeclaration, leaves: Iterable[tuple[str, str]]) -> str:
    """Return the name of an image's release: 16 hexadecimal digits.

    Args:
        declaration: the image's declaration.
        leaves: the last migrations of each app, as (app, name).
    """
    content = [declaration.as_data(), sorted(list(leaf) for leaf in leaves)]
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def _as_data(item: Any) -> Any:
    """Return a dataclass as data, without values that equal their default: most columns have few others."""
    if isinstance(item, tuple):
        return [_as_data(value) for value in item]
    if not hasattr(item, "__dataclass_fields__"):
        return item
    values = {field: getattr(item, field.name) for field in fields(item)}
    return {field.name: _as_data(value) for field, value in values.items() if value != field.default}


def _known(cls: type[Any], data: Mapping[str, Any]) -> dict[str, Any]:
    return {field.name: data[field.name] for field in fields(cls) if field.name in data}


def _table(data: Mapping[str, Any]) -> Table:
    columns = tuple(_column(item) for item in data["columns"])
    constraints = tuple(_constraint(item) for item in data.get("constraints", ()))
    return Table(**{**_known(Table, data), "columns": columns, "constraints": constraints})


def _column(data: Mapping[str, Any]) -> Column:
    values = _known(Column, data)
    if values.get("references") is not None:
        values["references"] = Reference(**_known(Reference, values["references"]))
    values.update({size: parse_size(values[size]) for size in ("length", "precision", "scale") if size in values})
    return Column(**values)


def _constraint(data: Mapping[str, Any]) -> Constraint:
    values = _known(Constraint, data)
    return Constraint(**{**values, "columns": tuple(values.get("columns", ()))})

"""What code needs of the schema: the declaration of one image, as data that fits into the registry."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django.apps import apps as installed
from django.db import DEFAULT_DB_ALIAS, connections, router
from django.db.migrations.loader import MigrationLoader

from django_mirrors.describe import describe
from django_mirrors.tables import Column, Constraint, Reference, Table, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.apps.registry import Apps

__all__ = ["Column", "Constraint", "Declaration", "Reference", "Table", "declare", "fingerprint"]

VERSION = 1


@dataclass(frozen=True)
class Declaration:
    """Everything that one image needs of the schema, and the names of all its migrations (``gallery.0001_initial``)."""

    tables: tuple[Table, ...]
    migrations: tuple[str, ...] = ()

    def of_table(self, name: str) -> tuple[Table, ...]:
        """Every model's view of the table."""
        return tuple(table for table in self.tables if table.name == name)

    def as_data(self) -> dict[str, Any]:
        """What JSON can hold; :meth:`from_data` reads it."""
        tables = [_as_data(table) for table in self.tables]
        return {"version": VERSION, "tables": tables, "migrations": list(self.migrations)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Declaration:
        """Reads what this or another version of the companion app has written: unknown keys are passed over.

        :raises ValueError: not a declaration at all
        """
        try:
            tables = tuple(_table(item) for item in data["tables"])
            return cls(tables, tuple(str(name) for name in data.get("migrations", ())))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"This is no declaration of a schema: {type(error).__name__}: {error}") from error


def declare(apps: Apps | None = None) -> Declaration:
    """What the models of ``apps``, by default those of this process with the migrations on its disk, need.

    Models of other databases, which a router keeps away from the default one, are none of ours.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    models = (apps or installed).get_models(include_auto_created=True)
    tables = [
        describe(model, connection)
        for model in models
        if not model._meta.proxy and router.allow_migrate_model(DEFAULT_DB_ALIAS, model)
    ]
    migrations = () if apps else MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    names = tuple(sorted(f"{app}.{name}" for app, name in migrations))
    return Declaration(tuple(sorted(tables, key=lambda table: (table.name, table.model))), names)


def fingerprint(declaration: Declaration, leaves: Iterable[tuple[str, str]]) -> str:
    """Names an image's release: 16 hexadecimal digits over declaration and leaves (app, name) of its migrations."""
    content = [declaration.as_data(), sorted(list(leaf) for leaf in leaves)]
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def _as_data(item: Any) -> Any:
    """A dataclass without what has its default: most columns have little to say."""
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
    values.update({size: whole(values[size]) for size in ("length", "precision", "scale") if size in values})
    return Column(**values)


def _constraint(data: Mapping[str, Any]) -> Constraint:
    values = _known(Constraint, data)
    return Constraint(**{**values, "columns": tuple(values.get("columns", ()))})

"""Migrations of a small app ``shop``, and databases that have applied them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.migrations import CreateModel
from django.db.migrations.migration import Migration
from django.db.migrations.state import ProjectState

from django_mirrors.database_names import normalize_table
from django_mirrors.model_schema import describe_model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.operations.base import Operation

    from django_mirrors.tables import Schema, Table

__all__ = ["after", "applied", "migration", "schema_of", "thing"]


def migration(name: str, operations: Sequence[Operation], **attributes: Any) -> Migration:
    """Return ``shop.<name>``."""
    made: type[Migration] = type("Migration", (Migration,), {"operations": operations, **attributes})
    return made(name, "shop")


def thing(**fields: models.Field[Any, Any]) -> CreateModel:
    """Return the operation that creates ``shop.Thing``."""
    return CreateModel("Thing", [("id", models.AutoField(primary_key=True)), *fields.items()])


def after(*operations: Operation) -> ProjectState:
    """Return the state after the operations."""
    return migration("0001_initial", operations).mutate_state(ProjectState(), preserve=False)


def applied(connection: BaseDatabaseWrapper, state: ProjectState, *operations: Operation) -> ProjectState:
    """Apply the operations to the database, and return the state after them."""
    with connection.schema_editor() as editor:
        return migration("0002_next", operations).apply(state.clone(), editor)


def schema_of(state: ProjectState, connection: BaseDatabaseWrapper) -> Schema:
    """Return the whole schema, rendered by Django. ``state`` remains unrendered, so that no change renders it again."""
    schema: dict[str, list[Table]] = {}
    for model in state.clone().apps.get_models(include_auto_created=True):
        table = normalize_table(describe_model(model, connection), connection)
        if table.managed:
            schema.setdefault(table.name, []).append(table)
    return schema

"""The names of content types, which Django's ``migrate`` changes behind a ``RenameModel``.

Code that looks for the old name makes a second content type without a word, and its generic relations and keys to all
older rows lead nowhere from then on (Django 4.2 to 6.0, ``inject_rename_contenttypes_operations``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import router
from django.db.migrations.operations import RenameModel

from django_mirrors.effect import Effect, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.migrations.migration import Migration
    from django.db.migrations.operations.base import Operation
    from django.db.migrations.state import ProjectState

    from django_mirrors.rendering import Rendering

__all__ = ["renamed"]


def renamed(operation: Operation, migration: Migration, state: ProjectState, rendering: Rendering) -> Iterator[Effect]:
    """What follows from an operation that stands in the migration itself: Django does not look into others.

    :param state: before the operation
    """
    if not isinstance(operation, RenameModel) or not apps.is_installed("django.contrib.contenttypes"):
        return
    content_type = apps.get_model("contenttypes", "ContentType")
    if not router.allow_migrate_model(rendering.connection.alias, content_type):
        return
    label = f"{migration.app_label}.{operation.old_name_lower}"
    model: Any = rendering.model(state, migration.app_label, operation.old_name)
    words = (
        f"renames the content type {label}: code that knows the old name makes a second one, and its generic relations "
        "and keys no longer find older rows"
    )
    yield Effect("", "", Kind.UNKNOWN, model._meta.db_table, detail=words, model="" if model._meta.proxy else label)

"""Content types that Django's ``migrate`` renames after a ``RenameModel``.

Code that looks up the old name silently creates a second content type. From then on its generic relations and keys no
longer find any older row (Django 4.2 to 6.0, ``inject_rename_contenttypes_operations``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import router
from django.db.migrations.operations import RenameModel

from django_mirrors.database_names import normalize_table_name
from django_mirrors.effects import ChangeKind, Effect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.migrations.migration import Migration
    from django.db.migrations.operations.base import Operation
    from django.db.migrations.state import ProjectState

    from django_mirrors.rendering import StateRenderer

__all__ = ["renamed_content_type_effects"]


def renamed_content_type_effects(
    operation: Operation, migration: Migration, state: ProjectState, rendering: StateRenderer
) -> Iterator[Effect]:
    """Yield the effect of a ``RenameModel`` that the migration itself lists: Django looks inside no other operation.

    Args:
        operation: the operation.
        migration: the migration that lists the operation.
        state: the project's state before the operation.
        rendering: renders the model.
    """
    if not isinstance(operation, RenameModel) or not apps.is_installed("django.contrib.contenttypes"):
        return
    content_type = apps.get_model("contenttypes", "ContentType")
    if not router.allow_migrate_model(rendering.connection.alias, content_type):
        return
    label = f"{migration.app_label}.{operation.old_name_lower}"
    model: Any = rendering.render_model(state, migration.app_label, operation.old_name)
    words = (
        f"renames the content type {label}. Code that knows the old name makes a second one, and its generic relations "
        "and keys no longer find older rows"
    )
    table = normalize_table_name(str(model._meta.db_table), rendering.connection)
    yield Effect("", "", ChangeKind.UNKNOWN, table, detail=words, model="" if model._meta.proxy else label)

"""Whether a migration and its operations are Django's own on the way forward, and what their author says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django_mirrors.whose import comes_from, djangos, overridden

if TYPE_CHECKING:
    from django.db.migrations.migration import Migration
    from django.db.migrations.operations.base import Operation

__all__ = ["NOT_OF_THE_DATABASE", "decides_itself", "is_djangos", "is_marker", "labelled_harmless"]

NOT_OF_THE_DATABASE = {
    *("category", "database_backwards", "deconstruct", "describe", "elidable", "formatted_description"),
    *("migration_name_fragment", "reduce", "reduces_to_sql", "references_field", "references_model", "reversible"),
    "serialization_expand_args",
}
"""What an operation's class may have of its own: it is not used on the way forward."""

OF_THE_MIGRATION = {"__getattr__", "__getattribute__", "__new__", "apply", "mutate_state"}
"""What decides what a migration does with its operations."""
HARMLESS_STAGES = {"PRE_DEPLOY", "BEFORE_DEPLOY", "ALWAYS"}


def decides_itself(migration: Migration) -> bool:
    """Whether it is the migration's own code that does something with the operations, or not."""
    return bool(overridden(migration) & OF_THE_MIGRATION)


def is_djangos(operation: Operation) -> bool:
    """Whether what it does on the way forward is Django's own, or nothing, whoever wrote the class."""
    return is_marker(operation) or not (overridden(operation) - NOT_OF_THE_DATABASE or djangos(operation) is object)


def is_marker(operation: Operation) -> bool:
    """Whether it is the linter's, which does nothing at all."""
    cls: Any = type(operation)
    return cls.__name__ == "IgnoreMigration" and comes_from(cls, "django_migration_linter.operations")


def labelled_harmless(operation: object, migration: Migration) -> bool:
    """What the author says, for django-syzygy (``stage``) or for django-safemigrate (``safe``)."""
    stage = getattr(operation, "stage", None) or getattr(migration, "stage", None)
    safe = getattr(migration, "safe", None)
    labels = {_name(label) for label in (stage, getattr(safe, "when", safe)) if label is not None}
    return bool(labels) and labels <= HARMLESS_STAGES


def _name(label: object) -> str:
    """Upper-case; empty for what only happens to be called alike, and is no label."""
    name = getattr(label, "name", None)
    return name.upper() if isinstance(name, str) else ""

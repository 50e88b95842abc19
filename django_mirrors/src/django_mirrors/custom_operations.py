"""Detection of custom migrations and operations, and of their authors' labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django_mirrors.class_origin import django_base, is_defined_in, overridden_names

if TYPE_CHECKING:
    from django.db.migrations.migration import Migration
    from django.db.migrations.operations.base import Operation

__all__ = [
    "HARMLESS_OVERRIDES",
    "is_builtin_operation",
    "is_labelled_safe",
    "is_linter_marker",
    "overrides_apply",
    "removes_collation",
]

HARMLESS_OVERRIDES = {
    *("category", "database_backwards", "deconstruct", "describe", "elidable", "formatted_description"),
    *("migration_name_fragment", "reduce", "reduces_to_sql", "references_field", "references_model", "reversible"),
    "serialization_expand_args",
}
"""Names that an operation's class may override: applying a migration does not use them."""

MIGRATION_OVERRIDES = {"__getattr__", "__getattribute__", "__new__", "apply", "mutate_state"}
"""Names that decide what a migration does with its operations."""
HARMLESS_STAGES = {"PRE_DEPLOY", "BEFORE_DEPLOY", "ALWAYS"}


def overrides_apply(migration: Migration) -> bool:
    """Return whether the migration's own code decides what happens to its operations."""
    return bool(overridden_names(migration) & MIGRATION_OVERRIDES)


def is_builtin_operation(operation: Operation) -> bool:
    """Return whether applying the operation runs only Django's code, or none. The class may be custom."""
    return is_linter_marker(operation) or not (
        overridden_names(operation) - HARMLESS_OVERRIDES or django_base(operation) is object
    )


def is_linter_marker(operation: Operation) -> bool:
    """Return whether the operation is django-migration-linter's marker, which does nothing."""
    cls: Any = type(operation)
    return cls.__name__ == "IgnoreMigration" and is_defined_in(cls, "django_migration_linter.operations")


def removes_collation(operation: Operation) -> bool:
    """Return whether it is Django's ``RemoveCollation``. Its module cannot be imported without PostgreSQL's driver."""
    classes = [cls for cls in type(operation).__mro__ if cls.__name__ == "RemoveCollation"]
    return any(is_defined_in(cls, "django.contrib.postgres.operations") for cls in classes)


def is_labelled_safe(operation: object, migration: Migration) -> bool:
    """Return whether the author labels it as safe, for django-syzygy (``stage``) or django-safemigrate (``safe``)."""
    stage = getattr(operation, "stage", None) or getattr(migration, "stage", None)
    safe = getattr(migration, "safe", None)
    labels = {_name(label) for label in (stage, getattr(safe, "when", safe)) if label is not None}
    return bool(labels) and labels <= HARMLESS_STAGES


def _name(label: object) -> str:
    """Return the label's name in upper case, or "" for an attribute of the same name that is no label."""
    name = getattr(label, "name", None)
    return name.upper() if isinstance(name, str) else ""

"""Description of a Django model, from the code or from a migration's state, as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import F, Q, Value

from django_mirrors.class_origin import django_base, overridden_names
from django_mirrors.routing import owner_of
from django_mirrors.stable_repr import class_path, stable_repr
from django_mirrors.tables import CUSTOM, Column, Constraint, Reference, Table, parse_size

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["describe_model"]

# A foreign key to a column that the database counts holds plain numbers.
COUNTED = {"AutoField": "IntegerField", "BigAutoField": "BigIntegerField", "SmallAutoField": "SmallIntegerField"}
IGNORED_OVERRIDES = {
    *("_check", "check", "default_violation_error_message", "get_violation_error_message", "max_name_length", "suffix"),
    *("validate", "violation_error_code", "violation_error_message"),
}
"""Names that a custom constraint or index may override: the database is not affected."""

COLUMN_OVERRIDES = {
    *("__copy__", "__deepcopy__", "__getattr__", "__getattribute__", "__new__", "__reduce__", "_db_default_expression"),
    *("cast_db_type", "clone", "column", "db_check", "db_parameters", "db_returning", "db_type", "db_type_parameters"),
    *("db_type_suffix", "generated_sql", "get_attname_column", "has_db_default", "non_db_attrs", "null", "rel_db_type"),
    *("set_attributes_from_name", "unique"),
}
"""Names that decide what the database gets for a field. ``get_internal_type`` is missing: its result is compared."""

MESSAGES = {"violation_error_code", "violation_error_message"}
KINDS = {"UniqueConstraint": "unique", "CheckConstraint": "check", "ExclusionConstraint": "exclude", "Index": "index"}


def describe_model(model: type[models.Model], connection: BaseDatabaseWrapper) -> Table:
    """Return the model's own table, without those of its parents. ``connection`` is not opened."""
    meta = model._meta
    columns = tuple(_column(field, connection) for field in meta.local_concrete_fields)
    constraints = (
        *_unique_together(model),
        *(_constraint(model, item) for item in (*meta.constraints, *_constraining_indexes(model))),
    )
    managed = bool(owner_of(model)._meta.can_migrate(connection))
    return Table(str(meta.db_table), str(meta.label), managed, columns, constraints)


def _column(field: Any, connection: BaseDatabaseWrapper) -> Column:
    value_field = _value_field(field)
    internal = str(value_field.get_internal_type())
    db_type = value_field.db_type(connection) or ""
    collation = getattr(value_field, "db_collation", None)
    return Column(
        name=str(field.column),
        type=COUNTED.get(internal, internal),
        # Each Django version spells its own types in its own way, so only other types are compared.
        db_type="" if db_type == models.Field.db_type(value_field, connection) else str(db_type),
        length=parse_size(getattr(value_field, "max_length", None)),
        precision=parse_size(getattr(value_field, "max_digits", None)),
        scale=parse_size(getattr(value_field, "decimal_places", None)),
        null=bool(field.null),
        db_default=_db_default(field),
        identity=field.get_internal_type() in COUNTED,
        generated=stable_repr(field.expression) if getattr(field, "generated", False) else None,
        unique=bool(field.unique),
        collation=str(collation) if collation else None,
        references=_references(field),
        own=_custom_parameters(field, connection),
    )


def _value_field(field: Any) -> Any:
    """Return the field whose values the column holds.

    For a foreign key, this is the field at the end of the chain. For a generated column, it is the output field.
    """
    passed = set()
    while field.remote_field and hasattr(field, "target_field"):
        if field in passed:
            raise ValueError(f"{field} refers to itself, so that no column has a type")
        passed.add(field)
        field = field.target_field
    return field.output_field if getattr(field, "generated", False) else field


def _db_default(field: Any) -> str | None:
    """Return the database default as text, or None. Fields have one since Django 5.0."""
    default = getattr(field, "db_default", models.NOT_PROVIDED)
    return None if default is models.NOT_PROVIDED else stable_repr(default)


def _references(field: Any) -> Reference | None:
    if not (field.remote_field and hasattr(field, "target_field")):
        return None
    target = field.target_field
    return Reference(str(target.model._meta.db_table), str(target.column), bool(getattr(field, "db_constraint", True)))


def _unique_together(model: type[models.Model]) -> list[Constraint]:
    """Return the groups of columns that are unique together, including a composite primary key (since Django 5.2)."""
    meta: Any = model._meta
    groups = [_columns(model, names) for names in meta.unique_together]
    composite = tuple(str(field.column) for field in getattr(meta, "pk_fields", ()))
    if len(composite) > 1:
        groups.append(composite)
    return [Constraint("unique", columns=columns) for columns in groups]


def _columns(model: type[models.Model], names: Iterable[str]) -> tuple[str, ...]:
    """Return the columns of the fields ``names``.

    A constraint keeps the old name of a renamed field: Django's state does not update it. Such a name is returned as it
    is.
    """
    meta: Any = model._meta
    return tuple(_column_name(meta, str(name).lstrip("-")) for name in names)


def _column_name(meta: Any, name: str) -> str:
    try:
        return str(meta.get_field(name).column)
    except FieldDoesNotExist:
        return name


def _constraining_indexes(model: type[models.Model]) -> list[models.Index]:
    """Return the indexes that act as constraints.

    An index of an expression refuses a row that the expression fails for, such as a division by zero. So does one with
    a condition that computes. A custom index class may do so too.
    """
    found = model._meta.indexes
    return [index for index in found if index.expressions or _computes(index.condition) or _is_custom(index)]


def _computes(condition: Any) -> bool:
    """Return whether a condition has more than names and values."""
    if isinstance(condition, Q):
        return any(_computes(child[1] if isinstance(child, tuple) else child) for child in condition.children)
    return hasattr(condition, "resolve_expression") and not isinstance(condition, (F, Value))


def _constraint(model: type[models.Model], constraint: Any) -> Constraint:
    """Return the columns of a constraint. All its other arguments become text: conditions, expressions, operators."""
    given, arguments, options = constraint.deconstruct()
    columns = _columns(model, options.get("fields") or ())
    rest = {key: value for key, value in sorted(options.items()) if key not in {"name", "fields", *MESSAGES}}
    definition = ", ".join(
        [*map(stable_repr, arguments), *(f"{key}={stable_repr(value)}" for key, value in rest.items())]
    )
    if _is_custom(constraint):
        return Constraint(CUSTOM, str(constraint.name), columns, f"{class_path(constraint)}: {given} {definition}")
    name = django_base(constraint).__name__
    return Constraint(KINDS.get(name, name), str(constraint.name), columns, definition)


def _is_custom(constraint: object) -> bool:
    return bool(overridden_names(constraint) - IGNORED_OVERRIDES)


def _custom_parameters(field: Any, connection: BaseDatabaseWrapper) -> str:
    """Return what the database gets, if a field class that is not Django's decides on it. Return "" otherwise."""
    value_field = _value_field(field)
    if not any(
        (overridden_names(item) & COLUMN_OVERRIDES) or django_base(item) is object for item in (field, value_field)
    ):
        return ""
    given = field.db_parameters(connection)
    return f"{class_path(field)}: {given['type']} {given['check'] or ''}".strip()

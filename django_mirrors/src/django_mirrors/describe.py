"""A Django model, of the code or of a migration's state, described as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models

from django_mirrors.tables import OWN, Column, Constraint, Reference, Table, whole
from django_mirrors.whose import djangos, overridden
from django_mirrors.written import path, written

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["describe"]

# A foreign key to a counted column holds plain numbers.
COUNTED = {"AutoField": "IntegerField", "BigAutoField": "BigIntegerField", "SmallAutoField": "SmallIntegerField"}
NOT_OF_THE_SCHEMA = {
    *("_check", "check", "default_violation_error_message", "get_violation_error_message", "max_name_length", "suffix"),
    *("validate", "violation_error_code", "violation_error_message"),
}
"""What a class of a constraint or index may have of its own: the database knows nothing of it."""

OF_THE_COLUMN = {
    *("__copy__", "__deepcopy__", "__getattr__", "__getattribute__", "__new__", "__reduce__", "_db_default_expression"),
    *("cast_db_type", "clone", "column", "db_check", "db_parameters", "db_returning", "db_type", "db_type_parameters"),
    *("db_type_suffix", "generated_sql", "get_attname_column", "has_db_default", "non_db_attrs", "null", "rel_db_type"),
    *("set_attributes_from_name", "unique"),
}
"""What decides what the database gets for a field. ``get_internal_type`` is none: its answer is compared."""

MESSAGES = {"violation_error_code", "violation_error_message"}
KINDS = {"UniqueConstraint": "unique", "CheckConstraint": "check", "ExclusionConstraint": "exclude", "Index": "index"}


def describe(model: type[models.Model], connection: BaseDatabaseWrapper) -> Table:
    """The model's own table, without those of its parents. ``connection`` is not opened."""
    meta = model._meta
    columns = tuple(_column(field, connection) for field in meta.local_concrete_fields)
    constraints = (*_together(model), *(_constraint(model, item) for item in (*meta.constraints, *_computed(model))))
    return Table(str(meta.db_table), str(meta.label), bool(meta.can_migrate(connection)), columns, constraints)


def _column(field: Any, connection: BaseDatabaseWrapper) -> Column:
    holds = _holds(field)
    internal = str(holds.get_internal_type())
    db_type = holds.db_type(connection) or ""
    collation = getattr(holds, "db_collation", None)
    return Column(
        name=str(field.column),
        type=COUNTED.get(internal, internal),
        # Every version of Django spells its own types in its own way; only others' are compared.
        db_type="" if db_type == models.Field.db_type(holds, connection) else str(db_type),
        length=whole(getattr(holds, "max_length", None)),
        precision=whole(getattr(holds, "max_digits", None)),
        scale=whole(getattr(holds, "decimal_places", None)),
        null=bool(field.null),
        db_default=_db_default(field),
        identity=field.get_internal_type() in COUNTED,
        generated=written(field.expression) if getattr(field, "generated", False) else None,
        unique=bool(field.unique),
        collation=str(collation) if collation else None,
        references=_references(field),
        own=_own(field, connection),
    )


def _holds(field: Any) -> Any:
    """The field whose values the column holds: that at the end of the foreign keys, that of a generated column."""
    passed = set()
    while field.remote_field and hasattr(field, "target_field"):
        if field in passed:
            raise ValueError(f"{field} refers to itself, so that no column has a type")
        passed.add(field)
        field = field.target_field
    return field.output_field if getattr(field, "generated", False) else field


def _db_default(field: Any) -> str | None:
    """Since Django 5.0."""
    default = getattr(field, "db_default", models.NOT_PROVIDED)
    return None if default is models.NOT_PROVIDED else written(default)


def _references(field: Any) -> Reference | None:
    if not (field.remote_field and hasattr(field, "target_field")):
        return None
    target = field.target_field
    return Reference(str(target.model._meta.db_table), str(target.column), bool(getattr(field, "db_constraint", True)))


def _together(model: type[models.Model]) -> list[Constraint]:
    """What is unique together, a composite primary key (since Django 5.2) included."""
    meta: Any = model._meta
    groups = [_columns(model, names) for names in meta.unique_together]
    composite = tuple(str(field.column) for field in getattr(meta, "pk_fields", ()))
    if len(composite) > 1:
        groups.append(composite)
    return [Constraint("unique", columns=columns) for columns in groups]


def _columns(model: type[models.Model], names: Iterable[str]) -> tuple[str, ...]:
    """A constraint keeps the name of a field that is renamed under it: Django's state does not follow there."""
    meta: Any = model._meta
    return tuple(_named(meta, str(name).lstrip("-")) for name in names)


def _named(meta: Any, name: str) -> str:
    try:
        return str(meta.get_field(name).column)
    except FieldDoesNotExist:
        return name


def _computed(model: type[models.Model]) -> list[models.Index]:
    """Indexes of expressions: a row that the expression fails for cannot be written, so they are constraints too.

    So may be an index of somebody's own class.
    """
    return [index for index in model._meta.indexes if index.expressions or _is_own(index)]


def _constraint(model: type[models.Model], constraint: Any) -> Constraint:
    """The columns, and what else was given, as text: conditions, expressions, operators."""
    given, arguments, options = constraint.deconstruct()
    columns = _columns(model, options.get("fields") or ())
    rest = {key: value for key, value in sorted(options.items()) if key not in {"name", "fields", *MESSAGES}}
    definition = ", ".join([*map(written, arguments), *(f"{key}={written(value)}" for key, value in rest.items())])
    if _is_own(constraint):
        return Constraint(OWN, str(constraint.name), columns, f"{path(constraint)}: {given} {definition}")
    name = djangos(constraint).__name__
    return Constraint(KINDS.get(name, name), str(constraint.name), columns, definition)


def _is_own(constraint: object) -> bool:
    return bool(overridden(constraint) - NOT_OF_THE_SCHEMA)


def _own(field: Any, connection: BaseDatabaseWrapper) -> str:
    """What the database gets, where a class that is not Django's decides on it."""
    holds = _holds(field)
    if not any((overridden(item) & OF_THE_COLUMN) or djangos(item) is object for item in (field, holds)):
        return ""
    given = field.db_parameters(connection)
    return f"{path(field)}: {given['type']} {given['check'] or ''}".strip()

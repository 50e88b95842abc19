"""Rows for any model: a plain row, and rows at the limits of the model."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any

from django.apps.registry import Apps
from django.db import models

__all__ = ["Row", "made", "models_of", "values"]

BIGGEST = {"SmallIntegerField": 2**15 - 1, "IntegerField": 2**31 - 1, "BigIntegerField": 2**63 - 1}
NO_ROW = 10**6  # a key without a row
BEGIN = datetime(2020, 1, 1, tzinfo=timezone.utc)


class Row(Enum):
    """Kind of a row.

    Full: long strings, big numbers. Empty: NULL, negative numbers. Values repeat unless they are unique.
    """

    PLAIN = "plain"
    FULL = "full"
    EMPTY = "empty"


def models_of(apps: Apps) -> Iterator[type[models.Model]]:
    """Return the models with a table, including automatic many-to-many tables."""
    for model in apps.get_models(include_auto_created=True):
        if not model._meta.proxy:
            yield model


def made(model: type[models.Model], row: Row, number: int) -> models.Model:
    """Return a saved row."""
    instance = model(**values(model, row, number))
    instance.save(force_insert=True)
    return instance


def values(model: type[models.Model], row: Row, number: int) -> dict[str, Any]:
    """Return values for the model's fields. ``number`` differs for each row."""
    unique = _unique(model)
    found: dict[str, Any] = {}
    for field in model._meta.concrete_fields:
        if row is Row.FULL and isinstance(field, models.BigAutoField):
            found[field.name] = 2**40 + number  # a high id
        if isinstance(field, models.AutoField) or getattr(field, "generated", False) or _is_parent_link(field):
            continue
        if isinstance(field, models.ForeignKey):
            found[field.attname] = _key(field, row, number, field.name in unique)
        elif row is Row.PLAIN and _has_db_default(field) and field.name not in unique:
            continue
        else:
            found[field.name] = _value(field, row, number, unique)
    return found


def _has_db_default(field: Any) -> bool:
    return getattr(field, "db_default", models.NOT_PROVIDED) is not models.NOT_PROVIDED


def _is_parent_link(field: Any) -> bool:
    return bool(field.remote_field and getattr(field.remote_field, "parent_link", False))


def _key(field: Any, row: Row, number: int, unique: bool) -> Any:
    """Return the key of a row of the other table: the same one unless it is unique, or of no row, if possible."""
    target = field.remote_field.model
    if row is Row.EMPTY and field.null:
        return None
    if row is Row.FULL and not field.db_constraint:
        return NO_ROW
    first = None if unique or row is Row.EMPTY else target._base_manager.order_by("pk").first()
    return getattr(first or made(target, Row.PLAIN, number + 100), field.target_field.attname)


def _unique(model: type[models.Model]) -> set[str]:
    """Return the fields that the code itself keeps unique. An expression may use any field."""
    names = {field.name for field in model._meta.concrete_fields if field.unique}
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            names |= set(constraint.fields) or {field.name for field in model._meta.concrete_fields}
        elif type(constraint).__name__ == "ExclusionConstraint":
            names |= {field.name for field in model._meta.concrete_fields}
    return names | {name for group in model._meta.unique_together for name in group}


def _value(field: models.Field[Any, Any], row: Row, number: int, unique: set[str]) -> Any:
    if row is Row.EMPTY and field.null:
        return None
    varied = number if field.name in unique else 0
    internal = field.get_internal_type().replace("Positive", "")
    if internal in {"IntegerField", "BigIntegerField", "SmallIntegerField"}:
        lowest = varied if field.get_internal_type().startswith("Positive") else -1 - varied
        return {Row.PLAIN: number, Row.FULL: BIGGEST[internal] - varied, Row.EMPTY: lowest}[row]
    if internal == "DecimalField":
        return _decimal(field, row)
    if internal == "FloatField":
        return float(number)
    if internal == "DateField":
        return (BEGIN + timedelta(days=number)).date()
    if internal == "DateTimeField":
        return BEGIN + timedelta(days=number, minutes=1)
    if internal == "IntegerRangeField":
        return _range(row, varied)
    return _text(field, row, varied)


def _decimal(field: Any, row: Row) -> Decimal:
    biggest = Decimal(10**field.max_digits - 1).scaleb(-field.decimal_places)
    return {Row.PLAIN: Decimal(1), Row.FULL: biggest, Row.EMPTY: Decimal(-1)}[row]


def _text(field: models.Field[Any, Any], row: Row, varied: int) -> str:
    length = field.max_length or 100
    if varied:
        return str(varied).zfill(length if row is Row.FULL else 1)
    return {Row.PLAIN: "x", Row.FULL: "x" * length, Row.EMPTY: ""}[row]


def _range(row: Row, varied: int) -> Any:
    from django.db.backends.postgresql.psycopg_any import NumericRange

    return NumericRange(varied * 10, varied * 10 + 5 if varied or row is Row.PLAIN else 10**9)

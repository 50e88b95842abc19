"""Rows for the models of any package, by the types of their columns. The same number makes the same row.

A library such as model_bakery draws random values and saves related rows in the package's way alone. Two runs would
differ then, and one odd ``save()`` would leave most models without rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import count
from typing import Any
from uuid import UUID

from django.contrib.contenttypes.models import ContentType
from django.contrib.sites.models import Site
from django.db import connection, models, transaction

__all__ = ["SAVES", "Row", "Rows"]

BEGIN = datetime(2020, 1, 1, tzinfo=UTC)
BIGGEST = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}


class Row(StrEnum):
    """Kind of a row: every column filled up to its length, or only those that need a value."""

    FULL = "full"
    SPARSE = "sparse"


def _save_plainly(row: models.Model) -> None:
    models.Model.save(row)


SAVES: Mapping[str, Callable[[Any], None]] = {"save()": lambda row: row.save(), "Django's save()": _save_plainly}
"""The package's own method, and Django's: a method of the package may want a request, a server or a valid tree."""


@dataclass
class Rows:
    """Rows with the numbers from ``first`` on."""

    first: int
    numbers: Iterator[int] = field(init=False)
    under_way: list[type[models.Model]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.numbers = count(self.first)

    def new(self, model: type[models.Model], row: Row) -> models.Model:
        """Return a row that is not saved yet. The rows that it needs are saved."""
        with self._under_way(model):
            return model(**self._values(model, row, next(self.numbers)))

    def saved(self, model: type[models.Model], row: Row) -> models.Model:
        """Return a row that is saved in the package's way, or in Django's if that fails."""
        for save in SAVES.values():
            made = self.new(model, row)
            try:
                with transaction.atomic():
                    save(made)
            except Exception as error:  # noqa: BLE001 - a package's save() may raise anything
                failed = error
            else:
                return made
        raise failed

    @contextmanager
    def _under_way(self, model: type[models.Model]) -> Iterator[None]:
        self.under_way.append(model)
        try:
            yield
        finally:
            self.under_way.pop()

    def _values(self, model: type[models.Model], row: Row, number: int) -> dict[str, Any]:
        unique, fresh = _unique(model), _fresh(model)
        found: dict[str, Any] = {}
        for item in model._meta.concrete_fields:
            if _is_set_by_django(item) or (row is Row.SPARSE and _needs_no_value(item, unique)):
                continue
            if isinstance(item, models.ForeignKey):
                found[item.attname] = self._reference(item, model, item.name in fresh)
            else:
                found[item.name] = _value(item, row, number, item.name in unique)
        return found

    def _reference(self, item: Any, model: type[models.Model], fresh: bool) -> Any:
        """Return the key of a row that is there, or of a new one. For the guard, a new ``Site`` is unknown code.

        Args:
            item: the foreign key.
            model: its model.
            fresh: no other row of the model may refer to the same row.
        """
        target = item.remote_field.model
        if target is ContentType:
            return ContentType.objects.get_for_model(model, for_concrete_model=False).pk
        there = target._base_manager.order_by("pk")
        if fresh and target is not Site:
            used = model._base_manager.exclude(**{item.attname: None}).values(item.attname)
            there = there.exclude(**{f"{item.target_field.attname}__in": used})
        found = there.first()
        if found is None and target not in self.under_way:
            found = self.saved(target, Row.SPARSE)
        return getattr(found, item.target_field.attname, None)


def _is_set_by_django(item: Any) -> bool:
    is_parent_link = bool(item.remote_field and getattr(item.remote_field, "parent_link", False))
    return isinstance(item, models.AutoField) or is_parent_link or getattr(item, "generated", False)


def _needs_no_value(item: Any, unique: set[str]) -> bool:
    return item.null or (item.has_default() and item.name not in unique)


def _groups(model: type[models.Model]) -> list[set[str]]:
    """Return the fields of each constraint that keeps rows apart. An expression may use any field."""
    everything = {item.name for item in model._meta.concrete_fields}
    groups = [{item.name} for item in model._meta.concrete_fields if item.unique]
    groups += [set(names) for names in model._meta.unique_together]
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint):
            groups.append(set(constraint.fields) or everything)
    return groups


def _unique(model: type[models.Model]) -> set[str]:
    return set().union(*_groups(model))


def _fresh(model: type[models.Model]) -> set[str]:
    """Return the references that need a row of their own: nothing else in their constraint can differ."""
    references = {item.name for item in model._meta.concrete_fields if isinstance(item, models.ForeignKey)}
    return set().union(*(group for group in _groups(model) if group <= references))


def _value(item: Any, row: Row, number: int, unique: bool) -> Any:
    if item.flatchoices:
        values = [value for value, _ in item.flatchoices if value not in {None, ""}]
        return values[-1 if row is Row.FULL else 0]
    if isinstance(item, models.EmailField):
        return f"row-{number}@example.org"
    if isinstance(item, models.URLField):
        return f"https://example.org/{number}"
    return _by_column(item, item.db_type(connection) or "", row, number, unique)


def _by_column(item: Any, column: str, row: Row, number: int, unique: bool) -> Any:
    kind = re.sub(r"\(.*\)", "", column)
    if kind.endswith("]"):
        return [_value(item.base_field, row, number, unique)]
    if kind in {"varchar", "text", "citext", "char"}:
        return _text(item, row, number, unique)
    if kind in BIGGEST:
        return BIGGEST[kind] - number if row is Row.FULL and kind != "smallint" else number % BIGGEST["smallint"]
    if kind in {"jsonb", "hstore"}:
        return item.get_default() if item.has_default() else {}
    made = _MADE.get(kind)
    if made is None:
        raise TypeError(f"{item} is of the type {column}, for which there is no value")
    return made(item, number)


def _text(item: Any, row: Row, number: int, unique: bool) -> str:
    length = item.max_length or 50
    text = str(number) if unique else "x"
    return text.zfill(length)[:length] if row is Row.FULL else text[-length:]


def _decimal(item: Any, number: int) -> Decimal:
    most = 10 ** (item.max_digits or 9)
    return Decimal(number % most).scaleb(-(item.decimal_places or 0))


_MADE: Mapping[str, Callable[[Any, int], Any]] = {
    "boolean": lambda _, number: number % 2 == 0,
    "bytea": lambda _, number: str(number).encode(),
    "date": lambda _, number: (BEGIN + timedelta(days=number)).date(),
    "double precision": lambda _, number: float(number),
    "inet": lambda _, number: f"127.0.{number // 256 % 256}.{number % 256}",
    "interval": lambda _, number: timedelta(seconds=number),
    "numeric": _decimal,
    "time": lambda _, number: (BEGIN + timedelta(seconds=number)).time(),
    "timestamp with time zone": lambda _, number: BEGIN + timedelta(seconds=number),
    "tsvector": lambda _, _number: None,
    "uuid": lambda _, number: UUID(int=number),
}

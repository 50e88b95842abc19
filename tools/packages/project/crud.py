"""``python -m tools.packages.project.crud seed|use NUMBER OUTPUT``: rows of all models, and every use of them.

``seed`` makes two rows for each model. ``use`` selects, inserts, updates and deletes, and takes everything back: each
part is tried on the same rows. ``OUTPUT`` gets {model: {"tables": […], "rows": n, "parts": {part: error or ""}}}.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import Any

import django

django.setup()

from django.apps import apps  # noqa: E402 - after the set-up
from django.contrib.sites.models import Site  # noqa: E402
from django.core.exceptions import ObjectDoesNotExist  # noqa: E402
from django.db import connection, models, transaction  # noqa: E402

from tools.packages.project.rows import SAVES, Row, Rows  # noqa: E402

MOST = 12
"""So many rows of a model are used, the newest: there are hundreds of permissions."""

Model = type[models.Model]
Part = tuple[str, Callable[[], object]]


def with_table() -> Iterator[Model]:
    """Yield the models, tables of many-to-many relations included."""
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy:
            yield model


def seed(number: int) -> dict[str, Any]:
    """Make the rows, one of each kind. A model that takes none has none."""
    rows = Rows(number)
    return {
        model._meta.label: {row.value: _failure(partial(rows.saved, model, row)) for row in Row}
        for model in with_table()
        if model is not Site  # the guard takes each row for a site
    }


def use(number: int) -> dict[str, Any]:
    """Return the outcome of each part, for each model."""
    rows = Rows(number)
    return {
        model._meta.label: {
            "tables": [parent._meta.db_table for parent in (model, *model._meta.get_parent_list())],
            "rows": _taken_back(model._base_manager.count)[1] or 0,
            "parts": {name: _taken_back(step)[0] for name, step in _parts(model, rows)},
        }
        for model in with_table()
    }


def _parts(model: Model, rows: Rows) -> Iterator[Part]:
    yield from _select(model)
    for row in Row:
        for way in SAVES:
            yield f"INSERT {row.value}, {way}", partial(_inserted, model, row, way, rows)
    for way, save in SAVES.items():
        yield f"UPDATE {way}", partial(_each, model, save)
    for key in _keys(model):
        yield f"DELETE {key}", partial(_deleted, model, key)
    yield "DELETE new", lambda: rows.saved(model, Row.SPARSE).delete()


def _select(model: Model) -> Iterator[Part]:
    yield "SELECT all", lambda: list(model._base_manager.all())
    yield "SELECT each", partial(_each, model, lambda row: row.refresh_from_db())
    yield "SELECT default manager", lambda: list(model._default_manager.all())
    fields: Sequence[Any] = model._meta.concrete_fields
    for field in fields:
        yield f"SELECT by {field.name}", partial(_found_by, model, field.attname)
        if getattr(field, "db_constraint", False):
            yield f"SELECT {field.name} of", partial(_each, model, attrgetter(field.name))


def _each(model: Model, step: Callable[[Any], object]) -> None:
    for row in _newest(model):
        step(row)


def _newest(model: Model) -> models.QuerySet[Any]:
    return model._base_manager.order_by("-pk")[:MOST]


def _found_by(model: Model, name: str) -> None:
    values = [value for value in map(attrgetter(name), _newest(model)) if value is not None]
    if not all(model._base_manager.filter(**{name: value}).exists() for value in values):
        raise ObjectDoesNotExist


def _inserted(model: Model, row: Row, way: str, rows: Rows) -> None:
    SAVES[way](rows.new(model, row))


def _keys(model: Model) -> list[Any]:
    return _taken_back(lambda: list(_newest(model).values_list("pk", flat=True)))[1] or []


def _deleted(model: Model, key: Any) -> None:
    model._base_manager.get(pk=key).delete()


def _taken_back(step: Callable[[], Any]) -> tuple[str, Any]:
    """Return the error, or "", and the result. Nothing of the step remains."""
    found: list[Any] = [None]

    def tried() -> None:
        with transaction.atomic():
            found[0] = step()
            connection.check_constraints()  # now, and not at a commit that never comes
            transaction.set_rollback(True)

    return _failure(tried), found[0]


def _failure(step: Callable[[], object]) -> str:
    """Return the first line of the error that the step raises, or ""."""
    try:
        with transaction.atomic():
            step()
    except Exception as error:  # noqa: BLE001 - a package may raise anything
        return f"{type(error).__name__}: {error}".splitlines()[0]
    return ""


if __name__ == "__main__":
    action, number, output = sys.argv[1:]
    Path(output).write_text(json.dumps({"seed": seed, "use": use}[action](int(number))), encoding="utf-8")

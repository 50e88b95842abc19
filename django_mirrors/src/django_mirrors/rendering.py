"""The tables of a migrations' state, each model rendered for itself, and only when it has changed.

Django renders a model that changes together with all that it is related to, directly or through others: often the whole
project, for each operation. A table needs less: the model, and of those that its foreign keys lead to the name of the
table and the field that is referred to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import is_
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.migrations.state import ModelState, ProjectState
from django.db.migrations.utils import resolve_relation

from django_mirrors.describe import describe
from django_mirrors.routing import hides_model, takes_model

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models import Model

    from django_mirrors.tables import Schema, Table

    Key = tuple[str, str]  # ("gallery", "photo")
    Needs = Mapping[Key, frozenset[str] | None]
    States = Mapping[Key, ModelState]
    Part = tuple[Key, frozenset[str] | None]  # of a model; all of it where no names are given

__all__ = ["Rendering"]

OF_A_TARGET = ("db_table", "managed", "proxy", "swappable")
"""What of a model's options decides how another one refers to it."""


@dataclass(frozen=True)
class _Known:
    """A model's tables, and what was looked at for them. ``hidden``: no database is known that has the table."""

    looked_at: Mapping[Part, Sequence[object]]
    tables: Sequence[tuple[Table, bool]]


@dataclass
class Rendering:
    """Remembers what it has described, and no class. ``connection`` is not opened."""

    connection: BaseDatabaseWrapper
    known: dict[Key, _Known] = field(default_factory=dict)
    real: dict[str, States] = field(default_factory=dict)  # of apps without migrations, which never change

    def model(self, state: ProjectState, app_label: str, name: str) -> type[Model]:
        """One model, of which only what concerns its table is as in the whole state."""
        models, key = self._models(state), (app_label, name.lower())
        found: type[Model] = _rendered(models, _needs(models, key)).get_model(*key)
        return found

    def schemas(self, state: ProjectState) -> tuple[Schema, Schema]:
        """The tables that migrations make in this database; and those that are in no database that is known."""
        ours: dict[str, list[Table]] = {}
        hidden: dict[str, list[Table]] = {}
        models = self._models(state)
        now: dict[Part, Sequence[object]] = {}
        for key in (key for key, model in models.items() if not model.options.get("proxy")):
            known = self.known.get(key)
            if known is None or not _is_as_it_was(known, models, now):
                known = self.known[key] = self._look(models, key)
            for table, hides in known.tables:
                (hidden if hides else ours).setdefault(table.name, []).append(table)
        return ours, hidden

    def _models(self, state: ProjectState) -> States:
        """Those of apps without migrations have no relations there, as with Django."""
        for label in state.real_apps - self.real.keys():
            found = [
                ModelState.from_model(model, exclude_rels=True) for model in apps.get_app_config(label).get_models()
            ]
            self.real[label] = {(label, model.name_lower): model for model in found}
        real = {key: model for label in sorted(state.real_apps) for key, model in self.real[label].items()}
        return {**real, **state.models}

    def _look(self, models: States, key: Key) -> _Known:
        """Where a field's class looks further than Django's do, everything is rendered."""
        try:
            return self._look_at(models, key, _needs(models, key))
        except Exception:  # noqa: BLE001 - if it was not for that, it comes again
            return self._look_at(models, key, dict.fromkeys(models))

    def _look_at(self, models: States, key: Key, needs: Needs) -> _Known:
        looked_at = {(other, names): _looked_at(models[other], names) for other, names in needs.items()}
        tables = []
        for model in _of(_rendered(models, needs), key):
            table = describe(model, self.connection)
            taken = table.managed and takes_model(self.connection, model)
            if taken or (table.managed and hides_model(self.connection, model)):
                tables.append((table, not taken))
        return _Known(looked_at, tables)


def _of(rendered: Any, key: Key) -> Iterator[type[Model]]:
    """The model, and those between many and many that come with it."""
    own = rendered.get_model(*key)
    # As `Apps.get_models`, which would keep the classes in a cache of the whole process.
    for model in rendered.get_app_config(own._meta.app_label).get_models(include_auto_created=True):
        if model is own or model._meta.auto_created is own:
            yield model


def _is_as_it_was(known: _Known, models: States, now: dict[Part, Sequence[object]]) -> bool:
    """Django changes a model's state in place, but puts another field or another list there."""
    for part, before in known.looked_at.items():
        if part not in now:
            key, names = part
            now[part] = _looked_at(models[key], names) if key in models else ()
        found = now[part]
        if len(found) != len(before) or not all(map(is_, found, before)):
            return False
    return True


def _looked_at(model: ModelState, names: frozenset[str] | None) -> Sequence[object]:
    fields, options = _fields(model, names), _options(model, names)
    return (model.name, model.bases, *fields, *fields.values(), *options, *options.values())


def _rendered(models: States, needs: Needs) -> Any:
    return ProjectState({key: _part(models[key], names) for key, names in needs.items()}).apps


def _part(model: ModelState, names: frozenset[str] | None) -> ModelState:
    if names is None:
        return model
    fields = dict(_fields(model, names))
    return ModelState(model.app_label, model.name, fields, _options(model, names), model.bases)


def _fields(model: ModelState, names: frozenset[str] | None) -> Mapping[str, Any]:
    """All fields, or what can be referred to: the primary key, the links to parents, and ``names``."""
    if names is None:
        return model.fields
    return {name: item for name, item in model.fields.items() if name in names or _identifies(item)}


def _identifies(item: Any) -> bool:
    return bool(item.primary_key or getattr(item.remote_field, "parent_link", False))


def _options(model: ModelState, names: frozenset[str] | None) -> dict[str, Any]:
    if names is None:
        return model.options
    return {name: model.options[name] for name in OF_A_TARGET if name in model.options}


def _needs(models: States, key: Key) -> Needs:
    """The model in full, and what it refers to, by way of primary keys that refer on, in part."""
    needs: dict[Key, frozenset[str] | None] = {key: None}
    waiting = [key]
    while waiting:
        current = waiting.pop()
        for target, names in _referred_to(models[current], needs[current]):
            known = needs.get(target, frozenset())
            if target in models and known is not None and (target not in needs or not names <= known):
                needs[target] = known | names
                waiting.append(target)
    return needs


def _referred_to(model: ModelState, names: frozenset[str] | None) -> Iterator[tuple[Key, frozenset[str]]]:
    for base in model.bases:
        if isinstance(base, str):
            yield resolve_relation(base), frozenset()
    for item in _fields(model, names).values():
        remote = item.remote_field
        fields = {getattr(remote, "field_name", None), *(getattr(item, "to_fields", None) or ())}
        for target in filter(None, [getattr(remote, "model", None), getattr(remote, "through", None)]):
            yield resolve_relation(target, model.app_label, model.name_lower), frozenset(filter(None, fields))

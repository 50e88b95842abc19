"""Tables of a migration state. Each model is rendered by itself, and only after a change.

Django renders a changed model together with all models that are related to it, directly or through others. That is
often the whole project, for each operation. A table needs less: the model itself, and of each model that a foreign key
refers to, the table's name and the target field.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import is_
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.migrations.state import ModelState, ProjectState
from django.db.migrations.utils import resolve_relation

from django_mirrors.database_names import normalize_table
from django_mirrors.model_schema import describe_model
from django_mirrors.routing import has_table_of, hides_model

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models import Model

    from django_mirrors.tables import Schema, Table

    Key = tuple[str, str]  # ("gallery", "photo")
    Needs = Mapping[Key, frozenset[str] | None]
    States = Mapping[Key, ModelState]
    Part = tuple[Key, frozenset[str] | None]  # the named fields of a model, or all of it with None

__all__ = ["StateRenderer"]

TARGET_OPTIONS = ("db_table", "managed", "proxy", "swappable")
"""Options of a model that decide how other models refer to it."""


@dataclass(frozen=True)
class _CachedModel:
    """A model's tables, and the values that they depend on. Each table comes with whether a router hides it."""

    compared: Mapping[Part, Sequence[object]]
    tables: Sequence[tuple[Table, bool]]


@dataclass
class StateRenderer:
    """Renderer that caches descriptions and no classes. ``connection`` is opened only to normalize names."""

    connection: BaseDatabaseWrapper
    cache: dict[Key, _CachedModel] = field(default_factory=dict)
    unmigrated: dict[str, States] = field(default_factory=dict)  # models of apps without migrations, which never change

    def render_model(self, state: ProjectState, app_label: str, name: str) -> type[Model]:
        """Return one model. Only the parts that concern its table match the whole state."""
        models, key = self._models(state), (app_label, name.lower())
        found: type[Model] = _state_apps(models, _needs(models, key)).get_model(*key)
        return found

    def schemas(self, state: ProjectState) -> tuple[Schema, Schema]:
        """Return the tables that migrations create in this database, and those that are in no known database."""
        visible: dict[str, list[Table]] = {}
        hidden: dict[str, list[Table]] = {}
        models = self._models(state)
        now: dict[Part, Sequence[object]] = {}
        for key in (key for key, model in models.items() if not model.options.get("proxy")):
            known = self.cache.get(key)
            if known is None or not _is_current(known, models, now):
                known = self.cache[key] = self._render(models, key)
            for table, hides in known.tables:
                (hidden if hides else visible).setdefault(table.name, []).append(table)
        return visible, hidden

    def _models(self, state: ProjectState) -> States:
        """Return all model states. Those of apps without migrations have no relations, as in Django."""
        for label in state.real_apps - self.unmigrated.keys():
            found = [
                ModelState.from_model(model, exclude_rels=True) for model in apps.get_app_config(label).get_models()
            ]
            self.unmigrated[label] = {(label, model.name_lower): model for model in found}
        real = {key: model for label in sorted(state.real_apps) for key, model in self.unmigrated[label].items()}
        return {**real, **state.models}

    def _render(self, models: States, key: Key) -> _CachedModel:
        """Render the model with its needs. Render everything if a custom field class needs more than Django's do."""
        try:
            return self._render_parts(models, key, _needs(models, key))
        except Exception:  # noqa: BLE001 - an error with another cause is raised again
            return self._render_parts(models, key, dict.fromkeys(models))

    def _render_parts(self, models: States, key: Key, needs: Needs) -> _CachedModel:
        compared = {(other, names): _compared_values(models[other], names) for other, names in needs.items()}
        tables = []
        for model in _own_models(_state_apps(models, needs), key):
            table = normalize_table(describe_model(model, self.connection), self.connection)
            taken = table.managed and has_table_of(self.connection, model)
            if taken or (table.managed and hides_model(self.connection, model)):
                tables.append((table, not taken))
        return _CachedModel(compared, tables)


def _own_models(rendered: Any, key: Key) -> Iterator[type[Model]]:
    """Yield the model, and the automatic many-to-many models that belong to it."""
    own = rendered.get_model(*key)
    # Like `Apps.get_models`, which would keep the classes in a cache of the whole process.
    for model in rendered.get_app_config(own._meta.app_label).get_models(include_auto_created=True):
        if model is own or model._meta.auto_created is own:
            yield model


def _is_current(known: _CachedModel, models: States, now: dict[Part, Sequence[object]]) -> bool:
    """Return whether the cached tables are up to date.

    Django changes a model's state in place, but replaces its fields and lists, so comparing identities is enough.
    """
    for part, before in known.compared.items():
        if part not in now:
            key, names = part
            now[part] = _compared_values(models[key], names) if key in models else ()
        found = now[part]
        if len(found) != len(before) or not all(map(is_, found, before)):
            return False
    return True


def _compared_values(model: ModelState, names: frozenset[str] | None) -> Sequence[object]:
    fields, options = _fields(model, names), _options(model, names)
    return (model.name, model.bases, *fields, *fields.values(), *options, *options.values())


def _state_apps(models: States, needs: Needs) -> Any:
    return ProjectState({key: _part(models[key], names) for key, names in needs.items()}).apps


def _part(model: ModelState, names: frozenset[str] | None) -> ModelState:
    if names is None:
        return model
    fields = dict(_fields(model, names))
    return ModelState(model.app_label, model.name, fields, _options(model, names), model.bases)


def _fields(model: ModelState, names: frozenset[str] | None) -> Mapping[str, Any]:
    """Return all fields, or those that can be referred to: the primary key, links to parents, and ``names``."""
    if names is None:
        return model.fields
    return {name: item for name, item in model.fields.items() if name in names or _is_identifying(item)}


def _is_identifying(item: Any) -> bool:
    return bool(item.primary_key or getattr(item.remote_field, "parent_link", False))


def _options(model: ModelState, names: frozenset[str] | None) -> dict[str, Any]:
    if names is None:
        return model.options
    return {name: model.options[name] for name in TARGET_OPTIONS if name in model.options}


def _needs(models: States, key: Key) -> Needs:
    """Return the model in full, and parts of the models that it refers to, directly or through primary keys."""
    needs: dict[Key, frozenset[str] | None] = {key: None}
    waiting = [key]
    while waiting:
        current = waiting.pop()
        for target, names in _references(models[current], needs[current]):
            known = needs.get(target, frozenset())
            if target in models and known is not None and (target not in needs or not names <= known):
                needs[target] = known | names
                waiting.append(target)
    return needs


def _references(model: ModelState, names: frozenset[str] | None) -> Iterator[tuple[Key, frozenset[str]]]:
    for base in model.bases:
        if isinstance(base, str):
            yield resolve_relation(base), frozenset()
    for item in _fields(model, names).values():
        remote = item.remote_field
        fields = {getattr(remote, "field_name", None), *(getattr(item, "to_fields", None) or ())}
        for target in filter(None, [getattr(remote, "model", None), getattr(remote, "through", None)]):
            yield resolve_relation(target, model.app_label, model.name_lower), frozenset(filter(None, fields))

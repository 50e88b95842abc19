"""The keys of the configuration as data: path, docstring, default, and what each takes.

What a key takes is the model's own answer to a value that no key takes.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, get_args, get_origin

import yaml
from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from mirrors.config.connection import CONNECTION_ENVIRON
from mirrors.config.messages.schema_errors import describe_expected
from mirrors.config.models.all_keys import all_keys_model, key_models
from mirrors.config.models.base import KeyPath
from mirrors.config.values.common_values import DurationSeconds
from mirrors.config.values.rollout_values import HoldMode
from tools.reference.docstrings import of_fields

__all__ = ["NOTHING_TAKES", "PAGES", "Key", "keys", "keys_of", "objects", "page_of", "sound_with"]

PAGES: Mapping[str, str] = {
    "fleet": "Configuration of the fleet",
    "overrides": "Configuration of one stack",
    "rollout": "Configuration of rollouts",
    "docker": "Configuration of containers",
}
"""{page, named like the key that it describes: its title}"""

NOTHING_TAKES = -0.5
SOUND: dict[str, Any] = {
    "fleet": {"original": {"application": "acme"}, "mirrors": [{"application": "acme-de"}]},
    "overrides": {"mirrors": {"acme-de": {}}},
    "secrets": {},
    "sharedValues": {},
    "rollout": {"health": {}},
    "environment": "test",
    "apiToken": "token",
    "docker": {"build": {"directory": "."}, "publish": {}, "proxy": {"kind": "caddy", "network": "proxy"}},
    "dockerTls": dict.fromkeys(("ca", "cert", "key"), "-----BEGIN CERTIFICATE-----"),
}
"""A sound configuration with every object that there may be."""


@dataclass(frozen=True)
class Key:
    """A key of the configuration.

    Args:
        path: The key as a user writes it.
        place: The same in ``SOUND``.
        field: The model's field.
        meaning: The field's docstring. The text after ``Default:`` at its end replaces the field's own default.
    """

    path: str
    place: KeyPath
    field: FieldInfo
    meaning: str

    @property
    def name(self) -> str:
        return str(self.field.alias)

    @property
    def secret(self) -> bool:
        return SecretStr in _parts(self.field.annotation)

    @property
    def takes(self) -> str:
        """Say what the key takes; an object is a link."""
        return _taken(self.place)

    @property
    def summary(self) -> str:
        """Return the meaning without the default, and the variable that wins over the key."""
        meaning = self.meaning.partition("Default: ")[0].strip()
        return (
            f"{meaning} `{CONNECTION_ENVIRON[self.path]}` in the environment wins."
            if self.path in CONNECTION_ENVIRON
            else meaning
        )

    @property
    def default(self) -> str:
        """Return the default in words, or as a user would write it; empty where there is none."""
        if words := self.meaning.partition("Default: ")[2]:
            return words.removesuffix(".")
        if self.field.is_required():
            return "required"
        value = _written(self.field)
        if isinstance(value, BaseModel):
            return "its keys' defaults"
        return "" if not value and value is not False else f"`{_as_yaml(value)}`"

    @property
    def default_value(self) -> Any:
        """Return the default as YAML reads it; None where it is no single value."""
        plain = self.default.startswith("`") and self.default.count("`") == 2
        return yaml.safe_load(self.default.strip("`")) if plain else None


def keys(root: type[BaseModel] | None = None) -> Iterator[Key]:
    """Yield all keys, those of an object before those in it. Raises LookupError where one has no docstring."""
    for path, place, model in objects(root):
        yield from keys_of(path, place, model)


def keys_of(path: str, place: KeyPath, model: type[BaseModel]) -> Iterator[Key]:
    sources = key_models() if model is all_keys_model() else (model,)
    texts = {name: text for source in sources for name, text in of_fields(source).items()}
    for name, field in model.model_fields.items():
        if name not in texts:
            raise LookupError(f"{model.__name__}.{name} has no docstring")
        alias = str(field.alias)
        yield Key(f"{path}.{alias}".lstrip("."), (*place, alias), field, texts[name])


def objects(
    model: type[BaseModel] | None = None, path: str = "", place: KeyPath = ()
) -> Iterator[tuple[str, KeyPath, type[BaseModel]]]:
    """Yield (path, place, model) of an object that a user writes, then of those in it."""
    model = model or all_keys_model()
    yield path, place, model
    for field in model.model_fields.values():
        for inner in _models_in(field.annotation):
            name, at = f"{path}.{field.alias}".lstrip("."), (*place, str(field.alias))
            if get_origin(field.annotation) is tuple:
                name, at = f"{name}[]", (*at, 0)
            elif get_origin(field.annotation) is dict:
                name, at = f"{name}.<application>", (*at, "acme-de")
            yield from objects(inner, name, at)


def page_of(path: str) -> str:
    """Return the file that describes the object at a path."""
    return next((f"{page}.md" for page in PAGES if path.startswith(page)), "index.md")


def sound_with(place: KeyPath, value: Any) -> dict[str, Any]:
    """Return a configuration that has this value at a place and is sound everywhere else."""
    data: dict[str, Any] = copy.deepcopy(SOUND)
    holder: Any = data
    for key, following in pairwise(place):
        if isinstance(holder, dict):
            holder.setdefault(key, [] if following == 0 else {})
        holder = holder[key]
    if isinstance(holder, list):
        holder[:] = [value]
    else:
        holder[str(place[-1])] = value
    return data


def _parts(annotation: Any) -> Iterator[Any]:
    """Yield an annotation and what is inside it, but nothing of other models."""
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    return [part for part in _parts(annotation) if isinstance(part, type) and issubclass(part, BaseModel)]


def _taken(place: KeyPath) -> str:
    """Say what a place takes; after a list or a map, what each of its items takes."""
    if heading := _headings().get(place):
        return f"an object, see [`{heading}`]({page_of(heading)}#{re.sub(r'[^a-z]', '', heading.lower())})"
    words = _takes(place)
    if words == "a list":
        return f"{words}, each {_taken((*place, 0))}"
    return f"{words}, each value {_taken((*place, 'acme-de'))}" if words == "an object {name: value}" else words


@cache
def _headings() -> dict[KeyPath, str]:
    """Return {place: heading of the object there}."""
    return {place: path for path, place, _ in objects()}


def _takes(place: KeyPath) -> str:
    try:
        all_keys_model().model_validate(sound_with(place, NOTHING_TAKES))
    except ValidationError as invalid:
        return next(
            describe_expected(error, place) for error in invalid.errors(include_url=False) if error["loc"] == place
        )
    raise LookupError(f"mirrors:{place} takes anything")


def _as_yaml(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_as_yaml, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _written(field: FieldInfo) -> Any:
    """Return the default as a user would write it."""
    value = field.get_default(call_default_factory=True)
    kind = tuple(field.metadata)
    if kind == DurationSeconds.__metadata__:  # type: ignore[attr-defined]
        return f"{value // 60}m" if value > 60 and value % 60 == 0 else f"{value}s"
    if kind == HoldMode.__metadata__ and value is not None:  # type: ignore[attr-defined]
        return {"nothing": False, "everything": True}.get(value, value)
    if isinstance(value, tuple):
        return [f"{item[0]}-{item[-1]}" if isinstance(item, range) else item for item in value]
    return value

"""``docs/configuration.md``: every key that a user may write, from the models that check it.

What a key takes is what the model answers to a value that nothing takes.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from mirrors.config.all_keys import all_keys, owners
from mirrors.config.base import Place
from mirrors.config.connection import ENVIRON
from mirrors.config.messages import takes_of
from mirrors.config.values import Hold, Seconds
from tools.reference.docstrings import documented, of_fields, row, table

__all__ = ["Key", "keys", "page", "sound_with"]

INTRODUCTION = """\
# Configuration

The namespace is `mirrors`, whatever your project is called. Mirrors refuses unknown keys and wrong values with their
path, before it writes anything.

Write what all stacks share into `Pulumi.yaml`, an object there below `value`. Write what one stack has of its own into
`Pulumi.<stack>.yaml`, an object there without `value`. Any key may be in either. If it is in both, the stack's counts
as a whole: nothing is merged. So what differs from site to site and stack to stack has keys of its own, `overrides` and
`secrets`.

Put text into quotes where YAML may read it as something else, as it does with `0123`, `1.10`, `1e3`, `2024-01-01`,
`true`. The engine hands on what it has read, 83 for `0123`. Mirrors refuses what does not arrive as it is written, and
says what to paste. It also refuses any number where it takes text, such as the value of a variable.
`pulumi config set --path` takes a number for one, too: add `--type string`. Mirrors compares the files where they are
at hand, not one named by `--config-file`.

A fleet of hundreds of mirrors needs a file of its own. Pulumi hands the whole configuration to the program in one
environment variable, for which Linux has 128 KiB. Write `mirrors:fleetFile: fleet.yaml` in place of `mirrors:fleet`,
and the fleet's keys (`original`, `mirrors`, …) at the top of that file. `mirrors doctor -s STACK` says how near you
are.

A **secret** key is in `Pulumi.<stack>.yaml` alone, encrypted; Mirrors refuses it in clear. This asks for its value:
`pulumi config set --secret --path mirrors:secrets.all.API_KEY -s live`.

The refresh that begins each `preview` and `up` comes before the program; `refresh` and `destroy` without
`--run-program` do not run it. There Pulumi has the configuration of the last `up`. Mirrors takes two things from
today's all the same: the variables in the environment, and `apiToken` where the platform refuses the old one. Do not
set `PULUMI_RUN_PROGRAM`: with it each `up` writes the state once for each resource.
"""
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
"""A configuration with every object that there may be."""


@dataclass(frozen=True)
class Key:
    """``path``: as a user writes it; ``place``: the same in ``SOUND``."""

    path: str
    place: Place
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
        return _taken(self.place)

    @property
    def default(self) -> str:
        """Return the default as a user would write it; empty where there is none."""
        _, _, said = self.meaning.partition("Default: ")
        if said:
            return said.removesuffix(".")
        if self.field.is_required():
            return "required"
        value = _written(self.field)
        if isinstance(value, BaseModel):
            return "its keys' defaults"
        return "" if not value and value is not False else f"`{_as_yaml(value)}`"

    def described(self) -> str:
        """Return a row of the table."""
        meaning = self.meaning.partition("Default: ")[0].strip()
        if self.path in ENVIRON:
            meaning += f" `{ENVIRON[self.path]}` in the environment wins."
        return row(f"`{self.name}`", f"**secret**: {self.takes}" if self.secret else self.takes, self.default, meaning)


def page() -> str:
    """Return the page.

    Raises:
        LookupError: a key or a model has no docstring.
    """
    lines = [INTRODUCTION]
    for path, place, model in _objects(all_keys(), "", ()):
        lines += [f"## {f'`{path}`' if path else 'The keys'}", "", documented(model), ""]
        lines += [
            *table("key", "takes", "default", "meaning"),
            *(key.described() for key in _keys(path, place, model)),
            "",
        ]
    return "\n".join(lines)


def keys(root: type[BaseModel] | None = None) -> Iterator[Key]:
    """Yield all keys, an object's own before those in it.

    Raises:
        LookupError: a key or a model has no docstring.
    """
    for path, place, model in _objects(root or all_keys(), "", ()):
        yield from _keys(path, place, model)


def sound_with(place: Place, value: Any) -> dict[str, Any]:
    """Return a configuration that has this value at a place, and is sound everywhere else."""
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


def _objects(model: type[BaseModel], path: str, place: Place) -> Iterator[tuple[str, Place, type[BaseModel]]]:
    yield path, place, model
    for field in model.model_fields.values():
        for inner in _models_in(field.annotation):
            name, at = f"{path}.{field.alias}".lstrip("."), (*place, str(field.alias))
            if get_origin(field.annotation) is tuple:
                name, at = f"{name}[]", (*at, 0)
            elif get_origin(field.annotation) is dict:
                name, at = f"{name}.<application>", (*at, "acme-de")
            yield from _objects(inner, name, at)


def _keys(path: str, place: Place, model: type[BaseModel]) -> Iterator[Key]:
    sources = owners() if model is all_keys() else (model,)
    texts = {name: text for source in sources for name, text in of_fields(source).items()}
    for name, field in model.model_fields.items():
        if name not in texts:
            raise LookupError(f"{model.__name__}.{name} has no docstring")
        alias = str(field.alias)
        yield Key(f"{path}.{alias}".lstrip("."), (*place, alias), field, texts[name])


def _parts(annotation: Any) -> Iterator[Any]:
    """Yield an annotation and all that is inside it, but nothing of other models."""
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    return [part for part in _parts(annotation) if isinstance(part, type) and issubclass(part, BaseModel)]


def _taken(place: Place) -> str:
    """Return what a key takes, in words. The items of a list or a map follow it."""
    if heading := _headings().get(place):
        return f"an object, see [`{heading}`](#{re.sub(r'[^a-z]', '', heading.lower())})"
    words = _takes(place)
    if words == "a list":
        return f"{words}, each {_taken((*place, 0))}"
    return f"{words}, each value {_taken((*place, 'acme-de'))}" if words == "an object {name: value}" else words


@cache
def _headings() -> dict[Place, str]:
    """Return {place: heading of the object there}."""
    return {place: path for path, place, _ in _objects(all_keys(), "", ())}


def _takes(place: Place) -> str:
    try:
        all_keys().model_validate(sound_with(place, NOTHING_TAKES))
    except ValidationError as invalid:
        return next(takes_of(error, place) for error in invalid.errors(include_url=False) if error["loc"] == place)
    raise LookupError(f"mirrors:{place} takes anything")


def _as_yaml(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_as_yaml, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _written(field: FieldInfo) -> Any:
    """Return the default as a user would write it."""
    value = field.get_default(call_default_factory=True)
    kind = tuple(field.metadata)
    if kind == Seconds.__metadata__:  # type: ignore[attr-defined]
        return f"{value // 60}m" if value > 60 and value % 60 == 0 else f"{value}s"
    if kind == Hold.__metadata__ and value is not None:  # type: ignore[attr-defined]
        return {"nothing": False, "everything": True}.get(value, value)
    if isinstance(value, tuple):
        return [f"{item[0]}-{item[-1]}" if isinstance(item, range) else item for item in value]
    return value

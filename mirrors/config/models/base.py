"""The base class of all models of the configuration."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic.alias_generators import to_camel

__all__ = ["CONFIG_NAMESPACE", "ConfigModel", "KeyPath", "select_own_keys", "walk_values"]

CONFIG_NAMESPACE = "mirrors"
"""The namespace of all keys in Pulumi's files: ``mirrors:fleet``."""

KeyPath = tuple[int | str, ...]
"""The keys and list indexes from the top of the configuration down to a value.

Example: ``("fleet", "mirrors", 2, "siteId")``.
"""


def select_own_keys(keys: Iterable[str]) -> dict[str, str]:
    """Return {key without the namespace: key} of the keys in the namespace of Mirrors, whatever the project's name."""
    prefix = f"{CONFIG_NAMESPACE}:"
    return {key.removeprefix(prefix): key for key in keys if key.startswith(prefix)}


def walk_values(value: Any, place: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Yield each value that is no object and no list, with its place: the value itself, or all below it."""
    items: Iterable[tuple[int | str, Any]]
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    else:
        yield place, value
        return
    for key, item in items:
        yield from walk_values(item, (*place, key))


class ConfigModel(BaseModel):
    """An object that the user writes. Its validation errors never show a value."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, hide_input_in_errors=True)

    needed: ClassVar[Mapping[str, str]] = {}
    """{required key: what to write there}, for the message about an object that lacks the key."""

    @model_validator(mode="before")
    @classmethod
    def _null_means_absent(cls, data: Any) -> Any:
        """Drop optional keys that are null: YAML reads a key without a value as null."""
        optional = {item.alias for item in cls.model_fields.values() if not item.is_required()}
        if not isinstance(data, dict):
            return data
        return {key: value for key, value in data.items() if value is not None or key not in optional}

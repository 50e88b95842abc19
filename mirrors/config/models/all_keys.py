"""One model of all keys of every platform, for messages and for the documentation."""

from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, create_model
from pydantic.fields import FieldInfo

from mirrors.config.models.base import ConfigModel
from mirrors.config.models.settings import Settings
from mirrors.config.platforms import DEFAULT_PLATFORM, PLATFORMS, platform_settings_class

__all__ = ["all_keys_model", "key_models"]


def all_keys_model() -> type[BaseModel]:
    """Return a model with the keys of all platforms side by side, just like the top of a user's file."""
    return _build_model(tuple(PLATFORMS))


def key_models() -> tuple[type[ConfigModel], ...]:
    """Return the classes that define the keys of ``all_keys_model``, with a docstring for each key."""
    return (Settings, *map(platform_settings_class, PLATFORMS))


@cache
def _build_model(kinds: tuple[str, ...]) -> type[BaseModel]:
    fields: dict[str, Any] = {}
    for name, info in Settings.model_fields.items():
        if name != "platform":
            fields[name] = (info.annotation, info)
            continue
        fields[name] = (Literal[kinds], FieldInfo(default=DEFAULT_PLATFORM))
        for kind in kinds:
            fields |= {key: (item.annotation, item) for key, item in platform_settings_class(kind).model_fields.items()}
    model = create_model("Settings", __base__=ConfigModel, __doc__=Settings.__doc__, **fields)
    model.needed = {key: text for owner in key_models() for key, text in owner.needed.items()}
    return model

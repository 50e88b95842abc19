"""One model of all keys of every platform, for messages and for the documentation."""

from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, create_model
from pydantic.fields import FieldInfo

from mirrors.config.base import ConfigModel
from mirrors.config.models import Settings
from mirrors.config.platforms import DEFAULT, PLATFORMS, settings_class

__all__ = ["all_keys", "owners"]


def all_keys() -> type[BaseModel]:
    """Return a model with the keys of all platforms side by side, just like the top of a user's file."""
    return _model(tuple(PLATFORMS))


def owners() -> tuple[type[ConfigModel], ...]:
    """Return the classes that define the keys of ``all_keys``, with a docstring for each key."""
    return (Settings, *map(settings_class, PLATFORMS))


@cache
def _model(kinds: tuple[str, ...]) -> type[BaseModel]:
    fields: dict[str, Any] = {}
    for name, info in Settings.model_fields.items():
        if name != "platform":
            fields[name] = (info.annotation, info)
            continue
        fields[name] = (Literal[kinds], FieldInfo(default=DEFAULT))
        for kind in kinds:
            fields |= {key: (item.annotation, item) for key, item in settings_class(kind).model_fields.items()}
    model = create_model("Settings", __base__=ConfigModel, __doc__=Settings.__doc__, **fields)
    model.needed = {key: text for owner in owners() for key, text in owner.needed.items()}
    return model

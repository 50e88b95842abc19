"""Choose the platform's own model for the keys of a stack: ``mirrors:platform`` is the discriminator."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mirrors.config.models.platform_settings import PlatformSettings
from mirrors.config.platforms import DEFAULT_PLATFORM, PLATFORMS, keys_of_other_platforms, platform_settings_class
from mirrors.config.values.validators import not_taken


@dataclass(frozen=True)
class _ChosenPlatform:
    """The keys of one platform before validation."""

    kind: str
    keys: Mapping[str, Any] = field(repr=False)


def validate_platform(value: Any) -> PlatformSettings:
    """Validate the keys of the chosen platform with the platform's own class."""
    if isinstance(value, PlatformSettings):
        return value
    if isinstance(value, _ChosenPlatform):
        return platform_settings_class(value.kind).model_validate(dict(value.keys))
    raise not_taken(" or ".join(PLATFORMS))


def gather_platform_keys(data: Any) -> Any:
    """Put the keys of the chosen platform below ``platform``, and drop those of other platforms."""
    if not isinstance(data, dict) or isinstance(data.get("platform"), PlatformSettings):
        return data
    kind = DEFAULT_PLATFORM if data.get("platform") is None else data["platform"]
    if not isinstance(kind, str) or kind not in PLATFORMS:
        return {key: value for key, value in data.items() if key not in keys_of_other_platforms("")}
    own = {key: data[key] for key in PLATFORMS[kind].keys if key in data}
    others = keys_of_other_platforms(kind)
    rest = {key: value for key, value in data.items() if key not in others and key not in own}
    return {**rest, "platform": _ChosenPlatform(kind, own)}

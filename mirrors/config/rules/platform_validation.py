"""Validate a configuration: the keys of the chosen platform into settings, and those of every other platform, too."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from mirrors.config.models.settings import Settings
from mirrors.config.platforms import PLATFORMS, keys_of_other_platforms, platform_kind_of, platform_settings_class


def validate_all_platforms(data: Mapping[str, Any]) -> tuple[Settings | None, list[ErrorDetails]]:
    """Check the keys of all platforms. The settings hold the keys of one, and the other keys must be valid, too."""
    settings, errors = None, []
    try:
        settings = Settings.model_validate(data)
    except ValidationError as invalid:
        errors = [_move_platform_key_to_top(error) for error in invalid.errors(include_url=False)]
    others = keys_of_other_platforms(platform_kind_of(data))
    for kind, entry in PLATFORMS.items():
        errors += _find_errors_of_other_platform(
            kind, {key: data[key] for key in entry.keys if key in data and key in others}
        )
    return settings, errors


def _move_platform_key_to_top(error: ErrorDetails) -> ErrorDetails:
    """Name a platform's key by the place where the user writes it: the top of the configuration."""
    first, *rest = error["loc"] or ("",)
    return {**error, "loc": tuple(rest)} if first == "platform" and rest else error


def _find_errors_of_other_platform(kind: str, own: Mapping[str, Any]) -> list[ErrorDetails]:
    """Return what is wrong in the keys of a platform that is not the stack's. None of its keys is required."""
    try:
        if own:
            platform_settings_class(kind).model_validate(dict(own))
    except ValidationError as invalid:
        found = invalid.errors(include_url=False)
        return [error for error in found if error["type"] != "missing" or len(error["loc"]) > 1]
    return []

"""What all models of the configuration have in common."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic.alias_generators import to_camel

__all__ = ["ConfigModel", "Place"]

Place = tuple[int | str, ...]
"""A key's way down from the top: ``("fleet", "mirrors", 2, "siteId")``."""


class ConfigModel(BaseModel):
    """Something that the user writes. A value never shows in a validation error."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, hide_input_in_errors=True)

    needed: ClassVar[Mapping[str, str]] = {}
    """{key: what to write} of required keys, for the message where the object is there and the key is not."""

    @model_validator(mode="before")
    @classmethod
    def _null_means_absent(cls, data: Any) -> Any:
        """A key with nothing behind it is null in YAML; an optional one then is as good as absent."""
        optional = {item.alias for item in cls.model_fields.values() if not item.is_required()}
        if not isinstance(data, dict):
            return data
        return {key: value for key, value in data.items() if value is not None or key not in optional}

"""The base class of the keys and rules that a platform adds to the settings."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from mirrors.config.models.base import ConfigModel

if TYPE_CHECKING:
    from mirrors.config.rules.validation_context import ValidationContext
    from mirrors.problems import Problem

__all__ = ["PlatformSettings"]


class PlatformSettings(ConfigModel):
    """A platform's own keys. A user writes them at the top of the configuration, beside those of all platforms."""

    kind: ClassVar[str]
    """The value of ``mirrors:platform``."""

    environ: ClassVar[Mapping[str, str]] = {}
    """{key: the environment variable that overrides it}"""

    stand_ins: ClassVar[Mapping[str, Any]] = {}
    """{key: a valid value} of the keys without which Mirrors cannot look at the platform. If such a key is wrong,
    Mirrors checks the rest of the configuration with this value, and then uses none of it."""

    @abstractmethod
    def problems(self, context: ValidationContext) -> Iterator[Problem]:
        """Yield a problem for each rule of the platform that the settings break.

        Args:
            context: The settings of the stack, with the places of its sites.
        """

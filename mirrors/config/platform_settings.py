"""The base of what one platform adds to the settings: its keys and its rules."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from mirrors.config.base import ConfigModel

if TYPE_CHECKING:
    from mirrors.config.rules import ValidationContext
    from mirrors.problems import Problem

__all__ = ["PlatformSettings"]


class PlatformSettings(ConfigModel):
    """A platform's own keys. A user writes them at the top of the configuration, beside those of all platforms."""

    kind: ClassVar[str]
    """The value of ``mirrors:platform``."""

    environ: ClassVar[Mapping[str, str]] = {}
    """{key: variable of the process environment that wins over it}"""

    stand_ins: ClassVar[Mapping[str, Any]] = {}
    """{key: value} of the keys without which Mirrors cannot look at the platform. Where such a key is wrong, Mirrors
    checks the rest of the configuration with this value, and then uses none of it."""

    @abstractmethod
    def problems(self, context: ValidationContext) -> Iterator[Problem]:
        """Yield a problem for each rule of the platform that the settings break."""

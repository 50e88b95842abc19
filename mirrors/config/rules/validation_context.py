"""The settings that a rule checks, with facts about the user's files."""

from collections.abc import Sequence
from dataclasses import dataclass

from mirrors.config.models.base import KeyPath
from mirrors.config.models.fleet import SiteSettings
from mirrors.config.models.settings import Settings


@dataclass(frozen=True)
class ValidationContext:
    """The settings, with facts about the user's files that the settings do not have.

    Args:
        settings: The valid part of the configuration.
        positions: The number of each mirror in the user's list, in the order of ``settings.mirrors``.
        named: The slugs of all entries of that list, also of those that are not valid.
        stack: The short name of the stack.
    """

    settings: Settings
    positions: Sequence[int]
    named: frozenset[str]
    stack: str

    @property
    def sites(self) -> list[tuple[KeyPath, SiteSettings]]:
        """The original and the mirrors, each with its place in the configuration."""
        fleet = self.settings.fleet
        mirrors = zip(self.positions, fleet.mirrors, strict=True)
        return [(("fleet", "original"), fleet.original), *((("fleet", "mirrors", i), mirror) for i, mirror in mirrors)]

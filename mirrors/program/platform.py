"""The protocol of a platform in the user's Pulumi program."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pulumi

from mirrors.planning.site_ids.request import LedgerFacts
from mirrors.program.outputs import FleetSite, SiteRow
from mirrors.program.startup import ProgramConfiguration
from mirrors.resources.site_ids import SiteIds


@dataclass(frozen=True)
class PlatformOutputs:
    """The outputs of a platform.

    Args:
        original: The original's row in a list; empty without one.
        mirrors: The rows of the mirrors.
        about: The facts about the original that the stack exports.
        sites: The registered sites, the original first.
    """

    original: list[SiteRow]
    mirrors: list[SiteRow]
    about: dict[str, Any]
    sites: Sequence[FleetSite] = ()


class Platform(Protocol):
    """A platform that has observed and planned. Making one raises FleetRefusedError where there is a problem."""

    def __init__(self, configured: ProgramConfiguration) -> None: ...

    @property
    def ledger_facts(self) -> LedgerFacts:
        """The facts that decide who gets which SITE_ID."""

    def declare(self, fleet: pulumi.Resource, ids: SiteIds, options: pulumi.ResourceOptions) -> PlatformOutputs:
        """Register every resource but the ledger.

        Args:
            options: The options of each resource that carries the fleet's name.
        """

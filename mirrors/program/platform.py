"""The protocol of a platform in the user's Pulumi program: what the Fleet asks of it."""

from dataclasses import dataclass
from typing import Any, Protocol

import pulumi

from mirrors.program.startup import Configured
from mirrors.resources.site_ids import SiteIds


@dataclass(frozen=True)
class PlatformOutputs:
    """Rows of sites, ``{application, siteId, environment, url, deployment}``, and what is said of the original.

    ``original`` has no row where there is nothing to say of it.
    """

    original: list[dict[str, Any]]
    mirrors: list[dict[str, Any]]
    about: dict[str, Any]


class Platform(Protocol):
    """A platform that has looked at what there is, and has planned. It leaves the program where there is a problem."""

    def __init__(self, configured: Configured) -> None: ...

    @property
    def site_facts(self) -> list[dict[str, Any]]:
        """The facts about each site's id, as ``SiteIds`` reads them."""

    @property
    def undeclared_sites(self) -> dict[str, dict[str, Any]]:
        """By slug, what is not on the list and may run with the shared database, as ``SiteIds`` reads it."""

    @property
    def undeclared_applications(self) -> dict[str, str]:
        """{uuid: slug} of what is there and not on the list; empty where nothing but the slug names it."""

    @property
    def hidden(self) -> dict[str, str]:
        """{application: environment} of the mirrors whose database is set, and not shown."""

    @property
    def found(self) -> dict[str, dict[str, bool]]:
        """{environment: {name: sensitive}} of the variables that are set there now, of the declared sites."""

    def declare(self, fleet: pulumi.Resource, ids: SiteIds, options: pulumi.ResourceOptions) -> PlatformOutputs:
        """Registers everything but the ids. ``options``: those of what carries the fleet's name."""

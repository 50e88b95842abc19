"""The protocol of a platform in the user's Pulumi program."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pulumi

from mirrors.planning.site_ids.facts import SiteFacts, UndeclaredSite
from mirrors.program.startup import ProgramConfiguration
from mirrors.resources.site_ids import SiteIds


@dataclass(frozen=True)
class PlatformOutputs:
    """The outputs of a platform.

    Args:
        original: The original's row, ``{application, siteId, environment, url, deployment}``, in a list; empty without
            one.
        mirrors: The rows of the mirrors.
        about: The facts about the original that the stack exports.
    """

    original: list[dict[str, Any]]
    mirrors: list[dict[str, Any]]
    about: dict[str, Any]


class Platform(Protocol):
    """A platform that has observed and planned. It leaves the program where there is a problem."""

    def __init__(self, configured: ProgramConfiguration) -> None: ...

    @property
    def site_facts(self) -> Sequence[SiteFacts]:
        """The facts about each declared site's id, the original first."""

    @property
    def undeclared_sites(self) -> Mapping[str, UndeclaredSite]:
        """{slug: what is not declared and may run with the shared database}."""

    @property
    def undeclared_applications(self) -> Mapping[str, str]:
        """{uuid: slug} of the applications that are not declared; empty where only the slug names one."""

    @property
    def hidden_databases(self) -> Mapping[str, str]:
        """{application: environment} of the mirrors whose database is set and hidden."""

    @property
    def existing_variables(self) -> Mapping[str, Mapping[str, bool]]:
        """{environment: {name: sensitive}} of the variables that the declared sites have now."""

    def declare(self, fleet: pulumi.Resource, ids: SiteIds, options: pulumi.ResourceOptions) -> PlatformOutputs:
        """Register every resource but the ledger.

        Args:
            options: The options of each resource that carries the fleet's name.
        """

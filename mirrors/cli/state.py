"""The parts of a stack's state that the commands need, from ``pulumi stack export``. It shows no secret."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mirrors.cli.stacks import export_state
from mirrors.config.platforms import platform_kind_of_types
from mirrors.config.program_fleet import DECLARATION_OUTPUT, ProgramFleet
from mirrors.errors import MirrorsError
from mirrors.planning.reports.fleet_steps import find_root
from mirrors.planning.reports.pulumi_steps import DYNAMIC_TYPES, FLEET_TYPE, SITE_TYPES
from mirrors.planning.site_ids.facts import Ledger
from mirrors.planning.site_ids.ledger import load_ledger
from mirrors.planning.site_state import SiteState
from mirrors.problems import Problem

__all__ = ["StackState", "read_resource_name"]

SITE_IDS_TYPE = f"{DYNAMIC_TYPES}SiteIds"
ONE_LEDGER_REMEDY = (
    "correct the sites that share an id; declare the ids that only one list has (siteId, retired, highestSiteId); then"
    " remove the list that is not the Fleet's from the state: pulumi state unprotect URN; pulumi state delete URN"
)
"""The way out of a state with more than one ledger."""

FLEET_TYPES = ("mirrors:index:", DYNAMIC_TYPES)


@dataclass(frozen=True)
class StackState:
    """A stack's state.

    Args:
        resources: The resources as exported, without the engine's own.
        pending: The operations that did not end, as exported.
    """

    resources: Sequence[Mapping[str, Any]]
    pending: Sequence[Mapping[str, Any]]

    @classmethod
    def of(cls, stack: str, cwd: Path) -> "StackState":
        """Export the state. Raises MirrorsError with the command's own words: for example, the stack does not exist."""
        deployment = export_state(stack, cwd)
        resources = [item for item in deployment.get("resources") or [] if not item["type"].startswith("pulumi:")]
        return cls(resources, deployment.get("pending_operations") or [])

    @property
    def program_fleets(self) -> dict[str, ProgramFleet]:
        """{name: fleet} of the fleets that the program declares in arguments."""
        return {
            read_resource_name(item): ProgramFleet.from_state(
                read_resource_name(item), item["outputs"][DECLARATION_OUTPUT]
            )
            for item in self._program_fleet_resources
        }

    def of_fleet(self, name: str | None) -> "StackState":
        """Return the part of one ``Fleet``.

        Args:
            name: A fleet in arguments. None for the configured one: all that is below no fleet in arguments.
        """
        roots = {item["urn"]: read_resource_name(item) for item in self._program_fleet_resources}
        parents = {item["urn"]: item.get("parent") for item in self.resources}
        if not roots:
            return self
        return replace(
            self, resources=[item for item in self.resources if find_root(item["urn"], parents, roots) == name]
        )

    @property
    def _program_fleet_resources(self) -> list[Mapping[str, Any]]:
        return [
            item
            for item in self.resources
            if item["type"] == FLEET_TYPE and DECLARATION_OUTPUT in (item.get("outputs") or {})
        ]

    @property
    def ledger(self) -> Ledger:
        """The ledger of SITE_IDs; an empty one where the stack was never updated.

        Raises:
            MirrorsError: The state has two ledgers. Neither knows what the other has given.
        """
        found = self.ledgers
        if len(found) > 1:
            raise MirrorsError(several_ledgers_problem(found))
        return next(iter(found.values()), Ledger())

    @property
    def ledgers(self) -> dict[str, Ledger]:
        """{URN: ledger}. A ledger that an interrupted replacement left for deletion counts too."""
        return {
            item["urn"]: load_ledger(item.get("outputs") or {})
            for item in self.resources
            if item["type"] == SITE_IDS_TYPE
        }

    @property
    def created(self) -> dict[str, frozenset[str]]:
        """{environment: names} of the variables that Mirrors created, also in a failed attempt, and did not find.

        An update removes them once they are no longer declared.
        """
        return {environment: frozenset(site.is_set.keys() - site.found) for environment, site in self._sites}

    @property
    def verified(self) -> dict[str, str]:
        """{environment: deployment} of the deployments that an update has found healthy."""
        return {environment: site.deployment for environment, site in self._sites if site.verified and site.deployment}

    @property
    def _sites(self) -> list[tuple[str, SiteState]]:
        """(environment, state) of each site that the last update has reached."""
        stored = [item.get("outputs") or {} for item in self.resources if item["type"] in SITE_TYPES]
        return [(str(outputs["environment"]), SiteState.of(outputs)) for outputs in stored if "environment" in outputs]

    @property
    def platform(self) -> str:
        """The platform that the fleet in the state is on."""
        return platform_kind_of_types(item["type"] for item in self.resources)

    @property
    def foreign(self) -> tuple[str, ...]:
        """The URNs of resources that are not the fleet's. A project may declare others beside it."""
        return tuple(item["urn"] for item in self.resources if not item["type"].startswith(FLEET_TYPES))


def read_resource_name(item: Mapping[str, Any]) -> str:
    """Return the name of a resource, which ends its URN."""
    return str(item["urn"]).rpartition("::")[2]


def several_ledgers_problem(ledgers: Mapping[str, Ledger]) -> Problem:
    """Return the problem of a state that has more than one ledger."""
    listed = "; ".join(f"{urn} has {describe_ledger(ledger)}" for urn, ledger in ledgers.items())
    return Problem(
        "several-ledgers",
        f"the state has {len(ledgers)} lists of SITE_IDs, so one id may have been given to two sites: {listed}.",
        f"To have one again: {ONE_LEDGER_REMEDY}",
    )


def describe_ledger(ledger: Ledger) -> str:
    given = [f"{site_id} {name}" for name, site_id in ledger.assignments.values()]
    retired = [f"{site_id} {who.slug} (retired)" for site_id, who in ledger.retired.items()]
    return ", ".join([*given, *retired]) or "none"

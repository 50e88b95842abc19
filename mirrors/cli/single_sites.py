"""Preconditions of deploying single sites. Pulumi would refuse these cases with a less helpful message."""

from pathlib import Path

from mirrors.cli.platforms import commands_of
from mirrors.cli.state import StackState, read_resource_name
from mirrors.config import FleetSettings, Settings
from mirrors.errors import MirrorsError
from mirrors.planning.environments import choose_image_environment
from mirrors.planning.reports.pulumi_steps import DYNAMIC_TYPES
from mirrors.planning.reports.stored import StoredResources
from mirrors.planning.site_lists import format_slugs
from mirrors.problems import Problem

__all__ = ["refuse_single_sites", "undeclared_mirrors", "undeployed_original", "undeployed_original_problem"]


def refuse_single_sites(settings: Settings, stack: str, cwd: Path) -> None:
    """Refuse to deploy single sites where a site that is no target would have to change too. Raises MirrorsError."""
    stored = StackState.of(stack, cwd).of_fleet(settings.program_fleet).resources
    if left := undeclared_mirrors(stored, settings.fleet):
        them = "it" if len(left) == 1 else "them"
        said = f"{format_slugs(left)} {'has' if len(left) == 1 else 'have'} left the list"
        remedy = f"run 'pulumi up -s {stack}', or put {them} back, before single sites are deployed"
        raise MirrorsError(Problem("site-left-list", said, remedy))
    if problem := commands_of(settings.platform.kind).find_single_sites_problem(settings, stack, stored):
        raise MirrorsError(problem)


def undeclared_mirrors(stored: StoredResources, fleet: FleetSettings) -> tuple[str, ...]:
    """Return the mirrors in the state that are no longer declared. Only an update of the whole stack may remove them.

    A renamed mirror is declared, under the name that it had (``formerly``).
    """
    declared = {name for mirror in fleet.mirrors for name in (mirror.application, mirror.formerly)}
    return tuple(
        name
        for item in stored
        if item["type"] == f"{DYNAMIC_TYPES}Mirror"
        if (name := read_resource_name(item)) not in declared
    )


def undeployed_original_problem(settings: Settings, stack: str, stored: StoredResources) -> Problem | None:
    """Return a problem where the mirrors wait for a deployment of the original that the state does not have."""
    original = undeployed_original(stored, settings)
    if original is None:
        return None
    return Problem(
        "original-not-deployed-yet",
        f"no update of the stack {stack} has deployed it, and its mirrors run what it deploys (original: deploy: true)",
        f"run 'pulumi up -s {stack}' before single sites are deployed",
        original,
    )


def undeployed_original(stored: StoredResources, settings: Settings) -> str | None:
    """Return the original if its mirrors wait for a deployment by Mirrors that the state does not have."""
    original = settings.fleet.original
    if not original.deploy or choose_image_environment(settings) != settings.environment:
        return None
    sites = (item for item in stored if item["type"] == f"{DYNAMIC_TYPES}OriginalSite")
    deployed = {read_resource_name(item) for item in sites if (item.get("outputs") or {}).get("deployment")}
    return original.application if deployed.isdisjoint({original.application, original.formerly}) else None

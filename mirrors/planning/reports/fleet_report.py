"""The contents of ``mirrors report``: the sites of several stacks side by side, their rollouts, and what to do."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mirrors.config import Settings
from mirrors.planning.observed import ObservedDeployment
from mirrors.planning.reports.site_status import CONVERGED_CONDITIONS, SiteCondition, SiteStatus
from mirrors.planning.reports.stack_status import StackStatus
from mirrors.planning.reports.timeline import PastRollout, find_rollouts
from mirrors.planning.rollout.waves import plan_rollout
from mirrors.problems import Problem

ROLLOUTS_SHOWN = 5
"""How many rollouts of a stack the report shows."""

RUN_UP = "pulumi up -s {stack}"
COMMANDS: Mapping[SiteCondition, str] = {
    SiteCondition.OUTDATED: "mirrors deploy {site} -s {stack}",
    SiteCondition.DEPLOYING: "mirrors status -s {stack}",
    SiteCondition.UNVERIFIED: RUN_UP,
    SiteCondition.NOT_DEPLOYED: RUN_UP,
    SiteCondition.VARIABLES_DIFFER: "mirrors preview -s {stack}",
    SiteCondition.FAILED: "mirrors deploy {site} -s {stack}",
    SiteCondition.MISSING: "mirrors doctor -s {stack}",
}
"""{condition: the command that goes on from there}. The details of a removed site say what to do on the platform."""


@dataclass(frozen=True, slots=True)
class SiteReport:
    """A site in one stack.

    Args:
        status: Its row.
        releases_behind: How many newer releases there are; None where the platform does not show it.
    """

    status: SiteStatus
    releases_behind: int | None = None

    @property
    def is_converged(self) -> bool:
        return self.status.state in CONVERGED_CONDITIONS


@dataclass(frozen=True, slots=True)
class StackReport:
    """One stack.

    Args:
        stack: The stack's name.
        sites: {slug: the site}, in the order of the list.
        rollouts: The last ones, the newest first.
        problems: Why the stack could not be read; empty where it was.
        keeps_history: Whether the platform shows past deployments.
    """

    stack: str
    sites: Mapping[str, SiteReport]
    rollouts: tuple[PastRollout, ...] = ()
    problems: tuple[Problem, ...] = ()
    keeps_history: bool = True

    @property
    def different(self) -> tuple[SiteReport, ...]:
        """The sites that are not converged."""
        return tuple(site for site in self.sites.values() if not site.is_converged)

    @property
    def counts(self) -> dict[SiteCondition, int]:
        """{condition: number of sites}, the best first, without zeros."""
        states = [site.status.state for site in self.sites.values()]
        return {state: states.count(state) for state in SiteCondition if state in states}


@dataclass(frozen=True, slots=True)
class FleetReport:
    """The report.

    Args:
        made_at: The time of the look, in UTC.
        stacks: In the order in which the user named them.
    """

    made_at: datetime
    stacks: tuple[StackReport, ...]

    @property
    def slugs(self) -> tuple[str, ...]:
        """The sites of all stacks, each once, in the order of the first list that has them."""
        return tuple(dict.fromkeys(slug for stack in self.stacks for slug in stack.sites))

    @property
    def original(self) -> str | None:
        """The original's slug; None where no stack could be read."""
        rows = (site.status for stack in self.stacks for site in stack.sites.values())
        return next((row.application for row in rows if row.role == "original"), None)


def make_stack_report(stack: str, settings: Settings, status: StackStatus) -> StackReport:
    """Return the report of a stack that could be read."""
    original = settings.fleet.original.application
    rollouts = find_rollouts(status.deployments, original, plan_rollout(settings), ROLLOUTS_SHOWN)
    newer = _count_newer_releases(status.releases)
    sites = {row.application: SiteReport(row, newer.get(row.release or "")) for row in status.rows}
    return StackReport(stack, sites, rollouts, keeps_history=bool(status.deployments))


def make_unreadable_report(stack: str, problems: Iterable[Problem]) -> StackReport:
    """Return the report of a stack that could not be read."""
    return StackReport(stack, {}, problems=tuple(problems))


def _count_newer_releases(releases: Sequence[ObservedDeployment]) -> dict[str, int]:
    """Return {release: how many successful ones ended after it}."""
    done = [(item.ended_at, item.uuid) for item in releases if item.success and item.ended_at is not None]
    return {uuid: position for position, (_, uuid) in enumerate(sorted(done, reverse=True))}


def list_commands(stack: StackReport) -> Iterator[tuple[SiteReport, str | None]]:
    """Yield each site that is not converged, with the command that goes on; None where its details say it."""
    for site in stack.different:
        command = COMMANDS.get(site.status.state)
        yield site, command.format(site=site.status.application, stack=stack.stack) if command else None

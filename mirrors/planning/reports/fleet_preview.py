"""The changes that ``pulumi up`` would make, by site, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from mirrors.planning.reports.pulumi_steps import VariableChange
from mirrors.planning.rollout.waves import RolloutPlan
from mirrors.problems import Problem


class ChangeCause(StrEnum):
    """The cause of a site's change, in the order of reporting."""

    FIRST = "first deployment"
    RUNS_AS_DECLARED = "runs as declared"
    ADOPTED = "adopted"
    OTHER_ENVIRONMENT = "another environment"
    RELEASE = "new release"
    VARIABLES = "changed variables"
    DRIFT = "drift"
    FAILED = "failed before"
    UNVERIFIED = "not verified"
    CONTAINER = "changed container"
    KEPT = "declared no more, stays as it is"
    RECORD = "only in the state"


@dataclass(frozen=True, slots=True)
class SitePreview:
    """One site that changes.

    Args:
        application: The slug.
        wave: The number of the site's wave as declared; 0 for the original, None for a site in no wave.
        deploys: Whether the site is deployed; False where only variables or only the state change.
        causes: The causes of the change.
        variables: The variables that change; empty for a new site, which gets all of them.
        why: The reason that the platform shows beside the cause, in a few words.
    """

    application: str
    wave: int | None
    deploys: bool
    causes: tuple[ChangeCause, ...]
    variables: tuple[VariableChange, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class SiteGroup:
    """Sites of one wave that change in the same way for the same causes. ``example`` is the first of them."""

    sites: tuple[str, ...]
    example: SitePreview


@dataclass(frozen=True, slots=True)
class FleetPreview:
    """The changes that ``pulumi up`` would make.

    Args:
        stack: The stack's name.
        declared: How many sites are declared.
        sites: The sites that change, in the order of the list.
        rollout: The waves.
        assigned_ids: {slug: SITE_ID} of new ids.
        retired_ids: {SITE_ID: slug} of ids that become retired.
        unretired_ids: {SITE_ID: slug} of ids that are no longer retired.
        removed_sites: The mirrors that left the list.
        removal_effect: The fate of each mirror that left, in the platform's words.
        changed_services: {name: (before, now)} of the services that shared values point at.
        other_changes: Other changes, a line each.
        changed_resources: How many resources Pulumi would change, even if only in the state.
        problems: The problems that stop an update.
        notes: Lines that stop nothing.
        manual_release_sites: The sites that the user named for a release under ``rollout.follow: manual``.
    """

    stack: str
    declared: int = 0
    sites: tuple[SitePreview, ...] = ()
    rollout: RolloutPlan = field(default_factory=lambda: RolloutPlan(()))
    assigned_ids: Mapping[str, int] = field(default_factory=dict)
    retired_ids: Mapping[int, str] = field(default_factory=dict)
    unretired_ids: Mapping[int, str] = field(default_factory=dict)
    removed_sites: tuple[str, ...] = ()
    removal_effect: str = ""
    changed_services: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    other_changes: tuple[str, ...] = ()
    changed_resources: int = 0
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    manual_release_sites: tuple[str, ...] = ()

    @property
    def deployments(self) -> int:
        """Return how many sites are deployed."""
        return sum(site.deploys for site in self.sites)

    @property
    def adopted_as_is(self) -> int:
        """Return how many sites are adopted as they run."""
        return sum(ChangeCause.RUNS_AS_DECLARED in site.causes for site in self.sites)

    @property
    def groups(self) -> tuple[SiteGroup, ...]:
        """Return the sites in groups, by wave. Sites in no wave come last; within a wave large groups come first."""
        found: dict[tuple[Any, ...], list[SitePreview]] = {}
        for site in self.sites:
            found.setdefault((site.wave, site.deploys, site.causes, site.variables, site.why), []).append(site)
        groups = [SiteGroup(tuple(site.application for site in sites), sites[0]) for sites in found.values()]
        return tuple(sorted(groups, key=lambda group: (_rank_wave(group.example.wave), -len(group.sites))))


def _rank_wave(wave: int | None) -> tuple[bool, int]:
    """Return a key that sorts sites without a wave last."""
    return wave is None, wave or 0

"""Plan one site, on any platform: what is declared and observed, and which part in the rollout it has."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from mirrors.config import DeclaredVariable, MirrorSettings, Settings, SiteSettings
from mirrors.planning.observed import ObservedSite
from mirrors.planning.rollout.waves import RolloutPlan

Restriction = Literal["paused", "held", "keep-release"]
"""The reason why a site does not get each release. ``check`` reads it, so it is part of the program's interface."""


@dataclass(frozen=True, slots=True)
class SitePlan:
    """A site as the program registers it. SITE_ID and the shared variables come from the outputs of other resources.

    Args:
        slug: The application's slug.
        application_id: The application's uuid; its slug on a platform without uuids.
        environment: The environment's uuid.
        formerly: The slug that it had before, as the configuration says.
        variables: {name: declared variable}.
        observed: The observed site.
        takes_new_releases: Whether a new release is a reason to deploy it.
        is_held: Whether nothing is a reason to deploy it.
        is_paused: Whether it stays as it is until the rollout goes on.
    """

    slug: str
    application_id: str
    environment: str
    formerly: str | None
    variables: Mapping[str, DeclaredVariable] = field(repr=False)
    observed: ObservedSite
    takes_new_releases: bool = True
    is_held: bool = False
    is_paused: bool = False

    @property
    def restriction(self) -> Restriction | None:
        """Return the reason why the site does not get each release; None for a site that follows them."""
        if self.is_paused:
            return "paused"
        if self.is_held:
            return "held"
        return None if self.takes_new_releases else "keep-release"


def plan_site(settings: Settings, declared: SiteSettings, observed: ObservedSite) -> SitePlan:
    """Plan a site that no rollout holds back, such as the original."""
    return SitePlan(
        observed.slug,
        observed.application_id,
        observed.environment or "",
        declared.formerly,
        settings.variables_of(observed.slug),
        observed,
    )


def plan_mirror(
    settings: Settings,
    declared: MirrorSettings,
    observed: ObservedSite,
    rollout: RolloutPlan,
    manual_release_sites: Collection[str],
) -> SitePlan:
    """Plan a mirror. ``hold`` decides what may deploy it, and a pause of the rollout leaves it as it is.

    Args:
        settings: The configuration.
        declared: The mirror in the configuration.
        observed: The observed mirror.
        rollout: The waves.
        manual_release_sites: The sites that the user named for a release under ``rollout.follow: manual``.
    """
    restriction = find_hold_restriction(settings, declared, manual_release_sites)
    return replace(
        plan_site(settings, declared, observed),
        takes_new_releases=restriction is None,
        is_held=restriction == "held",
        is_paused=observed.slug in rollout.paused,
    )


def find_hold_restriction(
    settings: Settings, declared: MirrorSettings, manual_release_sites: Collection[str]
) -> Restriction | None:
    """Return how ``hold``, or ``follow: manual``, keeps releases from a mirror; None for one that gets each release."""
    hold = settings.effective_hold(declared)
    if hold == "everything":
        return "held"
    by_hand = declared.application in manual_release_sites
    return "keep-release" if hold == "variablesMayDeploy" and not by_hand else None


def split_postponed(mirrors: Iterable[SitePlan]) -> tuple[tuple[SitePlan, ...], tuple[str, ...]]:
    """Divide mirrors into those to declare, and the slugs of new ones that the rollout does not reach yet."""
    there = tuple(mirrors)
    postponed = tuple(site.slug for site in there if site.is_paused and site.observed.is_unconfigured)
    return tuple(site for site in there if site.slug not in postponed), postponed

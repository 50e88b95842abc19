"""Plan a fleet of containers: what stops the update, which sites are declared, and in which waves. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from mirrors.config import Settings
from mirrors.docker.observation.site_facts import make_container_facts
from mirrors.planning.observed import ObservedFleet, ObservedSite
from mirrors.planning.rollout.holds import find_held_site_changes
from mirrors.planning.rollout.waves import RolloutPlan, plan_rollout
from mirrors.planning.site_ids.facts import SiteFacts, UndeclaredSite
from mirrors.planning.site_lists import format_slugs
from mirrors.planning.site_plan import SitePlan, plan_mirror, plan_site, split_postponed
from mirrors.problems import Problem


@dataclass(frozen=True, slots=True)
class ContainersPlan:
    """The decisions of one run.

    Args:
        mirrors: The mirrors to declare.
        postponed: The new mirrors whose wave comes after the pause.
    """

    problems: tuple[Problem, ...]
    original: SitePlan
    mirrors: tuple[SitePlan, ...]
    site_facts: tuple[SiteFacts, ...]
    rollout: RolloutPlan
    postponed: tuple[str, ...] = ()
    undeclared_sites: Mapping[str, UndeclaredSite] = field(default_factory=dict)


def plan_containers(
    settings: Settings, seen: ObservedFleet, manual_release_sites: Collection[str] = (), *, rotated: bool = False
) -> ContainersPlan:
    """Plan the containers of a stack.

    Args:
        seen: The containers that exist.
        rotated: Some of them run with another password than the declared one. All mirrors are one wave then, because
            they fail as soon as the role has the new password.
    """
    rollout, original = plan_rollout(settings, rotates_credentials=rotated), settings.fleet.original
    mirrors, postponed = split_postponed(
        plan_mirror(settings, item, _find_observed_site(seen, item.application), rollout, manual_release_sites)
        for item in settings.mirrors
    )
    problems = (*find_held_site_changes(settings, seen), *(_refuse_held_passwords(rollout) if rotated else ()))
    return ContainersPlan(
        problems,
        plan_site(settings, original, seen.original or make_absent_site(original.application)),
        mirrors,
        tuple(make_container_facts(settings, seen, site) for site in settings.fleet.sites),
        rollout,
        postponed,
        seen.undeclared_sites,
    )


def _find_observed_site(seen: ObservedFleet, slug: str) -> ObservedSite:
    return seen.mirrors.get(slug) or make_absent_site(slug)


def make_absent_site(slug: str) -> ObservedSite:
    """Return a site without a container. It has no environment, so there is nothing to compare with."""
    return ObservedSite(slug, slug, None)


def check_other_fleets(settings: Settings, elsewhere: Mapping[str, str]) -> tuple[Problem, ...]:
    """Refuse to take sites over from another fleet of the host.

    If an original were renamed without ``formerly``, it would begin with an empty database beside the one with the
    content.

    Args:
        elsewhere: {slug: fleet} of declared sites that run as another fleet's.
    """
    fleets = sorted({*elsewhere.values()} - {settings.fleet.original.formerly})
    return tuple(
        _make_other_fleet_problem(fleet, sorted(slug for slug in elsewhere if elsewhere[slug] == fleet))
        for fleet in fleets
    )


def _make_other_fleet_problem(fleet: str, slugs: Sequence[str]) -> Problem:
    return Problem(
        "site-of-another-fleet",
        f"{format_slugs(slugs, 3)}: on this host in the fleet {fleet}, with that fleet's database.",
        f"If the original was renamed, declare mirrors:fleet.original.formerly: {fleet}. Otherwise take them off that"
        " fleet's list first",
    )


def _refuse_held_passwords(rollout: RolloutPlan) -> tuple[Problem, ...]:
    return tuple(
        Problem(
            "held-site-password-changes",
            "it is held, but the database's password changes (mirrors:docker.database.passwordVersion). Its container"
            " would keep the old password.",
            "Set hold: false for this site, or keep the version",
            site,
        )
        for site in rollout.held
    )

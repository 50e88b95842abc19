"""Plan a fleet: compare the declared with the observed state before Mirrors writes anything."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from mirrors.config import Settings
from mirrors.planning.application_rules import find_application_problems
from mirrors.planning.observed import DeployedVariables, ObservedFleet
from mirrors.planning.rollout.holds import find_held_site_changes
from mirrors.planning.rollout.releases import newest_successful
from mirrors.planning.rollout.rotation import rotates_credentials
from mirrors.planning.rollout.waves import RolloutPlan, plan_rollout
from mirrors.planning.site_ids.facts import SiteFacts, UndeclaredSite
from mirrors.planning.site_ids.observed_facts import make_site_facts
from mirrors.planning.site_plan import SitePlan, plan_mirror, plan_site, split_postponed
from mirrors.planning.value_rules import find_value_problems
from mirrors.planning.variables.names import DATABASE_URL, MIRRORS_APPLICATION
from mirrors.planning.variables.shared import find_shared_value
from mirrors.problems import Problem


@dataclass(frozen=True, slots=True)
class OriginalPlan:
    """The original as the program registers it.

    Args:
        site: The original as a site.
        deploy: Whether Mirrors deploys the original.
        image_environment: The uuid of the environment whose image the mirrors run.
        release: The newest release, whose image the mirrors run.
        deployment: The newest successful deployment of the stack's environment.
        shared: {name: value} that the mirrors get.
    """

    site: SitePlan
    deploy: bool
    image_environment: str
    release: str
    deployment: str
    shared: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """The plan that ``mirrors.fleet`` registers as resources.

    Args:
        problems: What stops the update.
        original: The original; None only where there are problems.
        mirrors: The mirrors that exist and are not postponed.
        site_facts: The facts for the allocation of SITE_IDs.
        undeclared_sites: {slug: an undeclared application that may run with the shared database}.
        rollout: The waves.
        postponed: New mirrors whose wave comes after ``rollout.pauseAfter``.
        undeclared_applications: {uuid: slug} of the applications that exist and are not declared.
    """

    problems: tuple[Problem, ...]
    original: OriginalPlan | None
    mirrors: tuple[SitePlan, ...]
    site_facts: tuple[SiteFacts, ...]
    undeclared_sites: Mapping[str, UndeclaredSite] = field(default_factory=dict)
    rollout: RolloutPlan = field(default_factory=lambda: RolloutPlan(()))
    postponed: tuple[str, ...] = ()
    undeclared_applications: Mapping[str, str] = field(default_factory=dict)


def plan_fleet(
    settings: Settings,
    observed: ObservedFleet,
    manual_release_sites: Collection[str] = (),
    samples: Iterable[DeployedVariables] = (),
) -> FleetPlan:
    """Plan the fleet, and find every problem that needs no state, before the first resource is registered. Pure.

    Args:
        settings: The configuration.
        observed: The observed fleet.
        manual_release_sites: The sites that the user named for a release under ``rollout.follow: manual``.
        samples: The deployed variables of some of the mirrors.
    """
    original = _plan_original(settings, observed)
    shared = original.shared if original is not None else {}
    rollout = plan_rollout(settings, rotates_credentials(settings.fleet.shared, shared, samples))
    problems = (
        *find_application_problems(settings, observed),
        *find_value_problems(settings, observed),
        *find_held_site_changes(settings, observed, rotates_credentials=rollout.rotates_credentials),
        *_refuse_unclear_paused_sites(settings, rollout, observed),
    )
    mirrors, postponed = split_postponed(
        plan_mirror(settings, item, site, rollout, manual_release_sites)
        for item in settings.mirrors
        if (site := observed.mirrors.get(item.application)) is not None and site.environment
    )
    listed = {uuid: slug for slug, uuid in observed.applications.items() if slug not in settings.fleet.slugs}
    return FleetPlan(
        problems,
        original,
        mirrors,
        make_site_facts(settings, observed),
        observed.undeclared_sites,
        rollout,
        postponed,
        listed,
    )


def _refuse_unclear_paused_sites(
    settings: Settings, rollout: RolloutPlan, observed: ObservedFleet
) -> Iterator[Problem]:
    """Refuse a paused site if Mirrors cannot know whether it is managed.

    Mirrors cannot keep it as it is without a state, must not write to it to adopt it, and must not leave it out.
    Leaving it out would remove its variables if it is managed.
    """
    for item in settings.mirrors:
        site = observed.mirrors.get(item.application)
        if site is None or site.environment is None or site.slug not in rollout.paused:
            continue
        if not (site.is_unconfigured or site.is_managed(item.formerly)):
            yield Problem(
                "paused-site-unclear",
                "its wave comes after mirrors:rollout.pauseAfter, and it has a SITE_ID or a DATABASE_URL without"
                f" {MIRRORS_APPLICATION}={site.slug}. Mirrors cannot tell whether the site is managed.",
                "If it was set up by hand, raise pauseAfter, or take it off the list until its wave. If it is managed,"
                " set that variable again",
                site.slug,
            )


def _plan_original(settings: Settings, observed: ObservedFleet) -> OriginalPlan | None:
    original, release = observed.original, newest_successful(observed.releases)
    deployment = newest_successful(original.deployments) if original else None
    if original is None or original.environment is None or release is None or deployment is None:
        return None
    if observed.image_environment is None:
        return None
    shared = {
        name: value
        for name in settings.fleet.shared
        if (value := find_shared_value(settings, original, name)) is not None
    }
    return OriginalPlan(
        plan_site(settings, settings.fleet.original, original),
        settings.fleet.original.deploy,
        observed.image_environment,
        release.uuid,
        deployment.uuid,
        shared,
    )


def find_hidden_databases(mirrors: Iterable[SitePlan]) -> dict[str, str]:
    """Return {application: environment} of the mirrors whose DATABASE_URL is set and hidden.

    Such a mirror may belong to another fleet.
    """
    there = ((site, site.observed.variables.get(DATABASE_URL)) for site in mirrors)
    return {site.application_id: site.environment for site, own in there if own is not None and own.value is None}

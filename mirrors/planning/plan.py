"""Plan a fleet: compare the declared with the observed state before Mirrors writes anything."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from mirrors.config import DeclaredVariable, Mirror, Settings
from mirrors.config.divio import divio_of
from mirrors.config.messages import path
from mirrors.errors import confirmation
from mirrors.planning.adoption.suggestions import suggest_slug
from mirrors.planning.observed import DeployedVariables, ObservedFleet, ObservedSite
from mirrors.planning.rollout.holds import find_held_site_changes
from mirrors.planning.rollout.releases import newest_successful
from mirrors.planning.rollout.waves import RolloutPlan, has_old_credentials, plan_rollout
from mirrors.planning.site_ids.facts import ORIGINAL_ID, SiteFacts, UndeclaredSite
from mirrors.planning.variables.dsn import (
    identify_comparable_service,
    identify_for_confirmation,
    identify_service,
    is_same_service,
    normalize_identity,
    read_service,
)
from mirrors.planning.variables.names import (
    DATABASE_URL,
    MIRRORS_APPLICATION,
    SITE_ID,
    is_service_variable,
    parse_site_id,
)
from mirrors.planning.variables.shared import find_shared_value
from mirrors.problems import Problem

CONTROL_PANEL = "the Control Panel"
ENVIRONMENT_TITLES = {"test": "Test", "live": "Live"}


@dataclass(frozen=True, slots=True)
class SitePlan:
    """A site as the program registers it. SITE_ID and the shared variables come from the outputs of other resources.

    Args:
        slug: The application's slug.
        application: The application's uuid.
        environment: The environment's uuid.
        formerly: The slug that it had before, as the configuration says.
        variables: {name: declared variable}.
        seen: The observed site.
        follows: Whether a new release is a reason to deploy it.
        held: Whether nothing is a reason to deploy it.
        paused: Whether it stays as it is until the rollout goes on.
    """

    slug: str
    application: str
    environment: str
    formerly: str | None
    variables: Mapping[str, DeclaredVariable] = field(repr=False)
    seen: ObservedSite
    follows: bool = True
    held: bool = False
    paused: bool = False


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
        hints: The facts for the allocation of SITE_IDs.
        neighbours: {slug: an undeclared application that may run with the shared database}.
        rollout: The waves.
        postponed: New mirrors whose wave comes after ``rollout.pauseAfter``.
        listed: {uuid: slug} of the applications that exist and are not declared.
    """

    problems: tuple[Problem, ...]
    original: OriginalPlan | None
    mirrors: tuple[SitePlan, ...]
    hints: tuple[SiteFacts, ...]
    neighbours: Mapping[str, UndeclaredSite] = field(default_factory=dict)
    rollout: RolloutPlan = field(default_factory=lambda: RolloutPlan(()))
    postponed: tuple[str, ...] = ()
    listed: Mapping[str, str] = field(default_factory=dict)


def choose_image_environment(settings: Settings) -> str:
    """Return the name of the original's environment whose image the mirrors of this stack run."""
    return "live" if divio_of(settings).image_from == "live" else settings.environment


def plan_fleet(
    settings: Settings,
    seen: ObservedFleet,
    manual_release_sites: Collection[str] = (),
    samples: Iterable[DeployedVariables] = (),
) -> FleetPlan:
    """Plan the fleet, and find every problem that needs no state, before the first resource is registered. Pure.

    Args:
        settings: The configuration.
        seen: The observed fleet.
        manual_release_sites: The sites that the user named for a release under ``rollout.follow: manual``.
        samples: The deployed variables of some of the mirrors.
    """
    original = _original_plan(settings, seen)
    rollout = plan_rollout(settings, original is not None and _needs_repair(settings, original, samples))
    broken = (problem for rule in _RULES for problem in rule(settings, seen))
    problems = (*broken, *_paused_before_they_are_ours(settings, rollout, seen))
    everyone = [
        _mirror_plan(settings, item, site, rollout, manual_release_sites)
        for item in settings.mirrors
        if (site := seen.mirrors.get(item.application)) is not None and site.environment
    ]
    postponed = tuple(site.slug for site in everyone if site.paused and site.seen.bare)
    mirrors = tuple(site for site in everyone if site.slug not in postponed)
    listed = {uuid: slug for slug, uuid in seen.applications.items() if slug not in settings.fleet.slugs}
    return FleetPlan(problems, original, mirrors, _hints(settings, seen), seen.neighbours, rollout, postponed, listed)


def _needs_repair(settings: Settings, original: OriginalPlan, samples: Iterable[DeployedVariables]) -> bool:
    """Return whether most samples have old credentials. So one broken mirror does not switch off the waves."""
    old = [has_old_credentials(settings.fleet.shared, original.shared, sample) for sample in samples]
    return 2 * sum(old) > len(old)


def _paused_before_they_are_ours(settings: Settings, rollout: RolloutPlan, seen: ObservedFleet) -> Iterator[Problem]:
    """Refuse a paused site if Mirrors cannot know whether it is managed.

    Mirrors cannot keep it as it is without a state, must not write to it to adopt it, and must not leave it out.
    Leaving it out would remove its variables if it is managed.
    """
    for item in settings.mirrors:
        site = seen.mirrors.get(item.application)
        if site is None or site.environment is None or site.slug not in rollout.paused:
            continue
        if not (site.bare or site.is_managed(item.formerly)):
            yield Problem(
                "paused-site-unclear",
                "its wave is behind mirrors:rollout.pauseAfter, and it has a SITE_ID or a DATABASE_URL without"
                f" {MIRRORS_APPLICATION}={site.slug}, so whether it is managed already is not known.",
                "If it was made by hand, raise pauseAfter, or take it off the list until its wave; if it is managed,"
                " set that variable again",
                site.slug,
            )


def _site_plan(settings: Settings, site: ObservedSite, formerly: str | None) -> SitePlan:
    return SitePlan(
        site.slug, site.application, site.environment or "", formerly, settings.variables_of(site.slug), site
    )


def _mirror_plan(
    settings: Settings,
    declared: Mirror,
    site: ObservedSite,
    rollout: RolloutPlan,
    manual_release_sites: Collection[str],
) -> SitePlan:
    hold = settings.hold_of(declared)
    by_hand = hold == "variablesMayDeploy" and site.slug in manual_release_sites
    return replace(
        _site_plan(settings, site, declared.formerly),
        follows=hold == "nothing" or by_hand,
        held=hold == "everything",
        paused=site.slug in rollout.paused,
    )


def _original_plan(settings: Settings, seen: ObservedFleet) -> OriginalPlan | None:
    original, release = seen.original, newest_successful(seen.releases)
    deployment = newest_successful(original.deployments) if original else None
    if original is None or original.environment is None or release is None or deployment is None:
        return None
    if seen.image_environment is None:
        return None
    shared = {
        name: value
        for name in settings.fleet.shared
        if (value := find_shared_value(settings, original, name)) is not None
    }
    return OriginalPlan(
        _site_plan(settings, original, settings.fleet.original.formerly),
        settings.fleet.original.deploy,
        seen.image_environment,
        release.uuid,
        deployment.uuid,
        shared,
    )


def _hints(settings: Settings, seen: ObservedFleet) -> tuple[SiteFacts, ...]:
    original, declared = seen.original, settings.fleet.original
    if original is None:
        return ()
    hint = SiteFacts(original.application, original.slug, True, declared.site_id, formerly=declared.formerly)
    observed = find_original_site_id(original)
    unreadable = observed is None and newest_successful(original.deployments) is not None
    shared = find_shared_value(settings, original, DATABASE_URL)
    first = replace(
        hint, observed=observed, unreadable=unreadable, database=identify_service(shared) if shared else None
    )
    mirrors = ((item, seen.mirrors.get(item.application)) for item in settings.mirrors)
    there = ((item, site) for item, site in mirrors if site is not None)
    return first, *(_hint(settings, original, item, site, seen.ran.get(site.slug)) for item, site in there)


def find_original_site_id(original: ObservedSite) -> int | None:
    """Return the original's deployed SITE_ID, which is 1 where it has none; None where that is not known."""
    if newest_successful(original.deployments) is None:
        return None
    if SITE_ID in original.frozen:
        return parse_site_id(original.frozen[SITE_ID])
    own = original.variables.get(SITE_ID)  # a platform may leave sensitive ones out of those of a deployment
    return None if own is not None and own.sensitive else ORIGINAL_ID


def _hint(
    settings: Settings, original: ObservedSite, declared: Mirror, site: ObservedSite, ran: tuple[int, ...] | None
) -> SiteFacts:
    """Return the facts about a mirror. The SITE_ID of its environment counts only beside the shared database."""
    ours = site.is_managed(declared.formerly)
    hint = SiteFacts(
        site.application,
        site.slug,
        declared=declared.site_id,
        formerly=declared.formerly,
        ours=ours,
        managed=MIRRORS_APPLICATION in site.variables,
        ran=ran,
    )
    own, here = site.variables.get(SITE_ID), site.variables.get(DATABASE_URL)
    if here and here.value and here.value != find_shared_value(settings, original, DATABASE_URL):
        given_up = _is_confirmed(settings, site.slug, DATABASE_URL, here.value)
        hint = replace(hint, database=None if given_up else identify_service(here.value))
    # Without the variable its instances may still run with an earlier id. ``ran`` has only ids of this fleet's sites.
    if (own is None and not ran) or not (_has_shared_database(settings, original, site) or (own is None and not here)):
        return hint
    observed = parse_site_id(own.value) if own else _only(ran or ())
    return replace(hint, observed=observed, unreadable=observed is None)


def _only(ran: Collection[int]) -> int | None:
    """Return the one id that a mirror without SITE_ID runs with; None where Test and Live run with different ones."""
    return next(iter(ran)) if len({*ran}) == 1 else None


def _has_shared_database(settings: Settings, original: ObservedSite, site: ObservedSite) -> bool:
    """Return whether the site has the shared database, or a database that the user gave up.

    A hidden value counts as shared, because users do not set the address of an own database by hand. A confirmed value
    counts too, because a mirror that was copied by hand may have an earlier address.
    """
    here, shared = site.variables.get(DATABASE_URL), find_shared_value(settings, original, DATABASE_URL)
    if here is None or here.value is None or shared is None:
        return here is not None
    if identify_service(here.value) == identify_service(shared):
        return True
    return _is_confirmed(settings, site.slug, DATABASE_URL, here.value)


def _is_confirmed(settings: Settings, slug: str, name: str, value: str | None) -> bool:
    return identify_for_confirmation(identify_service(value), slug, name) in normalize_confirmed_identities(settings)


def find_hidden_databases(mirrors: Iterable[SitePlan]) -> dict[str, str]:
    """Return {application: environment} of the mirrors whose DATABASE_URL is set and hidden.

    Such a mirror may belong to another fleet.
    """
    there = ((site, site.seen.variables.get(DATABASE_URL)) for site in mirrors)
    return {site.application: site.environment for site, own in there if own is not None and own.value is None}


def normalize_confirmed_identities(settings: Settings) -> frozenset[str]:
    """Return the identities in ``confirmDatabase``, as ``identify_service`` spells them."""
    return frozenset(normalize_identity(identity) for identity in settings.confirmed_identities)


def _missing_applications(settings: Settings, seen: ObservedFleet) -> Iterator[Problem]:
    slug = settings.fleet.original.application
    if seen.original is None:
        yield make_not_found_problem(
            slug, f"Check the slug and the token's rights; if it was renamed, write its new name, and formerly: {slug}"
        )
    visible = {*seen.applications, *seen.mirrors} - {slug}
    for item in settings.mirrors:
        if (now := seen.renamed.get(item.application)) is not None:
            yield Problem(
                "application-renamed",
                f'the application of this name was renamed "{now}".',
                f'Write "application: {now}, formerly: {item.application}"',
                item.application,
            )
        elif item.application not in seen.mirrors:
            near = suggest_slug(item.application, settings.fleet.slugs, visible)
            remedy = f"Did you mean {near}? Otherwise make" if near else "Make"
            yield make_not_found_problem(
                item.application,
                f'{remedy} it once in {CONTROL_PANEL}: "{slug}" > Settings > Duplicate > Mirror, name'
                f' "{item.application}"; or take it off the list',
            )


def make_not_found_problem(slug: str, remedy: str) -> Problem:
    """Return the problem of an application that the token cannot see."""
    return Problem("application-not-found", "no application of this name is visible to this token.", remedy, slug)


def _reserved_for_nobody(settings: Settings, seen: ObservedFleet) -> Iterator[Problem]:
    """Refuse an unknown slug in ``reservedFor``: after a typing error the intended application has no reserved id."""
    visible = {*seen.applications, *seen.mirrors, *settings.fleet.slugs}
    for slug, site_id in settings.fleet.reserved_for.items() if seen.original else ():
        if slug not in visible:
            near = suggest_slug(slug, settings.fleet.slugs, visible)
            meaning = f"did you mean {near}?" if near else "check the slug and the token's rights."
            yield Problem(
                "reserved-for-unknown",
                "no application of this name is visible to this token",
                f"{meaning} If it is gone, or on an account of its own, keep its id free with"
                f" mirrors:fleet.reservedSiteIds: [{site_id}]",
                slug,
                path(("fleet", "reservedFor", slug)),
            )


def _missing_environments(settings: Settings, seen: ObservedFleet) -> Iterator[Problem]:
    for site in (seen.original, *seen.mirrors.values()):
        if site is not None and site.environment is None:
            yield Problem(
                "environment-not-found",
                f'it has no environment "{settings.environment}".',
                f"Create it in {CONTROL_PANEL}, or set mirrors:environment to one that it has",
                site.slug,
            )


def _never_deployed(settings: Settings, seen: ObservedFleet) -> Iterator[Problem]:
    original = seen.original
    if original is None or original.environment is None:
        return
    here, image = settings.environment, choose_image_environment(settings)
    if newest_successful(original.deployments) is None:
        yield _deploy_first(original.slug, here, "the values to share are not known")
    if image != here and newest_successful(seen.releases) is None:
        yield _deploy_first(original.slug, image, "there is no image for its mirrors")


def _deploy_first(slug: str, environment: str, effect: str) -> Problem:
    title = ENVIRONMENT_TITLES[environment]
    return Problem(
        "original-never-deployed",
        f"{title} was never deployed successfully, so {effect}.",
        f"Deploy {slug} in {title} first",
        slug,
    )


def _shared_values(settings: Settings, seen: ObservedFleet) -> Iterator[Problem]:
    original = seen.original
    if original is None or newest_successful(original.deployments) is None:
        return
    title = ENVIRONMENT_TITLES[settings.environment]
    for name in settings.fleet.shared:
        stand_in = settings.shared_values.get(name)
        shown = original.frozen.get(name)
        if shown and stand_in and stand_in.get_secret_value() != shown:
            yield Problem(
                "shared-value-differs",
                f"it differs from what the instances of {original.slug} run with in {title}.",
                "Correct or remove it",
                original.slug,
                path(("sharedValues", name)),
            )
        elif not shown and not stand_in:
            yield Problem(
                "shared-value-unknown",
                f"in {title}, {name} {_why_unknown(original.frozen, name)}.",
                f"Set it as a secret with 'pulumi config set --secret --path mirrors:sharedValues.{name}', or take it"
                " off mirrors:fleet.shared",
                original.slug,
            )


def _why_unknown(frozen: DeployedVariables, name: str) -> str:
    if name not in frozen:
        return "is not among its variables"
    return "is not shown by the API" if frozen[name] is None else "is empty"


def _same_services(settings: Settings, seen: ObservedFleet) -> Iterator[Problem]:
    """Refuse a service that Test and Live share, because Test would write into Live's content."""
    if seen.original is None:
        return
    slug = seen.original.slug
    for name in filter(is_service_variable, settings.fleet.shared):
        here, there = find_shared_value(settings, seen.original, name), seen.elsewhere.get(name)
        alike = is_same_service(read_service(here), read_service(there)) if here and there else False
        if alike:
            yield Problem(
                "environments-share-service",
                f"{name} is the same in Test and in Live, {identify_service(here)}.",
                f"Give each environment a service of its own and deploy {slug} in both",
                slug,
            )
        elif alike is None and not _is_confirmed(settings, slug, name, here):
            other = "Live" if settings.environment == "test" else "Test"
            confirmed = identify_for_confirmation(identify_service(here), slug, name)
            yield Problem(
                "service-not-comparable",
                f"{name} is {identify_service(here)} here and {identify_service(there)} in {other}, and Mirrors cannot"
                " tell whether these are two services.",
                f"Where they are one, give each environment a service of its own and deploy {slug} in both; where they"
                f" are two, confirm it with {confirmation(confirmed, settings.stack)}",
                slug,
            )


def _other_environments_database(settings: Settings, seen: ObservedFleet) -> Iterator[Problem]:
    """Refuse an unmanaged mirror whose DATABASE_URL is that of the original's other environment.

    A user copied the wrong value. At a managed mirror this is drift, which Mirrors repairs.
    """
    there = identify_comparable_service(seen.elsewhere.get(DATABASE_URL))
    here = identify_comparable_service(find_shared_value(settings, seen.original, DATABASE_URL))
    for item in settings.mirrors:
        site = seen.mirrors.get(item.application)
        own = site.variables.get(DATABASE_URL) if site and not site.is_managed(item.formerly) else None
        if own is not None and there not in (None, here) and identify_comparable_service(own.value) == there:
            yield from _unless_confirmed(settings, item.application, str(there))


def _unless_confirmed(settings: Settings, slug: str, identity: str) -> Iterator[Problem]:
    stage = settings.environment
    here, there = ENVIRONMENT_TITLES[stage], ENVIRONMENT_TITLES["test" if stage == "live" else "live"]
    if identity not in normalize_confirmed_identities(settings):
        yield Problem(
            "database-of-other-environment",
            f"its DATABASE_URL in {here} points at the database that the original has in {there}, {identity}: a copy in"
            " the wrong environment.",
            f"Remove it in {CONTROL_PANEL}, so that an up writes {here}'s; or confirm that it is given up with"
            f" {confirmation(identity, settings.stack)}",
            slug,
        )


_RULES = (
    _missing_applications,
    _reserved_for_nobody,
    _missing_environments,
    _never_deployed,
    _shared_values,
    _same_services,
    _other_environments_database,
    find_held_site_changes,
)

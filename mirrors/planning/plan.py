"""The plan of a fleet: what is declared, held against what the platform says, before anything is written."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from mirrors.config import DeclaredVariable, Mirror, Settings
from mirrors.errors import confirmation
from mirrors.planning.dsn import confirmable, identity_of, readable_identity, respelled, same, service_of
from mirrors.planning.hints import ORIGINAL_ID, Neighbour, SiteHint
from mirrors.planning.holds import held_sites_stay
from mirrors.planning.names import DATABASE_URL, MIRRORS_APPLICATION, SITE_ID, is_service, number
from mirrors.planning.observed import FleetSeen, SiteSeen
from mirrors.planning.releases import newest_successful
from mirrors.planning.shared import shared_value
from mirrors.planning.typos import meant
from mirrors.planning.waves import RolloutPlan, credentials_changed, rollout_plan

Frozen = Mapping[str, str | None]
CONTROL_PANEL = "the Control Panel"
ENVIRONMENTS = {"test": "Test", "live": "Live"}


@dataclass(frozen=True, slots=True)
class SitePlan:
    """A site as it shall be declared; the SITE_ID and the shared variables come from other resources' outputs.

    ``follows``: whether a new release is reason enough to deploy it; ``held``: whether nothing is. ``paused``: it stays
    as it is until the rollout goes on.
    """

    slug: str
    application: str
    environment: str
    formerly: str | None
    variables: Mapping[str, DeclaredVariable] = field(repr=False)
    seen: SiteSeen
    follows: bool = True
    held: bool = False
    paused: bool = False


@dataclass(frozen=True, slots=True)
class OriginalPlan:
    """``shared`` are the values that the original's instances really run with; ``release`` is the newest image."""

    site: SitePlan
    deploy: bool
    image_environment: str
    release: str
    deployment: str
    shared: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """What ``mirrors.fleet`` declares. ``original`` is None only where there are problems.

    ``neighbours``: by slug, applications that are not on the list and run with the shared database.
    ``listed``: {uuid: slug} of all applications that are there and not on the list.
    ``postponed``: mirrors that are new, and whose wave comes after the one that the rollout stops at.
    """

    problems: tuple[str, ...]
    original: OriginalPlan | None
    mirrors: tuple[SitePlan, ...]
    hints: tuple[SiteHint, ...]
    neighbours: Mapping[str, Neighbour] = field(default_factory=dict)
    rollout: RolloutPlan = field(default_factory=lambda: RolloutPlan(()))
    postponed: tuple[str, ...] = ()
    listed: Mapping[str, str] = field(default_factory=dict)


def image_environment(settings: Settings) -> str:
    """The original's environment whose image the mirrors of this stack run."""
    return "live" if settings.image_from == "live" else settings.environment


def plan(
    settings: Settings, seen: FleetSeen, rolled_out: Collection[str] = (), samples: Iterable[Frozen] = ()
) -> FleetPlan:
    """Pure. Every problem that needs no state is found here, all at once, before the first resource is registered.

    ``rolled_out``: sites that somebody names for a release that is followed by hand. ``samples``: what some of the
    mirrors run with.
    """
    original = _original_plan(settings, seen)
    rollout = rollout_plan(settings, original is not None and _needs_repair(settings, original, samples))
    broken = (problem for rule in _RULES for problem in rule(settings, seen))
    problems = (*broken, *_paused_before_they_are_ours(settings, rollout, seen))
    everyone = [
        _mirror_plan(settings, item, site, rollout, rolled_out)
        for item in settings.mirrors
        if (site := seen.mirrors.get(item.application)) is not None and site.environment
    ]
    postponed = tuple(site.slug for site in everyone if site.paused and site.seen.bare)
    mirrors = tuple(site for site in everyone if site.slug not in postponed)
    listed = {uuid: slug for slug, uuid in seen.applications.items() if slug not in settings.fleet.slugs}
    return FleetPlan(problems, original, mirrors, _hints(settings, seen), seen.neighbours, rollout, postponed, listed)


def _needs_repair(settings: Settings, original: OriginalPlan, samples: Iterable[Frozen]) -> bool:
    """Of most: a single mirror that cannot be repaired does not switch off the waves for the others."""
    old = [credentials_changed(settings.fleet.shared, original.shared, sample) for sample in samples]
    return 2 * sum(old) > len(old)


def _paused_before_they_are_ours(settings: Settings, rollout: RolloutPlan, seen: FleetSeen) -> Iterator[str]:
    """Nothing of such a site is in a state, or somebody has edited it: to leave it alone needs one, to take it over
    writes, and to leave it out would strip it where it was ours."""
    for item in settings.mirrors:
        site = seen.mirrors.get(item.application)
        if site is None or site.environment is None or site.slug not in rollout.paused:
            continue
        if not (site.bare or site.is_ours(item.formerly)):
            yield (
                f"{site.slug}: its wave is behind mirrors:rollout.pauseAfter, and it has a SITE_ID or a DATABASE_URL"
                f" without {MIRRORS_APPLICATION}={site.slug}, so whether it is managed already is not known. If it was"
                " made by hand, raise pauseAfter, or take it off the list until its wave; if it is managed, set that"
                " variable again"
            )


def _site_plan(settings: Settings, site: SiteSeen, formerly: str | None) -> SitePlan:
    return SitePlan(
        site.slug, site.application, site.environment or "", formerly, settings.variables_of(site.slug), site
    )


def _mirror_plan(
    settings: Settings, declared: Mirror, site: SiteSeen, rollout: RolloutPlan, rolled_out: Collection[str]
) -> SitePlan:
    hold = settings.hold_of(declared)
    by_hand = hold == "variablesMayDeploy" and site.slug in rolled_out
    return replace(
        _site_plan(settings, site, declared.formerly),
        follows=hold == "nothing" or by_hand,
        held=hold == "everything",
        paused=site.slug in rollout.paused,
    )


def _original_plan(settings: Settings, seen: FleetSeen) -> OriginalPlan | None:
    original, release = seen.original, newest_successful(seen.releases)
    deployment = newest_successful(original.deployments) if original else None
    if original is None or original.environment is None or release is None or deployment is None:
        return None
    if seen.image_environment is None:
        return None
    shared = {
        name: value for name in settings.fleet.shared if (value := shared_value(settings, original, name)) is not None
    }
    return OriginalPlan(
        _site_plan(settings, original, settings.fleet.original.formerly),
        settings.fleet.original.deploy,
        seen.image_environment,
        release.uuid,
        deployment.uuid,
        shared,
    )


def _hints(settings: Settings, seen: FleetSeen) -> tuple[SiteHint, ...]:
    original, declared = seen.original, settings.fleet.original
    if original is None:
        return ()
    hint = SiteHint(original.application, original.slug, True, declared.site_id, formerly=declared.formerly)
    observed = original_site_id(original)
    unreadable = observed is None and newest_successful(original.deployments) is not None
    shared = shared_value(settings, original, DATABASE_URL)
    first = replace(hint, observed=observed, unreadable=unreadable, database=identity_of(shared) if shared else None)
    mirrors = ((item, seen.mirrors.get(item.application)) for item in settings.mirrors)
    there = ((item, site) for item, site in mirrors if site is not None)
    return first, *(_hint(settings, original, item, site, seen.ran.get(site.slug)) for item, site in there)


def original_site_id(original: SiteSeen) -> int | None:
    """What its instances run with: without a SITE_ID they serve site 1. None where that is not known."""
    if newest_successful(original.deployments) is None:
        return None
    if SITE_ID in original.frozen:
        return number(original.frozen[SITE_ID])
    own = original.variables.get(SITE_ID)  # a platform may leave sensitive ones out of those of a deployment
    return None if own is not None and own.sensitive else ORIGINAL_ID


def _hint(
    settings: Settings, original: SiteSeen, declared: Mirror, site: SiteSeen, ran: tuple[int, ...] | None
) -> SiteHint:
    """What an environment's SITE_ID says counts only beside the shared database."""
    ours = site.is_ours(declared.formerly)
    hint = SiteHint(
        site.application,
        site.slug,
        declared=declared.site_id,
        formerly=declared.formerly,
        ours=ours,
        managed=MIRRORS_APPLICATION in site.variables,
        ran=ran,
    )
    own, here = site.variables.get(SITE_ID), site.variables.get(DATABASE_URL)
    if here and here.value and here.value != shared_value(settings, original, DATABASE_URL):
        given_up = _is_confirmed(settings, site.slug, DATABASE_URL, here.value)
        hint = replace(hint, database=None if given_up else identity_of(here.value))
    # Without the variable it may go on with what was set before: ``ran`` counts beside the shared database alone.
    if (own is None and not ran) or not (_has_shared_database(settings, original, site) or (own is None and not here)):
        return hint
    observed = number(own.value) if own else _only(ran or ())
    return replace(hint, observed=observed, unreadable=observed is None)


def _only(ran: Collection[int]) -> int | None:
    """Of a mirror whose SITE_ID somebody has removed; None where Test and Live run with two."""
    return next(iter(ran)) if len({*ran}) == 1 else None


def _has_shared_database(settings: Settings, original: SiteSeen, site: SiteSeen) -> bool:
    """A value that is not shown is taken for the shared one: nobody sets the address of an own database by hand.

    So is one that is confirmed: the copy of a mirror that was made by hand may have an address of earlier.
    """
    here, shared = site.variables.get(DATABASE_URL), shared_value(settings, original, DATABASE_URL)
    if here is None or here.value is None or shared is None:
        return here is not None
    if identity_of(here.value) == identity_of(shared):
        return True
    return _is_confirmed(settings, site.slug, DATABASE_URL, here.value)


def _is_confirmed(settings: Settings, slug: str, name: str, value: str | None) -> bool:
    return confirmable(identity_of(value), slug, name) in confirmed_identities(settings)


def hidden_databases(mirrors: Iterable[SitePlan]) -> dict[str, str]:
    """{application: environment} of those whose DATABASE_URL is set, and not shown: another fleet's have one, too."""
    there = ((site, site.seen.variables.get(DATABASE_URL)) for site in mirrors)
    return {site.application: site.environment for site, own in there if own is not None and own.value is None}


def confirmed_identities(settings: Settings) -> frozenset[str]:
    """As ``identity_of`` spells them, however they are written."""
    return frozenset(respelled(identity) for identity in settings.confirmed_identities)


def _missing_applications(settings: Settings, seen: FleetSeen) -> Iterator[str]:
    slug = settings.fleet.original.application
    if seen.original is None:
        yield (
            f'original "{slug}": no application of this name is visible to this token.'
            " Check the slug and the token's rights; if it was renamed, write its new name, and formerly:"
            f" {slug}"
        )
    visible = {*seen.applications, *seen.mirrors} - {slug}
    for item in settings.mirrors:
        if (now := seen.renamed.get(item.application)) is not None:
            yield (
                f'mirror "{item.application}": the application of this name was renamed "{now}". Write "application:'
                f' {now}, formerly: {item.application}"'
            )
        elif item.application not in seen.mirrors:
            near = meant(item.application, settings.fleet.slugs, visible)
            remedy = f"Did you mean {near}? Otherwise make" if near else "Make"
            yield (
                f'mirror "{item.application}": no application of this name is visible to this token. {remedy} it once'
                f' in {CONTROL_PANEL}: "{slug}" > Settings > Duplicate > Mirror, name "{item.application}";'
                " or take it off the list"
            )


def _reserved_for_nobody(settings: Settings, seen: FleetSeen) -> Iterator[str]:
    """A slip of the hand there leaves the application that is meant without its id."""
    visible = {*seen.applications, *seen.mirrors, *settings.fleet.slugs}
    for slug, site_id in settings.fleet.reserved_for.items() if seen.original else ():
        if slug not in visible:
            near = meant(slug, settings.fleet.slugs, visible)
            meaning = f"did you mean {near}?" if near else "check the slug and the token's rights."
            yield (
                f"mirrors:fleet.reservedFor.{slug}: no application of this name is visible to this token; {meaning} If"
                f" it is gone, or on an account of its own, keep its id free with mirrors:fleet.reservedSiteIds:"
                f" [{site_id}]"
            )


def _missing_environments(settings: Settings, seen: FleetSeen) -> Iterator[str]:
    for site in (seen.original, *seen.mirrors.values()):
        if site is not None and site.environment is None:
            yield (
                f'{site.slug}: it has no environment "{settings.environment}". Create it in {CONTROL_PANEL}, or set'
                " mirrors:environment to one that it has"
            )


def _never_deployed(settings: Settings, seen: FleetSeen) -> Iterator[str]:
    original = seen.original
    if original is None or original.environment is None:
        return
    here, image = settings.environment, image_environment(settings)
    if newest_successful(original.deployments) is None:
        yield (
            f"original {original.slug}: {ENVIRONMENTS[here]} was never deployed successfully, so the values to share"
            f" are not known. Deploy {original.slug} in {ENVIRONMENTS[here]} first"
        )
    if image != here and newest_successful(seen.releases) is None:
        yield (
            f"original {original.slug}: {ENVIRONMENTS[image]} was never deployed successfully, so there is no image"
            f" for its mirrors. Deploy {original.slug} in {ENVIRONMENTS[image]} first"
        )


def _shared_values(settings: Settings, seen: FleetSeen) -> Iterator[str]:
    original = seen.original
    if original is None or newest_successful(original.deployments) is None:
        return
    where = f"original {original.slug}, {ENVIRONMENTS[settings.environment]}"
    for name in settings.fleet.shared:
        stand_in = settings.shared_values.get(name)
        shown = original.frozen.get(name)
        if shown and stand_in and stand_in.get_secret_value() != shown:
            yield f"{where}: mirrors:sharedValues.{name} differs from what its instances run with. Correct or remove it"
        elif not shown and not stand_in:
            found = _why_unknown(original.frozen, name)
            yield (
                f"{where}: {name} {found}. Set it as a secret with 'pulumi config set --secret --path"
                f" mirrors:sharedValues.{name}', or take it off mirrors:fleet.shared"
            )


def _why_unknown(frozen: Frozen, name: str) -> str:
    if name not in frozen:
        return "is not among its variables"
    return "is not shown by the API" if frozen[name] is None else "is empty"


def _same_services(settings: Settings, seen: FleetSeen) -> Iterator[str]:
    """Test that writes into Live's database is the worst that can be declared."""
    if seen.original is None:
        return
    slug = seen.original.slug
    for name in filter(is_service, settings.fleet.shared):
        here, there = shared_value(settings, seen.original, name), seen.elsewhere.get(name)
        alike = same(service_of(here), service_of(there)) if here and there else False
        if alike:
            yield (
                f"original {slug}: {name} is the same in Test and in Live, {identity_of(here)}. Give each environment a"
                f" service of its own and deploy {slug} in both"
            )
        elif alike is None and not _is_confirmed(settings, slug, name, here):
            other = "Live" if settings.environment == "test" else "Test"
            yield (
                f"original {slug}: {name} is {identity_of(here)} here and {identity_of(there)} in {other}, and Mirrors"
                " cannot tell whether these are two services. Where they are one, give each environment a service of"
                f" its own and deploy {slug} in both; where they are two, confirm it with"
                f" {confirmation(confirmable(identity_of(here), slug, name), settings.stack)}"
            )


def _other_environments_database(settings: Settings, seen: FleetSeen) -> Iterator[str]:
    """A copy from the wrong environment is somebody's mistake, and no mirror of another fleet. At one of ours it is
    drift, to be repaired."""
    there = readable_identity(seen.elsewhere.get(DATABASE_URL))
    here = readable_identity(shared_value(settings, seen.original, DATABASE_URL))
    for item in settings.mirrors:
        site = seen.mirrors.get(item.application)
        own = site.variables.get(DATABASE_URL) if site and not site.is_ours(item.formerly) else None
        if own is not None and there not in (None, here) and readable_identity(own.value) == there:
            yield from _unless_confirmed(settings, item.application, str(there))


def _unless_confirmed(settings: Settings, slug: str, identity: str) -> Iterator[str]:
    stage = settings.environment
    here, there = ENVIRONMENTS[stage], ENVIRONMENTS["test" if stage == "live" else "live"]
    if identity not in confirmed_identities(settings):
        yield (
            f"{slug}: its DATABASE_URL in {here} points at the database that the original has in {there}, {identity}: a"
            f" copy in the wrong environment. Remove it in {CONTROL_PANEL}, so that an up writes {here}'s; or confirm"
            f" that it is given up with {confirmation(identity, settings.stack)}"
        )


_RULES = (
    _missing_applications,
    _reserved_for_nobody,
    _missing_environments,
    _never_deployed,
    _shared_values,
    _same_services,
    _other_environments_database,
    held_sites_stay,
)

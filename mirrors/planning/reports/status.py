"""Decide the state of each site from the observed fleet, for the rows and the exit code of ``mirrors status``."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from mirrors.config import Mirror, Settings
from mirrors.planning.environments import ENVIRONMENT_TITLES, choose_image_environment
from mirrors.planning.observed import ObservedFleet, ObservedSite
from mirrors.planning.rollout.releases import find_release, newest_running, newest_started, newest_successful
from mirrors.planning.site_ids.observed_facts import find_original_site_id
from mirrors.planning.site_ids.pins import describe_other_id
from mirrors.planning.variables.addresses import make_site_url
from mirrors.planning.variables.declared import DeclaredValues, find_declared_values
from mirrors.planning.variables.dsn import is_same_service, read_service
from mirrors.planning.variables.names import (
    DATABASE_URL,
    DOMAIN,
    MIRRORS_APPLICATION,
    SITE_ID,
    SITE_VARIABLES,
    parse_site_id,
    sort_for_removal,
    sort_for_writing,
)
from mirrors.planning.variables.writes import compare_values


class SiteCondition(StrEnum):
    """The state of a site, from the best to the worst. Only the first two count as converged."""

    CONVERGED = "converged"
    HELD = "held"
    BEHIND = "behind the original"
    DEPLOYING = "deploying"
    UNVERIFIED = "not verified"
    NOT_DEPLOYED = "not deployed"
    VARIABLES_DIFFER = "variables differ"
    REMOVED = "removed, still running"
    FAILED = "failed"
    MISSING = "missing"


CONVERGED_CONDITIONS = frozenset({SiteCondition.CONVERGED, SiteCondition.HELD})


@dataclass(frozen=True, slots=True)
class SiteStatus:
    """One row of ``mirrors status``.

    Args:
        application: The slug.
        role: ``original``, ``mirror`` or ``retired``.
        site_id: The deployed SITE_ID.
        environment: The environment's name.
        url: The site's address.
        release: The release that the site runs.
        deployment: The newest successful deployment.
        deployed_at: The time of its end.
        state: The worst state that applies.
        details: The reasons why the site is not converged.
        foreign: The names of variables that Mirrors does not manage.
        notes: Remarks for any state.
        is_behind: Whether a mirror runs an older release, whatever its state.
    """

    application: str
    role: str
    site_id: int | None
    environment: str
    url: str | None
    release: str | None
    deployment: str | None
    deployed_at: datetime | None
    state: SiteCondition
    details: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    is_behind: bool = False


def list_site_statuses(
    settings: Settings,
    seen: ObservedFleet,
    site_ids: Mapping[str, int],
    created: Mapping[str, Collection[str]] | None = None,
) -> tuple[SiteStatus, ...]:
    """Return a row for each declared site, the original first.

    Args:
        settings: The configuration.
        seen: The observed fleet, with deployments.
        site_ids: {slug: SITE_ID} of the stack's ledger.
        created: {environment: names of the variables that the stack created there}.
    """
    original, created = settings.fleet.original.application, created or {}
    rows = [_original_status(settings, seen, created)]
    for mirror in settings.mirrors:
        site = seen.mirrors.get(mirror.application)
        if site is None or site.environment is None:
            rows.append(_missing(mirror.application, "mirror", settings.environment))
        else:
            declared = find_declared_values(settings, seen, site, site_ids.get(site.slug) or mirror.site_id)
            row = _row(settings, seen, site, "mirror", declared.after(created.get(site.environment, ())))
            rows.append(mark_held(settings, mirror, row))
    rows[0] = _renumbered(rows[0], site_ids.get(original))
    sites = zip(rows, settings.fleet.sites, strict=True)
    rows = [_contradicted(row, site.site_id, site_ids.get(site.application)) for row, site in sites]
    return tuple(_with_twins(rows, seen)) if original else ()


def _renumbered(original: SiteStatus, stored: int | None) -> SiteStatus:
    """Return the original's row with its SITE_ID compared: Mirrors writes none there, so its owner must correct it."""
    if stored is None or original.site_id in (None, stored):
        return original
    return _differing(original, f"runs with SITE_ID {original.site_id}, and the stack has {stored} for it")


def _contradicted(row: SiteStatus, declared: int | None, stored: int | None) -> SiteStatus:
    detail = describe_other_id(declared, stored)
    return _differing(row, detail) if detail else row


def _with_twins(rows: Sequence[SiteStatus], seen: ObservedFleet) -> Iterator[SiteStatus]:
    """Yield the rows. Sites that run with one SITE_ID and one database get at least ``VARIABLES_DIFFER``."""
    there = [row for row in rows if _alike(seen, seen.mirrors.get(row.application)) is not False]
    for row in rows:
        twins = [it.application for it in there if it is not row and it.site_id == row.site_id is not None]
        both = f"runs with SITE_ID {row.site_id}, and so does {' and '.join(twins)}: they overwrite the same site"
        yield _differing(row, both) if twins and row in there else row


def _differing(row: SiteStatus, detail: str) -> SiteStatus:
    worse = max(row.state, SiteCondition.VARIABLES_DIFFER, key=list(SiteCondition).index)
    return replace(row, state=worse, details=(detail, *row.details))


def list_retired_statuses(
    settings: Settings, seen: ObservedFleet, retired: Mapping[int, str], sites: Mapping[str, ObservedSite]
) -> tuple[SiteStatus, ...]:
    """Return a row for each retired application whose instances still serve the shared database.

    Args:
        settings: The configuration.
        seen: The observed fleet.
        retired: {SITE_ID: slug} of the ledger.
        sites: {slug: observed site} of the retired applications that exist and have the stack's environment.
    """
    running = {slug: site_id for site_id, slug in sorted(retired.items()) if slug in sites}
    rows = (_removed(settings, seen, sites[slug], site_id) for slug, site_id in running.items())
    return tuple(row for row in rows if row is not None)


def _removed(settings: Settings, seen: ObservedFleet, site: ObservedSite, site_id: int) -> SiteStatus | None:
    alike = _alike(seen, site)
    if alike is False:
        return None
    if not alike and parse_site_id(site.frozen.get(SITE_ID)) != site_id:
        return None  # neither the database nor the id shows that it still belongs to this fleet
    ours = sort_for_removal(set(site.variables) & {*settings.fleet.shared, *SITE_VARIABLES})
    first = f"remove its variables {', '.join(ours)}, in this order, and deploy it again" if ours else "deploy it again"
    detail = (
        f"off the list, its SITE_ID {site_id} is retired, but its instances go on serving the shared database:"
        f" {first}, or delete the application"
    )
    row = _row(settings, seen, site, "retired", DeclaredValues())
    return replace(row, state=SiteCondition.REMOVED, details=(detail,), foreign=())


def _alike(seen: ObservedFleet, site: ObservedSite | None) -> bool | None:
    """Return whether the instances run with the original's database; None where Mirrors cannot know that."""
    return is_same_service(
        *(read_service(item.frozen.get(DATABASE_URL)) if item else None for item in (seen.original, site))
    )


def _original_status(settings: Settings, seen: ObservedFleet, created: Mapping[str, Collection[str]]) -> SiteStatus:
    site = seen.original
    if site is None or site.environment is None:
        return _missing(settings.fleet.original.application, "original", settings.environment)
    declared = find_declared_values(settings, seen, site, None)
    row = _row(settings, seen, site, "original", declared.after(created.get(site.environment, ())))
    notes = (_undeployed(settings, site, declared), _other_release(settings, row))
    return replace(row, notes=tuple(filter(None, notes)))


def _undeployed(settings: Settings, site: ObservedSite, declared: DeclaredValues) -> str | None:
    """Return a note on variables that a user set at the original after its deployment.

    They take effect, also for mirrors, with the original's next deployment.
    """
    by_hand = {
        name: item.value
        for name, item in site.variables.items()
        if name not in declared.values and item.value is not None
    }
    stale, _ = compare_values(by_hand, site.frozen)
    if not stale or not newest_successful(site.deployments):
        return None
    after = "; mirrors get the new value once it is" if set(stale) & set(settings.fleet.shared) else ""
    return f"set by hand since its deployment, and not deployed: {', '.join(stale)}{after}"


def mark_held(settings: Settings, mirror: Mirror, row: SiteStatus) -> SiteStatus:
    """Return the row of a mirror. A mirror on hold is behind on purpose, so it counts as held. Other states stay."""
    on_hold = row.state is SiteCondition.BEHIND and settings.declared_hold(mirror) != "nothing"
    return replace(row, state=SiteCondition.HELD) if on_hold else row


def _other_release(settings: Settings, row: SiteStatus) -> str | None:
    image = choose_image_environment(settings)
    if image == settings.environment or not settings.mirrors or row.release is None:
        return None
    here, there = ENVIRONMENT_TITLES[settings.environment], ENVIRONMENT_TITLES[image]
    return f"runs its own release of {here}; the mirrors' releases are those of {there} (imageFrom: {image})"


def _missing(slug: str, role: str, environment: str) -> SiteStatus:
    detail = f'no application "{slug}" with an environment "{environment}" is visible to this token'
    return make_absent_status(slug, role, environment, SiteCondition.MISSING, detail)


def make_absent_status(slug: str, role: str, environment: str, state: SiteCondition, detail: str) -> SiteStatus:
    """Return the row of a site that is not there."""
    return SiteStatus(slug, role, None, environment, None, None, None, None, state, (detail,))


def _row(
    settings: Settings, seen: ObservedFleet, site: ObservedSite, role: str, declared: DeclaredValues
) -> SiteStatus:
    done = newest_successful(site.deployments)
    behind = _behind(seen, site) if role == "mirror" else None
    state, details = _state(site, declared, behind)
    running = find_original_site_id(site) if role == "original" else parse_site_id(site.frozen.get(SITE_ID))
    owned = {*declared.values, *SITE_VARIABLES} if role == "mirror" else set(declared.values)
    return SiteStatus(
        site.slug,
        role,
        running,
        settings.environment,
        make_site_url(site.frozen.get(DOMAIN)) if done else None,
        _release(seen, site, role),
        done.uuid if done else None,
        done.ended_at if done else None,
        state,
        details,
        tuple(sorted(set(site.variables) - owned - declared.withdrawn)),
        is_behind=behind is not None,
    )


def _release(seen: ObservedFleet, site: ObservedSite, role: str) -> str | None:
    done = newest_successful(site.deployments)
    if done is None or role == "original":
        return done.uuid if done else None
    return find_release(done, seen.releases)


def _state(
    site: ObservedSite, declared: DeclaredValues, behind: "StatusFinding"
) -> tuple[SiteCondition, tuple[str, ...]]:
    """Return the state of a site, and its reasons.

    A site without a finding is converged, even if its newest deployment failed: a user took the change back, so the
    site runs as declared.
    """
    if newest_running(site.deployments):
        return SiteCondition.DEPLOYING, ("a deployment is running",)
    findings = (
        _not_deployed(site),
        _not_set_as_declared(site, declared),
        _not_deployed_with(site, declared),
        behind,
    )
    finding = next(filter(None, findings), None)
    if finding is None:
        return SiteCondition.CONVERGED, ()
    state, detail = finding
    failed = _failed(site)
    return (SiteCondition.FAILED, (failed, detail)) if failed else (state, (detail,))


StatusFinding = tuple[SiteCondition, str] | None


def _failed(site: ObservedSite) -> str | None:
    newest = newest_started(site.deployments)
    if newest is None or newest.success is not False:
        return None
    serves = "the one before it goes on serving" if newest_successful(site.deployments) else "nothing serves"
    return f"deployment {newest.uuid} failed; {serves}"


def _not_deployed(site: ObservedSite) -> StatusFinding:
    return None if newest_successful(site.deployments) else (SiteCondition.NOT_DEPLOYED, "never deployed successfully")


def _not_set_as_declared(site: ObservedSite, declared: DeclaredValues) -> StatusFinding:
    details = tuple(filter(None, (_not_as_declared(site, declared), _no_longer_declared(site, declared))))
    return (SiteCondition.VARIABLES_DIFFER, "; ".join(details)) if details else None


def _not_as_declared(site: ObservedSite, declared: DeclaredValues) -> str | None:
    """Return the names that are not set as declared, with a word on a wrong flag, because the value may be right."""
    set_here = {name: item.value for name, item in site.variables.items()}
    wrong, _ = compare_values(declared.known, set_here)
    absent = set(declared.values) - set(set_here)
    notes = dict.fromkeys(absent, " (missing)") | {
        name: "" if name in wrong else f" ({'not flagged' if sensitive else 'flagged'} as sensitive)"
        for name, sensitive in declared.sensitive.items()
        if name in site.variables and site.variables[name].sensitive != sensitive
    }
    names = [f"{name}{notes.get(name, '')}" for name in sort_for_writing({*wrong, *notes})]
    return f"not as declared: {', '.join(names)}" if names else None


def _no_longer_declared(site: ObservedSite, declared: DeclaredValues) -> str | None:
    """Return the names that are no longer declared and are still set, or still deployed after a user deleted them."""
    names = sort_for_removal(declared.withdrawn & {*site.variables, *site.frozen})
    return (
        f"no longer declared, an up removes {'it' if len(names) == 1 else 'them'}: {', '.join(names)}"
        if names
        else None
    )


def _not_deployed_with(site: ObservedSite, declared: DeclaredValues) -> StatusFinding:
    # A site that was set up by hand runs without MIRRORS_APPLICATION until its next deployment. That is no finding.
    compared = dict(declared.known)
    if MIRRORS_APPLICATION not in site.frozen:
        compared.pop(MIRRORS_APPLICATION, None)
    stale, _ = compare_values(compared, site.frozen, declared.hidden_at(site))
    # The platform hides the set value. After a rotation it may still be the old one, so the line must not say "set".
    hidden = [name for name in stale if name in site.variables and site.variables[name].value is None]
    said = {"set, but not deployed": set(stale) - set(hidden), "does not run with the declared value": hidden}
    details = [f"{what}: {', '.join(sort_for_writing(names))}" for what, names in said.items() if names]
    return (SiteCondition.VARIABLES_DIFFER, "; ".join(details)) if details else None


def _behind(seen: ObservedFleet, site: ObservedSite) -> StatusFinding:
    runs, newest = _release(seen, site, "mirror"), newest_successful(seen.releases)
    if newest is None or runs == newest.uuid:
        return None
    return SiteCondition.BEHIND, f"runs release {runs or 'unknown'}, the original has {newest.uuid}"

"""Decide the state of each site from the observed fleet, for the rows and the exit code of ``mirrors status``."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from mirrors.config import Settings
from mirrors.planning.environments import ENVIRONMENT_TITLES, choose_image_environment
from mirrors.planning.observed import ObservedFleet, ObservedSite
from mirrors.planning.reports.conditions import find_condition, find_outdated_release, find_site_release
from mirrors.planning.reports.site_status import (
    SiteCondition,
    SiteStatus,
    make_absent_status,
    mark_different,
    mark_held,
)
from mirrors.planning.rollout.releases import newest_successful
from mirrors.planning.site_ids.observed_facts import find_original_site_id
from mirrors.planning.site_ids.pins import describe_other_id
from mirrors.planning.variables.addresses import make_site_url
from mirrors.planning.variables.declared import DeclaredValues, find_declared_values
from mirrors.planning.variables.dsn import is_same_service, read_service
from mirrors.planning.variables.names import (
    DATABASE_URL,
    DOMAIN,
    SITE_ID,
    SITE_VARIABLES,
    parse_site_id,
    sort_for_removal,
)
from mirrors.planning.variables.writes import compare_values


def list_site_statuses(
    settings: Settings,
    observed: ObservedFleet,
    site_ids: Mapping[str, int],
    created: Mapping[str, Collection[str]] | None = None,
) -> tuple[SiteStatus, ...]:
    """Return a row for each declared site, the original first.

    Args:
        settings: The configuration.
        observed: The observed fleet, with deployments.
        site_ids: {slug: SITE_ID} of the stack's ledger.
        created: {environment: names of the variables that the stack created there}.
    """
    original, created = settings.fleet.original.application, created or {}
    rows = [_make_original_status(settings, observed, created)]
    for mirror in settings.mirrors:
        site = observed.mirrors.get(mirror.application)
        if site is None or site.environment is None:
            rows.append(_make_missing_status(mirror.application, "mirror", settings.environment))
        else:
            declared = find_declared_values(settings, observed, site, site_ids.get(site.slug) or mirror.site_id)
            row = _make_status(settings, observed, site, "mirror", declared.after(created.get(site.environment, ())))
            rows.append(mark_held(settings, mirror, row))
    rows[0] = _compare_original_id(rows[0], site_ids.get(original))
    sites = zip(rows, settings.fleet.sites, strict=True)
    rows = [_compare_declared_id(row, site.site_id, site_ids.get(site.application)) for row, site in sites]
    return tuple(_mark_duplicate_ids(rows, observed)) if original else ()


def _compare_original_id(original: SiteStatus, stored: int | None) -> SiteStatus:
    """Return the original's row with its SITE_ID compared: Mirrors writes none there, so its owner must correct it."""
    if stored is None or original.site_id in (None, stored):
        return original
    return mark_different(original, f"runs with SITE_ID {original.site_id}, and the stack has {stored} for it")


def _compare_declared_id(row: SiteStatus, declared: int | None, stored: int | None) -> SiteStatus:
    detail = describe_other_id(declared, stored)
    return mark_different(row, detail) if detail else row


def _mark_duplicate_ids(rows: Sequence[SiteStatus], observed: ObservedFleet) -> Iterator[SiteStatus]:
    """Yield the rows. Sites that run with one SITE_ID and one database get at least ``VARIABLES_DIFFER``."""
    there = [row for row in rows if _shares_database(observed, observed.mirrors.get(row.application)) is not False]
    for row in rows:
        duplicates = [it.application for it in there if it is not row and it.site_id == row.site_id is not None]
        both = f"runs with SITE_ID {row.site_id}, and so does {' and '.join(duplicates)}: they overwrite the same site"
        yield mark_different(row, both) if duplicates and row in there else row


def list_retired_statuses(
    settings: Settings, observed: ObservedFleet, retired: Mapping[int, str], sites: Mapping[str, ObservedSite]
) -> tuple[SiteStatus, ...]:
    """Return a row for each retired application whose instances still serve the shared database.

    Args:
        settings: The configuration.
        observed: The observed fleet.
        retired: {SITE_ID: slug} of the ledger.
        sites: {slug: observed site} of the retired applications that exist and have the stack's environment.
    """
    running = {slug: site_id for site_id, slug in sorted(retired.items()) if slug in sites}
    rows = (_make_retired_status(settings, observed, sites[slug], site_id) for slug, site_id in running.items())
    return tuple(row for row in rows if row is not None)


def _make_retired_status(
    settings: Settings, observed: ObservedFleet, site: ObservedSite, site_id: int
) -> SiteStatus | None:
    shares = _shares_database(observed, site)
    if shares is False:
        return None
    if not shares and parse_site_id(site.deployed_variables.get(SITE_ID)) != site_id:
        return None  # neither the database nor the id shows that it still belongs to this fleet
    mine = sort_for_removal(set(site.variables) & {*settings.fleet.shared, *SITE_VARIABLES})
    first = f"remove its variables {', '.join(mine)}, in this order, and deploy it again" if mine else "deploy it again"
    detail = (
        f"off the list, and its SITE_ID {site_id} is retired, but its instances still serve the shared database:"
        f" {first}, or delete the application"
    )
    row = _make_status(settings, observed, site, "retired", DeclaredValues())
    return replace(row, state=SiteCondition.REMOVED, details=(detail,), foreign=())


def _shares_database(observed: ObservedFleet, site: ObservedSite | None) -> bool | None:
    """Return whether the instances run with the original's database; None where Mirrors cannot know that."""
    return is_same_service(
        *(
            read_service(item.deployed_variables.get(DATABASE_URL)) if item else None
            for item in (observed.original, site)
        )
    )


def _make_original_status(
    settings: Settings, observed: ObservedFleet, created: Mapping[str, Collection[str]]
) -> SiteStatus:
    site = observed.original
    if site is None or site.environment is None:
        return _make_missing_status(settings.fleet.original.application, "original", settings.environment)
    declared = find_declared_values(settings, observed, site, None)
    row = _make_status(settings, observed, site, "original", declared.after(created.get(site.environment, ())))
    notes = (_describe_undeployed_values(settings, site, declared), _describe_other_release(settings, row))
    return replace(row, notes=tuple(filter(None, notes)))


def _describe_undeployed_values(settings: Settings, site: ObservedSite, declared: DeclaredValues) -> str | None:
    """Return a note on variables that a user set at the original after its deployment.

    They take effect, also for mirrors, with the original's next deployment.
    """
    by_hand = {
        name: item.value
        for name, item in site.variables.items()
        if name not in declared.values and item.value is not None
    }
    stale, _ = compare_values(by_hand, site.deployed_variables)
    if not stale or not newest_successful(site.deployments):
        return None
    after = "; mirrors get the new value once it is" if set(stale) & set(settings.fleet.shared) else ""
    return f"set by hand since its deployment, and not deployed: {', '.join(stale)}{after}"


def _describe_other_release(settings: Settings, row: SiteStatus) -> str | None:
    image = choose_image_environment(settings)
    if image == settings.environment or not settings.mirrors or row.release is None:
        return None
    here, there = ENVIRONMENT_TITLES[settings.environment], ENVIRONMENT_TITLES[image]
    return f"runs its own release of {here}; the mirrors' releases are those of {there} (imageFrom: {image})"


def _make_missing_status(slug: str, role: str, environment: str) -> SiteStatus:
    detail = f'this token sees no application "{slug}" with an environment "{environment}"'
    return make_absent_status(slug, role, environment, SiteCondition.MISSING, detail)


def _make_status(
    settings: Settings, observed: ObservedFleet, site: ObservedSite, role: str, declared: DeclaredValues
) -> SiteStatus:
    done = newest_successful(site.deployments)
    outdated = find_outdated_release(observed, site) if role == "mirror" else None
    state, details = find_condition(site, declared, outdated)
    running = find_original_site_id(site) if role == "original" else parse_site_id(site.deployed_variables.get(SITE_ID))
    owned = {*declared.values, *SITE_VARIABLES} if role == "mirror" else set(declared.values)
    return SiteStatus(
        site.slug,
        role,
        running,
        settings.environment,
        make_site_url(site.deployed_variables.get(DOMAIN)) if done else None,
        find_site_release(observed, site, role),
        done.uuid if done else None,
        done.ended_at if done else None,
        state,
        details,
        tuple(sorted(set(site.variables) - owned - declared.withdrawn)),
        is_behind=outdated is not None,
    )

"""The databases that new mirrors run with, where the platform hides the variable: read, and compared."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

from mirrors.divio import Divio
from mirrors.planning.rollout.releases import newest_successful
from mirrors.planning.site_ids.facts import SiteFacts
from mirrors.planning.variables.dsn import UNREADABLE_IDENTITY, identify_for_confirmation, identify_service
from mirrors.planning.variables.names import DATABASE_URL, MIRRORS_APPLICATION
from mirrors.resources.failures import database_mismatch
from mirrors.resources.process import PROCESS_MEMORY, CheckedSite
from mirrors.resources.provider import list_deployments_or_empty, translate_errors

PARALLEL_LOOKUPS = 8
"""The mirrors that are looked at side by side. The client bounds the requests."""


def add_running_databases(
    divio: Divio, sites: Sequence[SiteFacts], hidden: Mapping[str, str], given_up: Iterable[str]
) -> tuple[SiteFacts, ...]:
    """Return the same sites. A site whose DATABASE_URL is hidden gets the database that its instances run with.

    A mirror that was never deployed proves nothing. Neither does a deployment that does not show its database.

    Args:
        hidden: {application: environment} of the sites to look at.
        given_up: The identities that ``confirmDatabase`` names.

    Raises:
        MirrorsError: The platform did not answer.
    """
    names = _site_names(sites, hidden)
    with ThreadPoolExecutor(max_workers=PARALLEL_LOOKUPS) as pool:
        found = pool.map(partial(read_running_database, divio), hidden.values(), names)
        return add_databases(sites, dict(zip(hidden, found, strict=True)), given_up)


def add_databases(
    sites: Sequence[SiteFacts], databases: Mapping[str, str | None], given_up: Iterable[str]
) -> tuple[SiteFacts, ...]:
    """Return the same sites with the databases that they run with. A database that the user gave up is none.

    Args:
        databases: {application: identity of its database}; None where that is not known.
        given_up: The identities that ``confirmDatabase`` names.
    """
    confirmed, names = set(given_up), _site_names(sites, databases)
    known = {
        application: identity
        for (application, identity), name in zip(databases.items(), names, strict=True)
        if identity and identify_for_confirmation(identity, name, DATABASE_URL) not in confirmed
    }
    return tuple(replace(site, database=known.get(site.application_id, site.database)) for site in sites)


def _site_names(sites: Sequence[SiteFacts], applications: Iterable[str]) -> list[str]:
    names = {site.application_id: site.slug for site in sites}
    return [names.get(application, application) for application in applications]


def read_running_database(divio: Divio, environment: str, name: str) -> str | None:
    """Return the identity of the database that the instances run with.

    None if the site was never deployed, or its deployment does not show it.

    Args:
        name: The site's name, for messages.

    Raises:
        MirrorsError: The platform did not answer.
    """
    with translate_errors(name):
        newest = newest_successful(list_deployments_or_empty(divio, environment))
        deployed = PROCESS_MEMORY.bulk_reads(divio).deployed_variables(newest.uuid) if newest else {}
        value = deployed.get(DATABASE_URL)
        return identify_service(value) if value else None


def refuse_another_database(divio: Divio, environment: str, name: str, checked: CheckedSite) -> None:
    """Refuse a new site that runs with another database than the original's.

    A mirror that was never deployed proves nothing. Neither does a deployment that does not show its database.

    Args:
        divio: The client.
        environment: The site's environment.
        name: The site's name, for messages.
        checked: The site as ``check`` saw it.

    Raises:
        MirrorsError: The site runs with another database, and no one confirmed it.
    """
    if not checked.databases:
        return
    identity = read_running_database(divio, environment, name)
    original, *given_up = checked.databases
    if identity is None or identity == original != UNREADABLE_IDENTITY:
        return
    slug = checked.values[MIRRORS_APPLICATION]
    if (confirmed := identify_for_confirmation(identity, slug, DATABASE_URL)) not in given_up:
        raise database_mismatch(slug, identity, original, confirmed)

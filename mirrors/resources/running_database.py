"""The databases of new mirrors where the platform hides them. Mirrors reads them before any mirror gets an id."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

from mirrors.divio import Divio
from mirrors.planning.rollout.releases import newest_successful
from mirrors.planning.site_ids.facts import SiteFacts
from mirrors.planning.variables.dsn import identify_for_confirmation, identify_service
from mirrors.planning.variables.names import DATABASE_URL
from mirrors.resources.process import OPERATION
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
    confirmed, names = set(given_up), _site_names(sites, hidden)
    with ThreadPoolExecutor(max_workers=PARALLEL_LOOKUPS) as pool:
        found = zip(hidden, names, pool.map(partial(read_running_database, divio), hidden.values(), names), strict=True)
        known = {
            application: identity
            for application, name, identity in found
            if identity and identify_for_confirmation(identity, name, DATABASE_URL) not in confirmed
        }
    return tuple(replace(site, database=known.get(site.application_id, site.database)) for site in sites)


def _site_names(sites: Sequence[SiteFacts], hidden: Mapping[str, str]) -> list[str]:
    names = {site.application_id: site.slug for site in sites}
    return [names.get(application, application) for application in hidden]


def read_running_database(divio: Divio, environment: str, name: str) -> str | None:
    """Return the identity of the database that the instances run with.

    None if the site was never deployed, or its deployment does not show it.

    Args:
        name: The site's name, for messages.

    Raises:
        MirrorsError: The platform did not answer.
    """
    with translate_errors(name):
        done = newest_successful(list_deployments_or_empty(divio, environment))
        value = OPERATION.reads(divio).frozen(done.uuid).get(DATABASE_URL) if done else None
        return identify_service(value) if value else None

"""The commands for a stack on Divio."""

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from mirrors.cli.doctor.platform import check_platform
from mirrors.cli.options import connect_divio, print_note
from mirrors.cli.single_sites import undeployed_original_problem
from mirrors.config import Settings
from mirrors.config.models.divio import DivioSettings, divio_settings_of
from mirrors.divio import Divio, EnvironmentVariable
from mirrors.observation.convert import convert_variables
from mirrors.observation.fleet import FleetObserver
from mirrors.observation.health import check_health
from mirrors.observation.retired import observe_retired_sites
from mirrors.planning.adoption.forecast import forecast_first_deployments
from mirrors.planning.observed import ObservedFleet, ObservedSite
from mirrors.planning.reports.fleet_preview import ChangeCause, FleetPreview, SitePreview
from mirrors.planning.reports.preview import find_unclear_deployments, read_site_ids, summarize_preview
from mirrors.planning.reports.site_status import SiteStatus
from mirrors.planning.reports.stack_status import StackStatus
from mirrors.planning.reports.status import list_retired_statuses, list_site_statuses
from mirrors.planning.reports.stored import StoredStack
from mirrors.planning.reports.verification import find_unverified, mark_unverified
from mirrors.planning.site_lists import format_sites
from mirrors.planning.variables.addresses import make_site_url
from mirrors.planning.variables.names import DOMAIN
from mirrors.problems import Note, Problem
from mirrors.problems.findings import CheckFinding
from mirrors.problems.reported import ReportedEvents

HEALTH_TIMEOUT = 30.0
"""Seconds in which all sites that are asked have to answer. One site alone may take two times ten."""


class DivioCommands:
    """Divio as the commands see it. It has every command."""

    def status(
        self, settings: Settings, stored: Callable[[], StoredStack], note: Callable[[Note], None]
    ) -> StackStatus:
        divio = _connect(divio_settings_of(settings))
        seen = FleetObserver(divio, settings).fleet(deep=True)
        state = stored()
        retired = {site_id: who.slug for site_id, who in state.ledger.retired.items()}
        leaving = {site_id: slug for site_id, slug in retired.items() if slug and slug not in settings.fleet.slugs}
        retired_seen = observe_retired_sites(divio, leaving.values(), settings.environment, note)
        gone = list_retired_statuses(settings, seen, leaving, add_variables(divio, retired_seen))
        rows = list_site_statuses(settings, seen, dict(state.ledger.assignments.values()), state.created)
        sites = [seen.original, *seen.mirrors.values(), *retired_seen.values()]
        history = {site.slug: site.deployments for site in sites if site is not None}
        return StackStatus((*add_health_to_status(settings, seen, rows, state), *gone), history, seen.releases)

    def preview(
        self, found: FleetPreview, engine: Mapping[str, Any], settings: Settings, reported: ReportedEvents
    ) -> FleetPreview:
        """Observe the sites whose deployment the state leaves open, or that no update has found healthy."""
        unclear = find_unclear_deployments(engine)
        unasked = [site.application for site in found.sites if needs_health_check(site)]
        if not unclear and not unasked:
            return found
        seen = observe_running_fleet(settings, {*unclear, *unasked})
        judgements = forecast_first_deployments(
            settings, seen, unclear, read_site_ids(engine), original_deploys=deploys_original(settings, found)
        )
        found = summarize_preview(engine, settings, found.stack, reported, judgements, found.manual_release_sites)
        return replace(found, sites=tuple(add_health_to_preview(settings, seen, found.sites)))

    def doctor(self, fleets: Sequence[Settings]) -> Iterator[CheckFinding]:
        yield from check_platform(divio_settings_of(fleets[0]), fleets)

    def find_single_sites_problem(
        self, settings: Settings, stack: str, stored: Sequence[Mapping[str, Any]]
    ) -> Problem | None:
        return undeployed_original_problem(settings, stack, stored)

    def alternative_to(self, command: str, stack: str | None) -> str | None:  # noqa: ARG002 - the protocol's signature
        return None


def _connect(own: DivioSettings) -> Divio:
    return connect_divio(own.api_url, own.api_token.get_secret_value(), own.max_concurrent_requests)


def add_health_to_status(
    settings: Settings, seen: ObservedFleet, rows: Sequence[SiteStatus], state: StoredStack
) -> Iterator[SiteStatus]:
    """Yield the rows. A site that no update has found healthy is asked once now; if unhealthy, it is not converged."""
    asked = find_unverified(settings, seen, rows, state.created, state.verified)
    wrong = check_sites(settings, seen, [row.application for row in asked])
    return (mark_unverified(row, wrong[row.application]) if row.application in wrong else row for row in rows)


def check_sites(
    settings: Settings, seen: ObservedFleet, slugs: Collection[str], within: float = HEALTH_TIMEOUT
) -> dict[str, str | None]:
    """Ask each of these sites for its health, side by side, and say on standard error which ones.

    Args:
        within: The seconds that it takes at most. A site that was not asked by then counts as unhealthy.

    Returns:
        {slug: what is wrong with its answer, None if nothing is}.
    """
    if slugs:
        print_note(Note(f"asking what no up has found healthy, {within:g} s at most: {format_sites([*slugs])}"))
    until = time.monotonic() + within
    with ThreadPoolExecutor(max_workers=divio_settings_of(settings).max_concurrent_requests) as pool:
        found = pool.map(lambda slug: _check_site_health(settings, seen.site(slug), until), slugs)
        return dict(zip(slugs, found, strict=True))


def _check_site_health(settings: Settings, site: ObservedSite, until: float) -> str | None:
    """Return what is wrong with a site's answer now, as far as it has an address and an update would ask."""
    url = make_site_url(site.deployed_variables.get(DOMAIN))
    if url is None or settings.rollout.health is None:
        return None
    runs_with = {name: value for name, value in site.deployed_variables.items() if value is not None}
    return check_health(url, settings.rollout.health, runs_with, until)


def add_variables(divio: Divio, sites: Mapping[str, ObservedSite]) -> dict[str, ObservedSite]:
    """Return the same sites with the variables that their environments have now. One request reads them all."""
    environments = [site.environment for site in sites.values() if site.environment]
    listed: defaultdict[str, list[EnvironmentVariable]] = defaultdict(list)
    for item in divio.environment_variables.list(environments) if environments else ():
        listed[item.environment].append(item)
    return {
        slug: replace(site, variables=convert_variables(listed[site.environment or ""])) for slug, site in sites.items()
    }


def observe_running_fleet(settings: Settings, slugs: Collection[str]) -> ObservedFleet:
    """Observe the fleet, with the variables that these sites' deployments run with. Raises DivioError."""
    return FleetObserver(_connect(divio_settings_of(settings)), settings).fleet(deep=True, only=slugs)


def needs_health_check(site: SitePreview) -> bool:
    return ChangeCause.UNVERIFIED in site.causes


def deploys_original(settings: Settings, found: FleetPreview) -> bool:
    return any(site.deploys for site in found.sites if site.application == settings.fleet.original.application)


def add_health_to_preview(
    settings: Settings, seen: ObservedFleet, sites: Sequence[SitePreview]
) -> Iterator[SitePreview]:
    """Yield the sites. A site that an update would ask for its health is asked once now, and says what it answers."""
    wrong = check_sites(settings, seen, [site.application for site in sites if needs_health_check(site)])
    return (replace(site, why=wrong.get(site.application) or site.why) for site in sites)

"""``mirrors status``: what every site of a stack's fleet runs, and whether that is what is declared."""

import dataclasses
import json
import sys
import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click
from pydantic.alias_generators import to_camel
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from mirrors.cli.configuration import loaded
from mirrors.cli.options import DIFFERS, as_json, connect, in_directory, note, on_stack, plain_errors
from mirrors.cli.state import StackState
from mirrors.config import Settings
from mirrors.divio import Divio, EnvironmentVariable
from mirrors.errors import ConfigurationError, UnsupportedPlatformError
from mirrors.observation.convert import by_name
from mirrors.observation.fleet import Observer
from mirrors.observation.health import what_is_wrong
from mirrors.observation.retired import retired_sites
from mirrors.planning.observed import ObservedFleet, ObservedSite
from mirrors.planning.reports.status import SETTLED, SiteStatus, State, removed, statuses
from mirrors.planning.reports.verification import as_unverified, unverified
from mirrors.planning.rollout.waves import named
from mirrors.planning.variables.addresses import address_of
from mirrors.planning.variables.names import DOMAIN
from mirrors.problems import Note

WIDTH_OF_A_LOG = 160
RELEASE_SHOWN = 8

PATIENCE = 30.0
"""Seconds for the answers of all sites that are asked: each has up to twice ten of its own."""

COLOURS = {
    State.CONVERGED: "green",
    State.HELD: "cyan",
    State.BEHIND: "yellow",
    State.DEPLOYING: "blue",
    State.NOT_DEPLOYED: "yellow",
}


@click.command()
@on_stack
@as_json
@in_directory
@plain_errors
def status(stack: str, *, as_json: bool, cwd: Path) -> None:
    """Show every site: its SITE_ID, release, deployment and state.

    The exit code is 0 if all sites are converged or held, 2 if any differs, 1 on an error.
    """
    rows = look(stack, cwd)
    if as_json:
        click.echo(json.dumps([as_data(row) for row in rows], indent=2))
    else:
        show(stack, rows)
    sys.exit(0 if all(row.state in SETTLED for row in rows) else DIFFERS)


def look(stack: str, cwd: Path) -> tuple[SiteStatus, ...]:
    """Read-only. Raises MirrorsError for an unusable configuration, DivioError where the platform does not answer."""
    settings = settings_of(stack, cwd)
    if settings.platform == "docker":
        fleet = settings.fleet.original.application
        raise UnsupportedPlatformError(
            "status",
            f"See 'pulumi stack output sites -s {stack}' and, on the Docker host, 'docker ps --filter"
            f" label=mirrors.fleet={fleet} --filter label=mirrors.environment={settings.environment}'",
        )
    divio = connect(settings.api_url, settings.api_token.get_secret_value(), settings.max_concurrent_requests)
    seen = Observer(divio, settings).fleet(deep=True)
    state = StackState.of(stack, cwd)
    retired = {site_id: who.name for site_id, who in state.ledger.retired.items()}
    leaving = {site_id: slug for site_id, slug in retired.items() if slug and slug not in settings.fleet.slugs}
    retired_seen = retired_sites(divio, leaving.values(), settings.environment, note)
    gone = removed(settings, seen, leaving, with_variables(divio, retired_seen))
    rows = statuses(settings, seen, dict(state.ledger.assignments.values()), state.created)
    return (*with_health(settings, seen, rows, state), *gone)


def with_health(
    settings: Settings, seen: ObservedFleet, rows: Sequence[SiteStatus], state: StackState
) -> Iterator[SiteStatus]:
    """The same rows; a site that no update has found healthy is asked now, once, and is not converged."""
    asked = unverified(settings, seen, rows, state.created, state.verified)
    wrong = unhealthy(settings, seen, [row.application for row in asked])
    return (as_unverified(row, wrong[row.application]) if row.application in wrong else row for row in rows)


def unhealthy(
    settings: Settings, seen: ObservedFleet, slugs: Collection[str], within: float = PATIENCE
) -> dict[str, str | None]:
    """{slug: what is wrong with its answer now, None if nothing is} of each of these sites, asked side by side.

    It says whom it waits for, and takes ``within`` seconds at most: what is not asked by then counts as not healthy.
    """
    if slugs:
        note(Note(f"asking what no up has found healthy, {within:g} s at most: {named([*slugs])}"))
    until = time.monotonic() + within
    with ThreadPoolExecutor(max_workers=settings.max_concurrent_requests) as pool:
        found = pool.map(lambda slug: _unhealthy(settings, seen.site(slug), until), slugs)
        return dict(zip(slugs, found, strict=True))


def _unhealthy(settings: Settings, site: ObservedSite, until: float) -> str | None:
    """What is wrong with a site's answer now, as far as it has an address and an update would ask."""
    url = address_of(site.frozen.get(DOMAIN))
    if url is None or settings.rollout.health is None:
        return None
    runs_with = {name: value for name, value in site.frozen.items() if value is not None}
    return what_is_wrong(url, settings.rollout.health, runs_with, until)


def with_variables(divio: Divio, sites: Mapping[str, ObservedSite]) -> dict[str, ObservedSite]:
    """The same sites, with the variables that their environments have now: one request for all."""
    environments = [site.environment for site in sites.values() if site.environment]
    listed: defaultdict[str, list[EnvironmentVariable]] = defaultdict(list)
    for item in divio.environment_variables.list(environments) if environments else ():
        listed[item.environment].append(item)
    return {slug: replace(site, variables=by_name(listed[site.environment or ""])) for slug, site in sites.items()}


def settings_of(stack: str, cwd: Path) -> Settings:
    found = loaded(stack, cwd)
    if found.settings is None or found.problems:
        raise ConfigurationError(*found.problems)
    return found.settings


def as_data(row: SiteStatus) -> dict[str, object]:
    fields = dataclasses.asdict(row)
    data = {to_camel(key): list(value) if isinstance(value, tuple) else value for key, value in fields.items()}
    return data | {"deployedAt": row.deployed_at.isoformat() if row.deployed_at else None}


def show(stack: str, rows: Sequence[SiteStatus]) -> None:
    table = Table(title=f"Fleet of stack {stack}", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("Site", "Role", "SITE_ID", "State", "Release", "Deployed (UTC)", "Address"):
        table.add_column(heading, no_wrap=True)
    for row in rows:
        state = f"[{COLOURS.get(row.state, 'red')}]{row.state}[/]"
        site_id, release = str(row.site_id or "-"), (row.release or "-")[:RELEASE_SHOWN]
        table.add_row(row.application, row.role, site_id, state, release, _time(row.deployed_at), row.url or "-")
    console = _console()
    console.print(table)
    for row in rows:
        if row.state not in SETTLED:
            console.print(f"{row.application}: {'; '.join(row.details)}", style="yellow", markup=False, soft_wrap=True)
        for said in row.notes:
            console.print(f"{row.application}: {said}", markup=False, soft_wrap=True)
        if row.foreign:
            foreign = f"{row.application}: not ours, left alone: {', '.join(row.foreign)}"
            console.print(foreign, markup=False, soft_wrap=True)


def _console() -> Console:
    """In a pipe or a log there is no width to keep to: an address that is cut short opens nothing."""
    return Console() if sys.stdout.isatty() else Console(width=WIDTH_OF_A_LOG)


def _time(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M") if moment else "-"

"""``mirrors status``: show what every site of a stack's fleet runs, and whether it is what is declared."""

import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click
from pydantic.alias_generators import to_camel
from rich.box import SIMPLE_HEAD
from rich.table import Table

from mirrors.cli.configuration import load_all_settings
from mirrors.cli.display import TONE_COLOURS, TONES, format_moment, format_release, make_console
from mirrors.cli.options import (
    DIFFERS_EXIT_CODE,
    directory_option,
    fleet_option,
    handle_errors,
    json_option,
    print_note,
    stack_option,
)
from mirrors.cli.platforms import commands_of
from mirrors.cli.state import StackState
from mirrors.config import Settings
from mirrors.planning.reports.site_status import CONVERGED_CONDITIONS, SiteStatus
from mirrors.planning.reports.stack_status import StackStatus


@click.command()
@stack_option
@fleet_option
@json_option
@directory_option
@handle_errors
def status(stack: str, *, fleet: str | None, as_json: bool, cwd: Path) -> None:
    """Show every site: its SITE_ID, release, deployment and state.

    The exit code is 0 if all sites are converged or held, 2 if any differs, 1 on an error.
    """
    rows = observe_statuses(stack, cwd, fleet)
    if as_json:
        click.echo(json.dumps([status_data(row) for row in rows], indent=2))
    else:
        print_statuses(stack, rows)
    sys.exit(0 if all(row.state in CONVERGED_CONDITIONS for row in rows) else DIFFERS_EXIT_CODE)


def observe_statuses(stack: str, cwd: Path, fleet: str | None = None) -> tuple[SiteStatus, ...]:
    """Observe the sites of every fleet of a stack, or of the named one. Writes nothing.

    Raises:
        MirrorsError: The configuration cannot be used.
        DivioError: The platform does not answer.
    """
    fleets = load_all_settings(stack, cwd, fleet)
    return tuple(row for settings in fleets for row in observe_stack(settings, stack, cwd).rows)


def observe_stack(settings: Settings, stack: str, cwd: Path) -> StackStatus:
    """Observe the sites of a stack with this configuration. Writes nothing. Raises as ``observe_statuses``."""
    return commands_of(settings.platform.kind).status(
        settings, lambda: StackState.of(stack, cwd).of_fleet(settings.program_fleet), print_note
    )


def status_data(row: SiteStatus) -> dict[str, object]:
    fields = dataclasses.asdict(row)
    data = {to_camel(key): list(value) if isinstance(value, tuple) else value for key, value in fields.items()}
    return data | {"deployedAt": row.deployed_at.isoformat() if row.deployed_at else None}


def print_statuses(stack: str, rows: Sequence[SiteStatus]) -> None:
    table = Table(title=f"Fleet of stack {stack}", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("Site", "Role", "SITE_ID", "State", "Release", "Deployed (UTC)", "Address"):
        table.add_column(heading, no_wrap=True)
    for row in rows:
        state = f"[{TONE_COLOURS[TONES[row.state]]}]{row.state}[/]"
        site_id, release = str(row.site_id or "-"), format_release(row.release)
        table.add_row(
            row.application, row.role, site_id, state, release, format_moment(row.deployed_at), row.url or "-"
        )
    console = make_console()
    console.print(table)
    for row in rows:
        if row.state not in CONVERGED_CONDITIONS:
            console.print(f"{row.application}: {'; '.join(row.details)}", style="yellow", markup=False, soft_wrap=True)
        for said in row.notes:
            console.print(f"{row.application}: {said}", markup=False, soft_wrap=True)
        if row.foreign:
            foreign = f"{row.application}: not managed by Mirrors, unchanged: {', '.join(row.foreign)}"
            console.print(foreign, markup=False, soft_wrap=True)

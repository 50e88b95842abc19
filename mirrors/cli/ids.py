"""``mirrors ids``: show which site has which SITE_ID, and write the ids into the configuration."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from mirrors.cli.configuration import load_fleet
from mirrors.cli.options import (
    DIFFERS_EXIT_CODE,
    directory_option,
    fleet_option,
    handle_errors,
    json_option,
    print_note,
    stack_option,
)
from mirrors.cli.program_fleets import fleet_in_program_error
from mirrors.cli.project import ProjectFile
from mirrors.cli.state import StackState
from mirrors.config import FleetSettings
from mirrors.planning.site_ids.facts import Ledger
from mirrors.planning.site_ids.pins import SiteIdPin, find_pin_problems, list_pins


@click.command()
@stack_option
@click.option("--pin", "write", is_flag=True, help="Write ids that are not declared into the configuration.")
@fleet_option
@json_option
@directory_option
@handle_errors
def ids(stack: str, *, write: bool, fleet: str | None, as_json: bool, cwd: Path) -> None:
    """Show assigned and retired SITE_IDs of a stack, and whether the configuration declares them.

    The exit code is 0, 2 if a site is declared with another id than the stack has for it, 1 on an error.
    """
    state = StackState.of(stack, cwd)
    declared, name = load_fleet(stack, cwd, fleet)
    ledger = state.of_fleet(name).ledger
    written: list[str] = []
    if write and name is not None:
        raise fleet_in_program_error(name, describe_missing_pins(list_pins(ledger, declared)))
    if write:
        written = write_pins(ledger, declared, stack, cwd)
        declared, _ = load_fleet(stack, cwd)
    found = list_pins(ledger, declared)
    problems = list(find_pin_problems(found, declared))
    if as_json:
        data = {"sites": [_pin_data(item) for item in found], "written": written}
        click.echo(json.dumps({**data, "problems": [problem.data for problem in problems]}, indent=2))
    else:
        print_ids(stack, found)
        if write:
            click.echo("\n".join([f"Written: {line}" for line in written]) or "Nothing to write: all are declared.")
    for problem in problems:
        print_note(problem)
    sys.exit(DIFFERS_EXIT_CODE if any(item.mismatch for item in found) else 0)


def describe_missing_pins(found: Sequence[SiteIdPin]) -> str:
    """Return which arguments to write in place of ``--pin``."""
    missing = [pin for pin in found if not pin.is_pinned]
    sites = [f"{pin.application}: site_id={pin.site_id}" for pin in missing if not pin.retired]
    retired = [str(pin.site_id) for pin in missing if pin.retired]
    lines = [*sites, *([f"FleetArgs: retired must have {', '.join(retired)}"] if retired else [])]
    return f"Write into the arguments: {'; '.join(lines)}" if lines else "All ids are in the arguments already"


def write_pins(ledger: Ledger, fleet: FleetSettings, stack: str, cwd: Path) -> list[str]:
    """Write the ids into the file that declares the fleet. Return a line for each change. Raises MirrorsError."""
    project, found = ProjectFile.declaring(cwd, stack), list_pins(ledger, fleet)
    assigned = {item.application: item.site_id for item in found if not item.retired}
    retired = [item.site_id for item in found if item.retired]
    lines = project.pin(assigned, retired, ledger.highest)
    if lines:
        project.save()
    return [f"{project.path.name}: {line}" for line in lines]


def print_ids(stack: str, found: Sequence[SiteIdPin]) -> None:
    if not found:
        click.echo(f"The stack {stack} manages nothing and has no SITE_IDs: it was never updated, or was left since.")
        return
    table = Table(title=f"SITE_IDs of stack {stack}", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("SITE_ID", "Site", "", "Declared"):
        table.add_column(heading, no_wrap=True)
    for item in found:
        retired = "retired" if item.retired else ""
        table.add_row(str(item.site_id), item.application or "-", retired, _describe_declared(item))
    Console(width=100).print(table)


def _describe_declared(item: SiteIdPin) -> str:
    """Return whether the id is declared. The original's need not be, so no preview asks for that."""
    if item.is_pinned:
        return "yes"
    return str(item.declared or ("not needed" if item.is_original else "no"))


def _pin_data(item: SiteIdPin) -> dict[str, Any]:
    return {
        "application": item.application,
        "siteId": item.site_id,
        "retired": item.retired,
        "declared": item.declared,
        "pinned": item.is_pinned,
    }

"""``mirrors adopt``: the configuration of a fleet that somebody made by hand, from what the account shows."""

import dataclasses
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from mirrors.cli.options import DIFFERS, as_json, connect, in_directory, plain_errors
from mirrors.cli.project import FLEET, ProjectFile, as_yaml
from mirrors.cli.stacks import raw_configuration
from mirrors.config.connection import Connection, load_connection
from mirrors.errors import MirrorsError
from mirrors.observe_account import AccountObserver
from mirrors.planning.adoption import Adoption
from mirrors.planning.adoption import adopt as decide
from mirrors.planning.plan import ENVIRONMENTS


@click.command()
@click.argument("original")
@click.option("-s", "--stack", help="Take the platform's address and token from this stack's configuration.")
@click.option("--mirror", "mirrors", multiple=True, help="A mirror's slug; repeat it. Nothing else is looked at then.")
@click.option("--write", is_flag=True, help="Write the fleet into Pulumi.yaml.")
@click.option("--force", is_flag=True, help="With --write: also in place of another fleet.")
@as_json
@in_directory
@plain_errors
def adopt(
    original: str, stack: str | None, mirrors: Sequence[str], *, write: bool, force: bool, as_json: bool, cwd: Path
) -> None:
    """Look at an account, and print the configuration of the fleet that ORIGINAL and its mirrors are.

    Nothing is written to the platform. Why an application is on the list, and what is odd, is told on standard error.
    The exit code is 2 if something has to be decided before the first update, 1 on an error.
    """
    connection = connection_for(stack, cwd)
    divio = connect(connection.api_url, connection.api_token.get_secret_value(), connection.max_concurrent_requests)
    seen = AccountObserver(divio, connection.max_concurrent_requests).look(original, mirrors)
    adoption = decide(*seen, mirrors)
    said = write_fleet(adoption.fleet, cwd, force=force) if write else None
    if as_json:
        click.echo(json.dumps({**dataclasses.asdict(adoption), "written": bool(said)}, indent=2))
    else:
        click.echo(as_yaml({"config": {FLEET: {"value": adoption.fleet}}}), nl=False)
    for line in (*evidence(adoption), *([said] if said else [])):
        click.echo(line, err=True)
    sys.exit(DIFFERS if adoption.problems else 0)


def connection_for(stack: str | None, cwd: Path) -> Connection:
    """From the stack's configuration, if there is such a stack, else from the environment alone."""
    raw: Mapping[str, str] = {}
    if stack is not None:
        try:
            raw = raw_configuration(stack, cwd)
        except MirrorsError as error:
            if not os.environ.get("DIVIO_API_TOKEN"):
                raise
            click.echo(f"The stack's configuration is not used: {error}", err=True)
    return load_connection(raw, os.environ)


def write_fleet(fleet: Mapping[str, Any], cwd: Path, *, force: bool) -> str:
    """Returns what was done. Raises MirrorsError where another fleet is declared."""
    project = ProjectFile.find(cwd)
    if project.fleet == fleet:
        return f"{project.path} has this fleet already"
    if project.fleet is not None and not force:
        raise MirrorsError(
            f"{project.path} declares another {FLEET}: compare them and paste what is right, or overwrite with --force"
        )
    project.set_fleet(fleet)
    project.save()
    return f"{project.path}: written"


def evidence(adoption: Adoption) -> Sequence[str]:
    lines = []
    for site in adoption.evidence:
        ids = ", ".join(f"{site_id} in {ENVIRONMENTS[stage]}" for stage, site_id in site.site_ids.items())
        lines.append(f"# {site.application}: SITE_ID {ids or 'not set'}")
        lines += [f"#   {reason}" for reason in site.reasons]
    lines += [f"# Odd: {note}" for note in adoption.notes]
    return [*lines, *(f"# To decide: {problem}" for problem in adoption.problems)]

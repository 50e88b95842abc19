"""``mirrors deploy``: single sites of a stack, through ``pulumi up`` with the targets that belong to them."""

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from mirrors.cli.options import on_stack, plain_errors
from mirrors.cli.stacks import pulumi, raw_configuration
from mirrors.config import Fleet, load
from mirrors.config.messages import suggestion
from mirrors.errors import ConfigurationError


@click.command()
@click.argument("sites", nargs=-1, required=True, metavar="SITE...")
@on_stack
@click.option("-y", "--yes", is_flag=True, help="Do not ask before the update.")
@click.option("--preview", is_flag=True, help="Only show what would be done.")
@click.option(
    "-C",
    "--cwd",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The project's directory, if it is not this one.",
)
@plain_errors
def deploy(sites: Sequence[str], stack: str, *, yes: bool, preview: bool, cwd: Path | None) -> None:
    """Converge single sites, named by their application's slug, and no others.

    Shows the pulumi command that it runs; the exit code is that command's.
    """
    path = pulumi()
    fleet = fleet_of(stack, cwd or Path())
    arguments = command(fleet, sites, stack, yes=yes, preview=preview, cwd=cwd)
    click.echo(shlex.join(arguments), err=True)
    sys.stdout.flush()
    # In our place, not as a child: input, exit code and Ctrl-C are its own. A second interrupt would make it give up.
    os.execv(path, arguments)  # noqa: S606


def fleet_of(stack: str, cwd: Path) -> Fleet:
    """The declared fleet, read without secrets where it has none. Raises ConfigurationError if it cannot be read."""
    raw = raw_configuration(stack, cwd, secrets=False)
    if "fleet" not in raw:
        raw = raw_configuration(stack, cwd)
    loaded = load(raw, stack, os.environ)
    problems = [line for line in loaded.problems if line.startswith("mirrors:fleet")]
    if loaded.fleet is None or problems:
        raise ConfigurationError(problems)
    return loaded.fleet


def command(
    fleet: Fleet, sites: Sequence[str], stack: str, *, yes: bool = False, preview: bool = False, cwd: Path | None = None
) -> list[str]:
    """The ``pulumi`` command that converges these sites alone.

    The fleet's own resources are always targets: a new SITE_ID and a rotated password have to pass them. Raises
    ConfigurationError for a site that is not in the fleet.
    """
    unknown = [site for site in sites if site not in fleet.slugs]
    if unknown:
        raise ConfigurationError(
            f"the fleet of the stack {stack} has no site {site!r}; {suggestion(site, fleet.slugs)}" for site in unknown
        )
    targets = dict.fromkeys([*_fleet_itself(fleet, sites), *(f"**::{site}" for site in sites)])
    return [
        *("pulumi", "preview" if preview else "up"),
        *(["--cwd", str(cwd)] if cwd else []),
        *("--stack", stack),
        *(part for target in targets for part in ("--target", target)),
        *(["--yes"] if yes and not preview else []),
    ]


def _fleet_itself(fleet: Fleet, sites: Sequence[str]) -> list[str]:
    """They are called like the original. Where we deploy that too, its own resources are, and they are not meant."""
    name = fleet.original.application
    if not fleet.original.deploy or name in sites:
        return [f"**::{name}"]
    return [f"**:{kind}::{name}" for kind in ("Fleet", "SiteIds", "Original")]

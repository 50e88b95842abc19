"""``mirrors sandbox …``: the local platform, started and handled by hand."""

from pathlib import Path

import click

from mirrors_sandbox.cli.account import deploy, mirror, rotate, seed
from mirrors_sandbox.cli.faults import fault
from mirrors_sandbox.cli.server import passwords, reset, start, status, stop
from mirrors_sandbox.control import Sandbox
from mirrors_sandbox.state import DEFAULT_DIRECTORY, DIRECTORY_VARIABLE

__all__ = ["sandbox"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--state-dir",
    type=click.Path(file_okay=False, path_type=Path),
    envvar=DIRECTORY_VARIABLE,
    default=DEFAULT_DIRECTORY,
    show_default=True,
    help=f"Where the sandbox keeps everything; also from {DIRECTORY_VARIABLE}.",
)
@click.pass_context
def sandbox(context: click.Context, state_dir: Path) -> None:
    """A local platform that speaks Divio's API: rehearse on it, test against it."""
    context.obj = Sandbox(state_dir)


for command in (deploy, fault, mirror, passwords, reset, rotate, seed, start, status, stop):
    sandbox.add_command(command)

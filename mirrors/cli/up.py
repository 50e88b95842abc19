"""``mirrors up``: run ``pulumi up`` and show the progress of each wave."""

from collections.abc import Sequence
from pathlib import Path

import click

from mirrors.cli.configuration import load_each_fleet, require_settings
from mirrors.cli.options import handle_errors, print_note
from mirrors.cli.pulumi_options import PulumiCommand
from mirrors.cli.pulumi_update import plain_option, replace_process, run_update
from mirrors.cli.stacks import find_pulumi, read_configuration, read_selected_stack
from mirrors.config import Settings
from mirrors.config.program_fleet import declares_fleet
from mirrors.problems import Note

OWN_OUTPUT = frozenset({"--json", "--event-log", "--plan"})
"""Options of ``pulumi up`` after which its own output is what you asked for."""


@click.command(cls=PulumiCommand, context_settings={"ignore_unknown_options": True})
@click.option("-s", "--stack", help="The stack, e.g. test. Without it, the stack that is selected.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask before the update.")
@click.option("-f", "--skip-preview", is_flag=True, help="Show no preview before the update.")
@click.option(
    "-C", "--cwd", type=click.Path(exists=True, file_okay=False, path_type=Path), help="The project's directory."
)
@plain_option
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[PULUMI OPTIONS]...")
@handle_errors
def up(
    stack: str | None, *, yes: bool, skip_preview: bool, cwd: Path | None, plain: bool, arguments: Sequence[str]
) -> None:
    """Run 'pulumi up' and show the progress: a bar for each wave, and what fails.

    Mirrors passes every other option to Pulumi as it is. Without a terminal, each site gets a line. The exit
    code is Pulumi's.
    """
    path, directory = find_pulumi(), cwd or Path()
    stack = stack or read_selected_stack(directory)
    command = [path, "up", *(["--cwd", str(cwd)] if cwd else []), "--stack", stack, *arguments]
    command += [*(["--yes"] if yes else []), *(["--skip-preview"] if skip_preview else [])]
    if plain or OWN_OUTPUT.intersection(argument.partition("=")[0] for argument in arguments):
        replace_process(command, {})
    fleets = load_fleets_to_update(stack, directory)
    if not fleets:
        replace_process(command, {})
    run_update(fleets, command, {}, yes=yes, preview=not skip_preview)


def load_fleets_to_update(stack: str, cwd: Path) -> tuple[Settings, ...]:
    """Return the settings of each fleet; none before the first update of fleets that the program declares.

    A program without any fleet says so itself.

    Raises:
        MirrorsError: The configuration has problems.
    """
    raw = read_configuration(stack, cwd)
    found = load_each_fleet(raw, stack, cwd)
    if not declares_fleet(raw.values) and found[0].program_fleet is None:
        print_note(Note(f"the stack {stack} knows no fleet yet, so this update has Pulumi's own output"))
        return ()
    return tuple(map(require_settings, found))

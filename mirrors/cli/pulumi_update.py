"""Run ``pulumi up`` in the place of a command or with the progress of each wave: for ``mirrors up`` and ``deploy``."""

import os
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import click

from mirrors.cli.options import has_confirmation, is_confirmed_beforehand, no_terminal_error
from mirrors.cli.progress import run_with_progress
from mirrors.config import Settings
from mirrors.planning.platform_words import PlatformWords, load_platform_words
from mirrors.planning.reports.update_progress import UpdateProgress, WaveProgress, make_update_progress
from mirrors.planning.rollout.waves import plan_rollout

UPDATE_OPTIONS = frozenset({"--continue-on-error", "--secrets-provider", "--skip-preview", "--strict", "--yes"})
"""Options that ``pulumi up`` has and ``pulumi preview`` has not (CLI 3.259)."""

plain_option = click.option("--plain", is_flag=True, help="Show Pulumi's own output instead of the progress.")


def replace_process(command: Sequence[str], given: Mapping[str, str]) -> None:
    """Run a command in the place of this process: input, exit code and Ctrl-C are its own."""
    sys.stdout.flush()
    os.execve(command[0], ["pulumi", *command[1:]], {**os.environ, **given})  # noqa: S606


def run_update(
    fleets: Sequence[Settings],
    command: Sequence[str],
    given: Mapping[str, str],
    *,
    yes: bool,
    preview: bool = True,
    chosen: Collection[str] | None = None,
) -> None:
    """Run an update with its progress, and leave with its exit code.

    Args:
        fleets: The stack's configuration, for each of its fleets.
        command: The path of ``pulumi`` and its arguments.
        given: Variables for it.
        yes: Whether it has ``--yes``. Without it Mirrors shows Pulumi's preview and asks, as Pulumi does.
        preview: Whether to show the preview.
        chosen: The sites that the update reaches; None for all.

    Raises:
        MirrorsError: Mirrors has to ask, and there is no terminal.
    """
    confirmed = yes or not preview or is_confirmed_beforehand(os.environ)
    if not confirmed:
        if not has_confirmation(os.environ):
            raise no_terminal_error()
        command = [*command, *ask_before(command, given)]
    elif not yes:
        command = [*command, "--yes"]
    finished_by = {kind for settings in fleets for kind in load_platform_words(settings).finished_by}
    sys.exit(run_with_progress(command, given, make_progress(fleets, chosen), finished_by))


def make_progress(fleets: Sequence[Settings], chosen: Collection[str] | None) -> UpdateProgress:
    """Return the progress of an update of these fleets. The lines of several fleets begin with their names."""
    several = len(fleets) > 1
    waves = [
        replace(wave, fleet=(settings.program_fleet or "") if several else "")
        for settings in fleets
        for wave in _list_waves(settings, chosen)
    ]
    return UpdateProgress(waves)


def _list_waves(settings: Settings, chosen: Collection[str] | None) -> Sequence[WaveProgress]:
    original, *mirrors = settings.fleet.slugs
    updated = original if updates_original(settings, load_platform_words(settings)) else None
    return make_update_progress(updated, mirrors, plan_rollout(settings), chosen).waves


def updates_original(settings: Settings, words: PlatformWords) -> bool:
    """Return whether an update may change the original. On Divio, Mirrors only reads it unless you say otherwise."""
    return settings.fleet.original.deploy or words.steps is not None


def ask_before(command: Sequence[str], given: Mapping[str, str]) -> list[str]:
    """Show Pulumi's preview, ask, and return the options with which the update asks nothing more.

    Leaves with Pulumi's exit code if the preview fails, and with 0 if the answer is no.
    """
    shown = [command[0], "preview", *list_preview_options(command[2:])]
    code = subprocess.run(shown, env={**os.environ, **given}, check=False).returncode  # noqa: S603
    if code:
        sys.exit(code)
    if not click.confirm("Do you want to perform this update?"):
        click.echo("Nothing was changed.", err=True)
        sys.exit(0)
    return ["--yes", "--skip-preview"]


def list_preview_options(options: Sequence[str]) -> list[str]:
    """Return the options that ``pulumi preview`` takes as well. Each has its value in the same word."""
    return [option for option in options if option.partition("=")[0] not in UPDATE_OPTIONS]

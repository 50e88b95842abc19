"""``mirrors preview``: show what ``pulumi preview`` finds as changes of a fleet, readable for 300 mirrors too."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from mirrors.cli.command_error import CommandError
from mirrors.cli.configuration import load_from_raw
from mirrors.cli.options import (
    DIFFERS_EXIT_CODE,
    directory_option,
    fleet_option,
    handle_errors,
    json_option,
    stack_option,
)
from mirrors.cli.platforms import commands_of
from mirrors.cli.preview_markdown import render_markdown
from mirrors.cli.preview_report import preview_data, preview_text
from mirrors.cli.program_fleets import choose_named_fleet, choose_program_fleet
from mirrors.cli.single_sites import refuse_single_sites
from mirrors.cli.stacks import StackValues, find_pulumi, read_configuration
from mirrors.cli.target_options import target_options
from mirrors.config import Settings
from mirrors.config.program_fleet import ProgramFleet, declares_fleet
from mirrors.planning.reports.fleet_preview import FleetPreview
from mirrors.planning.reports.fleet_steps import drop_fleets
from mirrors.planning.reports.preview import summarize_preview
from mirrors.planning.reports.pulumi_messages import read_errors
from mirrors.planning.rollout.targets import ChosenSites, choose_named_sites
from mirrors.planning.rollout.waves import MANUAL_RELEASE_SITES
from mirrors.problems.events import EVENTS_VARIABLE, read_events
from mirrors.problems.reported import ReportedEvents

STREAMING_PREVIEW = "PULUMI_ENABLE_STREAMING_JSON_PREVIEW"
"""A variable that makes the engine print one line for each event instead of one object."""


@click.command()
@click.argument("sites", nargs=-1, metavar="[SITE]...")
@stack_option
@fleet_option
@click.option("--markdown", is_flag=True, help="Print Markdown, for a comment under a pull request.")
@json_option
@directory_option
@handle_errors
def preview(sites: Sequence[str], stack: str, *, fleet: str | None, markdown: bool, as_json: bool, cwd: Path) -> None:
    """Show what an update would do: which sites it reaches, in which wave, and why.

    With names of sites it shows what 'mirrors deploy' would do. Writes nothing. The exit code is 0 if nothing changes,
    2 if something does, 1 if there is a problem.
    """
    if markdown and as_json:
        raise click.UsageError("Pass only one of these: --markdown, --json.")
    found = preview_stack(sites, stack, cwd, fleet)
    if as_json:
        click.echo(json.dumps(preview_data(found), indent=2))
    else:
        click.echo(render_markdown(found) if markdown else preview_text(found), nl=not markdown)
    sys.exit(1 if found.problems else DIFFERS_EXIT_CODE if found.changed_resources else 0)


def preview_stack(sites: Sequence[str], stack: str, cwd: Path, fleet: str | None = None) -> FleetPreview:
    """Preview the stack. A configuration that cannot be used gives a preview with problems.

    Args:
        fleet: The fleet of the program to show, where there are several.

    Raises:
        MirrorsError: Pulumi gives no preview: for example, the stack does not exist.
    """
    raw = read_configuration(stack, cwd)
    if not sites and (fleet is not None or not declares_fleet(raw.values)):
        return preview_program_fleet(raw, stack, cwd, fleet)
    configured = load_from_raw(raw, stack, cwd, choose_program_fleet(raw.values.keys(), stack, cwd, fleet))
    settings = configured.settings
    if settings is None:
        return FleetPreview(stack, problems=configured.problems)
    chosen = choose_named_sites(settings, sites, stack) if sites else ChosenSites(None)
    if sites:
        refuse_single_sites(settings, stack, cwd)
    targets = target_options(settings, chosen)
    engine, reported = run_pulumi_preview(targets, chosen.manual_release_sites, stack, cwd)
    reported = replace(reported, notes=(*chosen.notes, *reported.notes))
    return complete_preview(engine, settings, stack, reported, chosen.manual_release_sites)


def preview_program_fleet(raw: StackValues, stack: str, cwd: Path, name: str | None) -> FleetPreview:
    """Preview a fleet that the program declares, as the program declares it now. The state may have an older one."""
    engine, reported = run_pulumi_preview([], (), stack, cwd)
    fleets = {key: ProgramFleet.from_state(key, item) for key, item in reported.fleets.items()}
    if not fleets:
        problems = reported.problems or [*read_errors(engine, reported.shown_lines)]
        return FleetPreview(stack, problems=tuple(problems or load_from_raw(raw, stack, cwd, None).problems))
    own = choose_named_fleet(fleets, f"the stack {stack}", name)
    configured = load_from_raw(raw, stack, cwd, own)
    if configured.settings is None:
        return FleetPreview(stack, problems=configured.problems)
    return complete_preview(engine, configured.settings, stack, reported)


def complete_preview(
    engine: Mapping[str, Any],
    settings: Settings,
    stack: str,
    reported: ReportedEvents,
    manual_release_sites: tuple[str, ...] = (),
) -> FleetPreview:
    """Return the preview of one fleet from Pulumi's steps, with what only the platform shows."""
    own = settings.program_fleet
    engine = drop_fleets(engine, [name for name in reported.fleets if name != own])
    if own is not None:
        reported = replace(reported, rotates_credentials=own in reported.rotating_fleets)
    found = summarize_preview(engine, settings, stack, reported, manual_release_sites=manual_release_sites)
    return found if found.problems else commands_of(settings.platform.kind).preview(found, engine, settings, reported)


def run_pulumi_preview(
    targets: Sequence[str], manual_release_sites: Sequence[str], stack: str, cwd: Path
) -> tuple[Mapping[str, Any], ReportedEvents]:
    """Return what ``pulumi preview --json`` prints, and what Mirrors reports meanwhile. Problems do not stop it.

    Mirrors drops the command's other output. It has no secret, but it would hide the answer.

    Args:
        targets: The options that keep Pulumi from other sites.
        manual_release_sites: The sites that get a release under ``rollout.follow: manual``.

    Raises:
        MirrorsError: The command prints no preview.
    """
    command = [
        find_pulumi(),
        "preview",
        "--json",
        "--stack",
        stack,
        "--cwd",
        str(cwd),
        *targets,
    ]
    environ = {name: value for name, value in os.environ.items() if name != STREAMING_PREVIEW}
    with TemporaryDirectory() as folder:
        events = Path(folder) / "events"
        events.touch()
        given = {EVENTS_VARIABLE: str(events)} | (
            {MANUAL_RELEASE_SITES: " ".join(manual_release_sites)} if manual_release_sites else {}
        )
        done = subprocess.run(  # noqa: S603
            [*command, "--non-interactive", "--color", "never"],
            env=environ | given,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return _parse_preview(done, stack), read_events(events)


def _parse_preview(done: subprocess.CompletedProcess[str], stack: str) -> Mapping[str, Any]:
    try:
        found = json.loads(done.stdout)
    except json.JSONDecodeError:
        raise _preview_error(stack, done.stderr) from None
    if done.returncode and not any(item.get("severity") == "error" for item in found.get("diagnostics") or ()):
        raise _preview_error(stack, done.stderr)
    return dict(found)


def _preview_error(stack: str, stderr: str) -> CommandError:
    lines = [line.strip().removeprefix("error: ") for line in stderr.splitlines() if line.strip()]
    return CommandError(f"pulumi preview --stack {stack}", "; ".join(lines) or "it failed without a message")

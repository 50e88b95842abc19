"""``mirrors report``: write what a person wants to see of a fleet into one file."""

import os
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from mirrors.cli.atomic_file import write_atomically
from mirrors.cli.configuration import load_all_settings
from mirrors.cli.options import directory_option, handle_errors
from mirrors.cli.status import observe_stack
from mirrors.config import Settings
from mirrors.divio import DivioError
from mirrors.errors import MirrorsError
from mirrors.observation.remediation import convert_error
from mirrors.planning.reports.fleet_report import FleetReport, StackReport, make_stack_report, make_unreadable_report
from mirrors.problems import Problem

__all__ = ["report"]


@click.command()
@click.option(
    "-s", "--stack", "stacks", required=True, multiple=True, help="A stack, e.g. test. Name each one that you want."
)
@click.option(
    "--html",
    "html",
    type=click.Path(path_type=Path),
    help="Write one HTML file with everything in it: sites, releases, rollouts and what differs.",
)
@click.option("--markdown", is_flag=True, help="Print a summary in Markdown, for a comment under a pull request.")
@directory_option
@handle_errors
def report(stacks: Sequence[str], *, html: Path | None, markdown: bool, cwd: Path) -> None:
    """Show the sites of one or several stacks side by side. Writes nothing to the platform.

    The exit code is 0 if every stack could be read, whatever its sites' state, and 1 if one could not.
    """
    # The template engine is needed by no other command.
    from mirrors.cli.report.page import render_html, render_markdown_summary, summarize_stack

    found = FleetReport(
        datetime.now(UTC), tuple(item for stack in dict.fromkeys(stacks) for item in look_at_stack(stack, cwd))
    )
    if html is not None:
        write_file(html, render_html(found))
        click.echo(f"Written: {html}", err=True)
    if markdown:
        click.echo(render_markdown_summary(found), nl=False)
    else:
        for stack in found.stacks:
            click.echo(f"{stack.stack}: {summarize_stack(stack)}")
    problems = [problem for stack in found.stacks for problem in stack.problems]
    for problem in problems:
        click.echo(f"Error: {problem.line}", err=True)
    sys.exit(1 if problems else 0)


def look_at_stack(stack: str, cwd: Path) -> Iterator[StackReport]:
    """Look at each fleet of a stack. One that cannot be read is a part of the report: the others are shown, too."""
    try:
        fleets = load_all_settings(stack, cwd)
    except MirrorsError as error:
        yield make_unreadable_report(stack, error.problems)
        return
    for settings in fleets:
        yield look_at_fleet(stack if len(fleets) == 1 else f"{stack} {settings.program_fleet}", settings, stack, cwd)


def look_at_fleet(title: str, settings: Settings, stack: str, cwd: Path) -> StackReport:
    """Look at one fleet of a stack. ``title`` names it in the report."""
    try:
        return make_stack_report(title, settings, observe_stack(settings, stack, cwd))
    except MirrorsError as error:
        return make_unreadable_report(title, error.problems)
    except DivioError as error:
        return make_unreadable_report(title, [convert_error(error, os.environ)])


def write_file(path: Path, text: str) -> None:
    """Write a file whole or not at all; a pipe, or another irregular file, as it is. Raises MirrorsError."""
    data = text.encode(errors="backslashreplace")
    try:
        target = path.resolve()
        if target.exists() and not target.is_file():
            target.write_bytes(data)
        else:
            write_atomically(target, data)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = f"{path} cannot be written: {reason}. The platform was only read"
        raise MirrorsError(Problem("file-not-written", message, "name another file with --html")) from error

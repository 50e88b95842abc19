"""``mirrors leave``: end the management of a fleet. Mirrors does not ask the platform, and does not change it."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from mirrors.cli.configuration import load_fleet
from mirrors.cli.options import directory_option, handle_errors, no_terminal_error, stack_option
from mirrors.cli.platforms import refuse_unless_supported
from mirrors.cli.stacks import forget_resources
from mirrors.cli.state import StackState
from mirrors.errors import MirrorsError
from mirrors.planning.site_ids.pins import SiteIdPin, list_pins
from mirrors.problems import Problem


@click.command()
@stack_option
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@directory_option
@handle_errors
def leave(stack: str, *, yes: bool, cwd: Path) -> None:
    """End the management of a stack's fleet and leave everything on the platform as it is.

    The stack forgets all its resources. A later update adopts them again, as those of a fleet that was made by hand.
    """
    state = StackState.of(stack, cwd)
    if not state.resources:
        click.echo(f"The stack {stack} manages nothing.")
        return
    refuse_unless_supported("leave", state.platform, stack)
    if state.foreign:
        raise other_resources_error(stack, state.foreign)
    if len(state.program_fleets) > 1:
        raise several_fleets_to_leave_error(stack, [*state.program_fleets])
    ledger, (fleet, _) = state.ledger, load_fleet(stack, cwd)
    known = ledger.highest <= (fleet.highest_site_id or 0)
    for line in describe_consequences(
        stack, len(state.resources), list_pins(ledger, fleet), None if known else ledger.highest
    ):
        click.echo(line)
    if not yes and not sys.stdin.isatty():
        raise no_terminal_error()
    if not yes:
        click.confirm(f"Leave the stack {stack}?", abort=True)
    forget_resources(stack, cwd)
    click.echo(
        f"The stack {stack} manages nothing now. To adopt the fleet again: pulumi up --stack {stack}."
        f" To remove the stack as well: pulumi stack rm {stack}"
    )


def several_fleets_to_leave_error(stack: str, fleets: Sequence[str]) -> MirrorsError:
    """Return the error for a stack that would forget several fleets at once."""
    said = f"the stack {stack} has several fleets: {', '.join(fleets)}."
    remedy = "Remove the resources of one with pulumi state delete. Nothing was changed"
    return MirrorsError(Problem("several-fleets", said, remedy))


def other_resources_error(stack: str, urns: Sequence[str]) -> MirrorsError:
    """Return the error for a stack that has resources beside the fleet's."""
    return MirrorsError(
        Problem(
            "other-resources-in-stack",
            f"the stack {stack} also has resources that are not the fleet's, and would forget them too:"
            f" {', '.join(urns)}.",
            "Remove the fleet's resources one by one with pulumi state delete. Nothing was changed",
        )
    )


def describe_consequences(
    stack: str, resources: int, found: Sequence[SiteIdPin], highest: int | None = None
) -> Iterator[str]:
    """Yield the lines that say what leaving does.

    Args:
        highest: The highest id ever given, where only the state knows it.
    """
    yield f"The stack {stack} forgets {resources} resources. On the platform nothing is written, deployed or deleted."
    yield "Variables that Mirrors created count as made by hand from then on: a later destroy leaves them."
    forgotten = [f"{item.site_id} ({_former_site(item)})" for item in found if not item.is_pinned]
    if forgotten:
        yield f"SITE_IDs that only the state knows: {', '.join(forgotten)}."
    if highest:
        yield f"An update that adopts the fleet again asks for the highest SITE_ID: highestSiteId: {highest}."
    if forgotten or highest:
        yield f"To keep them, run first: mirrors ids --pin --stack {stack}"


def _former_site(item: SiteIdPin) -> str:
    return f"retired, was {item.application}" if item.retired and item.application else item.application or "retired"

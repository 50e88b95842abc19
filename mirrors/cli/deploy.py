"""``mirrors deploy``: bring a release, or a repair, to sites of a stack, by ``pulumi up`` with the right targets."""

import os
import shlex
from collections.abc import Mapping, Sequence
from math import ceil
from pathlib import Path

import click

from mirrors.cli.configuration import load_all_settings
from mirrors.cli.options import (
    fleet_option,
    handle_errors,
    has_confirmation,
    no_terminal_error,
    print_note,
    stack_option,
)
from mirrors.cli.program_fleets import several_fleets_error
from mirrors.cli.pulumi_update import plain_option, replace_process, run_update
from mirrors.cli.single_sites import refuse_single_sites
from mirrors.cli.stacks import find_pulumi
from mirrors.cli.status import observe_stack
from mirrors.cli.target_options import target_options
from mirrors.config import Settings
from mirrors.config.messages.wording import suggest_known
from mirrors.errors import MirrorsError
from mirrors.planning.rollout.targets import ChosenSites, choose_all_sites, choose_named_sites, choose_outdated_sites
from mirrors.planning.rollout.waves import MANUAL_RELEASE_SITES
from mirrors.problems import Problem

EXTRA_OPERATIONS = 4
"""Operations that the engine runs beside the deployments: the next site's variables, and reads of resources."""

CGROUP_CPU_LIMIT = Path("/sys/fs/cgroup/cpu.max")
"""The limit of a container on Linux: microseconds of processor time, and the period that they are for."""


@click.command()
@click.argument("sites", nargs=-1, metavar="[SITE]...")
@stack_option
@fleet_option
@click.option("--all", "all_sites", is_flag=True, help="All sites, in waves. Held sites stay as they are.")
@click.option(
    "--behind",
    "late",
    is_flag=True,
    help="The mirrors that are behind the original or failed, and the waves before theirs.",
)
@click.option("-y", "--yes", is_flag=True, help="Do not ask before the update.")
@click.option("--preview", is_flag=True, help="Only show what would be done.")
@plain_option
@click.option(
    "-C",
    "--cwd",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The project's directory, if it is not this one.",
)
@handle_errors
def deploy(
    sites: Sequence[str],
    stack: str,
    *,
    fleet: str | None,
    all_sites: bool,
    late: bool,
    yes: bool,
    preview: bool,
    plain: bool,
    cwd: Path | None,
) -> None:
    """Converge single sites, named by their application's slug, and no others.

    They get the newest release even where mirrors:rollout.follow is manual. Shows the pulumi command that it runs; the
    exit code is that command's.
    """
    check_choice(sites, all_sites=all_sites, late=late)
    path, directory = find_pulumi(), cwd or Path()
    settings = choose_fleet_of_sites(load_all_settings(stack, directory, fleet), sites, stack)
    chosen = choose_sites(settings, sites, stack, directory, all_sites=all_sites)
    for said in chosen.notes:
        print_note(said)
    if chosen.sites == ():
        waiting = f"the sites of {stack} that are behind the original are held or paused"
        nothing = waiting if chosen.notes else f"no site of {stack} is behind the original"
        click.echo(f"Nothing to deploy: {nothing}.", err=True)
        return
    if chosen.sites is not None:
        refuse_single_sites(settings, stack, directory)
    if not (yes or preview or has_confirmation(os.environ)):
        raise no_terminal_error()
    at_once = default_parallelism(os.environ, count_cores())
    arguments = build_pulumi_command(settings, chosen, stack, yes=yes, preview=preview, cwd=cwd, at_once=at_once)
    given = {MANUAL_RELEASE_SITES: " ".join(chosen.manual_release_sites)} if chosen.manual_release_sites else {}
    click.echo(format_command(given, arguments), err=True)
    command = [path, *arguments[1:]]
    if plain or preview:
        replace_process(command, given)
    run_update([settings], command, given, yes=yes, chosen=chosen.sites)


def choose_fleet_of_sites(fleets: Sequence[Settings], sites: Sequence[str], stack: str) -> Settings:
    """Return the settings of the fleet that has the named sites.

    Args:
        fleets: The settings of each fleet of the stack, or of the one that the user named.
        sites: The named sites; empty for those of a whole fleet.
        stack: The stack's name, for messages.

    Raises:
        MirrorsError: The stack has several fleets, and the sites do not show which one is meant.
    """
    owners = [item for item in fleets if set(sites).intersection(item.fleet.slugs)]
    if len(fleets) > 1:
        refuse_unclear_sites(fleets, owners, sites, stack)
    return (owners or fleets)[0]


def refuse_unclear_sites(
    fleets: Sequence[Settings], owners: Sequence[Settings], sites: Sequence[str], stack: str
) -> None:
    """Refuse sites that no fleet has, sites of several fleets, and no sites at all.

    Args:
        owners: The fleets with a named site.

    Raises:
        MirrorsError: The sites do not show which fleet is meant.
    """
    known = [slug for item in fleets for slug in item.fleet.slugs]
    said = f"the fleets of the stack {stack} have no site"
    unknown = [
        Problem("unknown-site", f"{said} {site!r}.", suggest_known(site, known))
        for site in dict.fromkeys(sites)
        if site not in known
    ]
    if unknown:
        raise MirrorsError(*unknown)
    if not sites:
        raise several_fleets_error(f"the stack {stack}", [str(item.program_fleet) for item in fleets])
    if len(owners) > 1:
        names = ", ".join(str(item.program_fleet) for item in owners)
        commands = " and ".join(_format_deploy(item, sites, stack) for item in owners)
        remedy = f"Deploy each fleet by itself: {commands}"
        raise MirrorsError(Problem("several-fleets", f"the sites are of several fleets: {names}.", remedy))


def _format_deploy(settings: Settings, sites: Sequence[str], stack: str) -> str:
    own = [site for site in sites if site in settings.fleet.slugs]
    return shlex.join(["mirrors", "deploy", "-s", stack, "--fleet", str(settings.program_fleet), *own])


def check_choice(sites: Sequence[str], *, all_sites: bool, late: bool) -> None:
    """Refuse a command line that does not choose sites exactly once. Raises UsageError."""
    said = [bool(sites), all_sites, late].count(True)
    if said == 0:
        raise click.UsageError("Name the sites, or pass --all or --behind.")
    if said > 1:
        raise click.UsageError("Pass only one of these: names of sites, --all, --behind.")


def format_command(given: Mapping[str, str], arguments: Sequence[str]) -> str:
    """Return the command as a shell takes it, with the variables that Mirrors sets for it."""
    return " ".join([*(f"{name}={shlex.quote(value)}" for name, value in given.items()), shlex.join(arguments)])


def choose_sites(settings: Settings, sites: Sequence[str], stack: str, cwd: Path, *, all_sites: bool) -> ChosenSites:
    """Return the named sites, all sites, or without either the outdated ones. Raises MirrorsError, DivioError."""
    if sites:
        return choose_named_sites(settings, sites, stack)
    return (
        choose_all_sites(settings)
        if all_sites
        else choose_outdated_sites(settings, observe_stack(settings, stack, cwd).rows)
    )


def build_pulumi_command(
    settings: Settings,
    chosen: ChosenSites,
    stack: str,
    *,
    yes: bool = False,
    preview: bool = False,
    cwd: Path | None = None,
    at_once: int,
) -> list[str]:
    """Return the ``pulumi`` command that converges these sites alone.

    Args:
        at_once: How many operations the engine runs at once by default. ``rollout.parallel`` may need more.
    """
    needs = settings.rollout.parallel + EXTRA_OPERATIONS
    return [
        *("pulumi", "preview" if preview else "up"),
        *(["--cwd", str(cwd)] if cwd else []),
        *("--stack", stack),
        *target_options(settings, chosen),
        *(["--parallel", str(needs)] if at_once < needs else []),
        *(["--yes"] if yes and not preview else []),
    ]


def default_parallelism(environ: Mapping[str, str], cores: int) -> int:
    """Return how many operations the engine runs at once: PULUMI_PARALLEL, or without it four for each core."""
    given = environ.get("PULUMI_PARALLEL", "")
    return int(given) if given.isdigit() and int(given) else 4 * cores


def count_cores(limits: Path = CGROUP_CPU_LIMIT) -> int:
    """Return the cores that the engine counts, as Go 1.25 does: the process's own, at most a container's limit."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = limits.read_text(encoding="ascii").split()
        return min(cores, max(2, ceil(int(quota) / int(period))))
    except (OSError, ValueError):  # no Linux, no container, or "max"
        return cores

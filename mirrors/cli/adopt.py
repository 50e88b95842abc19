"""``mirrors adopt``: print the configuration of a fleet that was made by hand, from what the account shows."""

import dataclasses
import json
import os
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from mirrors.cli.options import DIFFERS_EXIT_CODE, connect_divio, directory_option, handle_errors, json_option
from mirrors.cli.platforms import refuse_unless_supported
from mirrors.cli.program_fleets import fleet_in_program_error, read_program_fleets
from mirrors.cli.project import FLEET_KEY, ProjectFile
from mirrors.cli.stacks import read_configuration, read_outputs
from mirrors.cli.yaml_text import as_yaml
from mirrors.config.connection import DivioConnection, load_divio_connection
from mirrors.config.files.project_files import find_project_file
from mirrors.config.platforms import platform_kind_of
from mirrors.errors import MirrorsError
from mirrors.observation.account import AccountObserver
from mirrors.planning.adoption.candidates import AdoptionProposal, find_likely_originals, propose_adoption
from mirrors.planning.environments import ENVIRONMENT_TITLES
from mirrors.problems import Problem


@click.command()
@click.argument("original")
@click.option("-s", "--stack", help="Take the platform's address and token from this stack's configuration.")
@click.option("--mirror", "mirrors", multiple=True, help="A mirror's slug; repeat it. Mirrors looks at no other site.")
@click.option("--write", is_flag=True, help="Write the fleet into Pulumi.yaml, or the file it names.")
@click.option("--force", is_flag=True, help="With --write: replace another fleet too.")
@json_option
@directory_option
@handle_errors
def adopt(
    original: str, stack: str | None, mirrors: Sequence[str], *, write: bool, force: bool, as_json: bool, cwd: Path
) -> None:
    """Look at an account, and print the configuration of the fleet of ORIGINAL and its mirrors.

    Nothing is written to the platform. Standard error says why an application is on the list, and what is odd about it.
    The exit code is 2 if you have to decide something before the first update, 1 on an error.
    """
    connection = read_connection(stack, cwd)
    divio = connect_divio(
        connection.api_url, connection.api_token.get_secret_value(), connection.max_concurrent_requests
    )
    seen = AccountObserver(divio, connection.max_concurrent_requests).look(original, mirrors)
    if sources := find_likely_originals(*seen):
        raise mirror_as_original_error(original, sources)
    adoption = propose_adoption(*seen, mirrors, read_retired_ids(stack, cwd), read_reserved_applications(cwd))
    if write:
        refuse_program_fleet(stack, cwd)
    said = (
        write_fleet(adoption.fleet, cwd, force=force) + describe_missing_ids(adoption.undecided, cwd) if write else None
    )
    if as_json:
        click.echo(json.dumps({**adoption_data(adoption), "written": bool(said)}, indent=2))
    else:
        click.echo(as_yaml({"config": {FLEET_KEY: {"value": adoption.fleet}}}), nl=False)
    for line in (*list_evidence(adoption), *([said] if said else [])):
        click.echo(line, err=True)
    sys.exit(DIFFERS_EXIT_CODE if adoption.problems else 0)


def read_connection(stack: str | None, cwd: Path) -> DivioConnection:
    """Read the connection from the stack's configuration if the stack exists, otherwise from the environment.

    Raises:
        MirrorsError: The platform of the stack has no ``adopt``, or neither source has a usable connection.
    """
    raw: Mapping[str, str] = {}
    if stack is not None:
        try:
            raw = read_configuration(stack, cwd).values
        except MirrorsError as error:
            if not os.environ.get("DIVIO_API_TOKEN"):
                raise
            click.echo(f"Mirrors does not use the stack's configuration: {error}", err=True)
    refuse_unless_supported("adopt", platform_kind_of(raw), stack)
    return load_divio_connection(raw, os.environ)


def refuse_program_fleet(stack: str | None, cwd: Path) -> None:
    """Refuse to write a fleet into a file where the stack's program declares one. Raises MirrorsError."""
    if stack is None or read_fleet_key(cwd, "original") is not None:
        return
    try:
        declared = read_program_fleets(stack, cwd)
    except MirrorsError:  # a stack that does not exist yet has no fleet
        return
    if declared:
        raise fleet_in_program_error(", ".join(declared), "Run the command without --write, and change the arguments")


def adoption_data(adoption: AdoptionProposal) -> dict[str, Any]:
    return {**dataclasses.asdict(adoption), "problems": [problem.data for problem in adoption.problems]}


def mirror_as_original_error(mirror: str, originals: Sequence[str]) -> MirrorsError:
    commands = " or ".join(f"mirrors adopt {slug}" for slug in originals)
    named = " and ".join(originals)
    return MirrorsError(
        Problem(
            "mirror-named-as-original",
            f"looks like a mirror of {named}: it has the database of {named} in a variable of its own.",
            f"Name the original instead: {commands}",
            mirror,
        )
    )


def read_fleet_key(cwd: Path, key: str) -> Any:
    """Return what the project's file has under a key of the fleet; None where the file or the fleet is missing."""
    fleet = ProjectFile.to_write(cwd).fleet if find_project_file(cwd) else None
    return fleet.get(key) if isinstance(fleet, Mapping) else None


def read_reserved_applications(cwd: Path) -> Collection[str]:
    """Return the applications whose id the project's file declares in ``reservedFor``."""
    listed = read_fleet_key(cwd, "reservedFor")
    return tuple(listed) if isinstance(listed, Mapping) else ()


def read_retired_ids(stack: str | None, cwd: Path) -> dict[int, str]:
    """Return {id: slug} of the ids that the file or the stack has retired. ``releaseSiteIds`` frees an id."""
    retired = dict.fromkeys(read_listed_ids(cwd, "retired"), "") | (read_stack_retired(stack, cwd) if stack else {})
    released = read_listed_ids(cwd, "releaseSiteIds")
    return {site_id: slug for site_id, slug in retired.items() if site_id not in released}


def read_listed_ids(cwd: Path, key: str) -> set[int]:
    """Return the ids of a list in the project's file."""
    listed = read_fleet_key(cwd, key)
    return {site_id for site_id in listed if isinstance(site_id, int)} if isinstance(listed, list) else set()


def read_stack_retired(stack: str, cwd: Path) -> dict[int, str]:
    """Return the ids that the stack has retired, by its outputs; none where the stack does not exist."""
    try:
        stored = read_outputs(stack, cwd).get("retired") or {}
    except MirrorsError as error:
        click.echo(f"The stack's retired SITE_IDs are not known: {error}", err=True)
        return {}
    return {int(site_id): slug or "" for site_id, slug in stored.items()}


def write_fleet(fleet: Mapping[str, Any], cwd: Path, *, force: bool) -> str:
    """Write the fleet into the file that declares it.

    A file with the same sites and fewer ids gets those ids, and keeps everything else.

    Args:
        force: Replace another fleet.

    Returns:
        A line that says what was done.

    Raises:
        MirrorsError: The file declares another fleet.
    """
    project = ProjectFile.to_write(cwd)
    if has_same_sites(project.fleet, fleet):
        known = {slug: site_id for slug, site_id in _site_ids_of(fleet).items() if site_id is not None}
        added = project.pin(known)
        if not added:
            return f"{project.path} has this fleet already"
        project.save()
        return f"{project.path}: written: {'; '.join(added)}"
    if project.fleet is not None and not force:
        remedy = "compare the two and correct the file by hand, or replace its fleet with --force"
        raise MirrorsError(Problem("other-fleet-declared", f"{project.path} declares another {FLEET_KEY}", remedy))
    project.set_fleet(fleet)
    project.save()
    return f"{project.path}: written"


def describe_missing_ids(undecided: Collection[str], cwd: Path) -> str:
    """Return what to add to the line of ``write_fleet`` where some of these applications still have no ``siteId``."""
    pinned = _site_ids_of(ProjectFile.to_write(cwd).fleet)
    left = [slug for slug in undecided if pinned.get(slug) is None]
    return f"; decide the siteId first of: {', '.join(left)}" if left else ""


def has_same_sites(declared: Any, found: Mapping[str, Any]) -> bool:
    """Return whether both have the same applications and shared names, and no ``siteId`` contradicts another."""
    if not isinstance(declared, Mapping) or declared.get("shared") != found.get("shared"):
        return False
    try:
        ids, others = _site_ids_of(declared), _site_ids_of(found)
    except (AttributeError, KeyError, TypeError):  # a malformed fleet: the next read of the configuration reports it
        return False
    return (
        declared["original"]["application"] == found["original"]["application"]
        and ids.keys() == others.keys()
        and all(None in (ids[slug], others[slug]) or ids[slug] == others[slug] for slug in ids)
    )


def _site_ids_of(fleet: Mapping[str, Any]) -> dict[str, int | None]:
    """Return {application: siteId}, the original first."""
    return {site["application"]: site.get("siteId") for site in (fleet["original"], *(fleet.get("mirrors") or ()))}


def list_evidence(adoption: AdoptionProposal) -> Sequence[str]:
    """Return the lines that say why each application is on the list, what is odd, and what you have to decide."""
    lines = []
    for site in adoption.evidence:
        ids = ", ".join(f"{site_id} in {ENVIRONMENT_TITLES[stage]}" for stage, site_id in site.site_ids.items())
        lines.append(f"# {site.application}: SITE_ID {ids or 'not set'}")
        lines += [f"#   {reason}" for reason in site.reasons]
    lines += [f"# Note: {note}" for note in adoption.notes]
    return [*lines, *(f"# To decide: {problem.line}" for problem in adoption.problems)]

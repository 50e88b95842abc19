"""``mirrors adopt``: print the configuration of a fleet that was made by hand, from what the account shows."""

import dataclasses
import json
import os
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from mirrors.cli.options import DIFFERS, as_json, connect, in_directory, plain_errors
from mirrors.cli.platforms import refuse_unless_supported
from mirrors.cli.project import FLEET, NAMES, ProjectFile, as_yaml, pin
from mirrors.cli.stacks import outputs, raw_configuration
from mirrors.config.connection import Connection, load_connection
from mirrors.config.platforms import kind_of
from mirrors.errors import MirrorsError
from mirrors.observation.account import AccountObserver
from mirrors.planning.adoption.candidates import AdoptionProposal, find_likely_originals
from mirrors.planning.adoption.candidates import propose_adoption as decide
from mirrors.planning.environments import ENVIRONMENT_TITLES
from mirrors.problems import Problem


@click.command()
@click.argument("original")
@click.option("-s", "--stack", help="Take the platform's address and token from this stack's configuration.")
@click.option("--mirror", "mirrors", multiple=True, help="A mirror's slug; repeat it. Nothing else is looked at then.")
@click.option("--write", is_flag=True, help="Write the fleet into Pulumi.yaml, or the file it names.")
@click.option("--force", is_flag=True, help="With --write: also in place of another fleet.")
@as_json
@in_directory
@plain_errors
def adopt(
    original: str, stack: str | None, mirrors: Sequence[str], *, write: bool, force: bool, as_json: bool, cwd: Path
) -> None:
    """Look at an account, and print the configuration of the fleet that ORIGINAL and its mirrors are.

    Nothing is written to the platform. Standard error says why an application is on the list, and what is odd about it.
    The exit code is 2 if you have to decide something before the first update, 1 on an error.
    """
    connection = connection_for(stack, cwd)
    divio = connect(connection.api_url, connection.api_token.get_secret_value(), connection.max_concurrent_requests)
    seen = AccountObserver(divio, connection.max_concurrent_requests).look(original, mirrors)
    if sources := find_likely_originals(*seen):
        raise mistaken(original, sources)
    adoption = decide(
        *seen, mirrors, {**declared_retired(cwd), **(stack_retired(stack, cwd) if stack else {})}, answered(cwd)
    )
    said = write_fleet(adoption.fleet, cwd, force=force) + without_ids(adoption.undecided, cwd) if write else None
    if as_json:
        click.echo(json.dumps({**as_data(adoption), "written": bool(said)}, indent=2))
    else:
        click.echo(as_yaml({"config": {FLEET: {"value": adoption.fleet}}}), nl=False)
    for line in (*evidence(adoption), *([said] if said else [])):
        click.echo(line, err=True)
    sys.exit(DIFFERS if adoption.problems else 0)


def connection_for(stack: str | None, cwd: Path) -> Connection:
    """Read the connection from the stack's configuration if the stack exists, otherwise from the environment.

    Raises:
        MirrorsError: The platform of the stack has no ``adopt``, or neither source has a usable connection.
    """
    raw: Mapping[str, str] = {}
    if stack is not None:
        try:
            raw = raw_configuration(stack, cwd)
        except MirrorsError as error:
            if not os.environ.get("DIVIO_API_TOKEN"):
                raise
            click.echo(f"The stack's configuration is not used: {error}", err=True)
    refuse_unless_supported("adopt", kind_of(raw), stack)
    return load_connection(raw, os.environ)


def as_data(adoption: AdoptionProposal) -> dict[str, Any]:
    return {**dataclasses.asdict(adoption), "problems": [problem.data for problem in adoption.problems]}


def mistaken(mirror: str, originals: Sequence[str]) -> MirrorsError:
    commands = " or ".join(f"mirrors adopt {slug}" for slug in originals)
    named = " and ".join(originals)
    return MirrorsError(
        Problem(
            "mirror-named-as-original",
            f"looks like a mirror of {named}: it has the database of {named} in a variable of its own.",
            f"An original is to be named: {commands}",
            mirror,
        )
    )


def in_the_file(cwd: Path, key: str) -> Any:
    """Return what the project's file has under a key of the fleet; None where the file or the fleet is missing."""
    fleet = ProjectFile.to_write(cwd).fleet if any((cwd / name).is_file() for name in NAMES) else None
    return fleet.get(key) if isinstance(fleet, Mapping) else None


def answered(cwd: Path) -> Collection[str]:
    """Return the applications whose id the project's file declares in ``reservedFor``."""
    listed = in_the_file(cwd, "reservedFor")
    return tuple(listed) if isinstance(listed, Mapping) else ()


def declared_retired(cwd: Path) -> dict[int, str]:
    """Return the ids that the project's file lists as retired."""
    listed = in_the_file(cwd, "retired")
    return {site_id: "" for site_id in listed if isinstance(site_id, int)} if isinstance(listed, list) else {}


def stack_retired(stack: str, cwd: Path) -> dict[int, str]:
    """Return the ids that the stack has retired, by its outputs; none where the stack does not exist."""
    try:
        stored = outputs(stack, cwd).get("retired") or {}
    except MirrorsError as error:
        click.echo(f"Which SITE_IDs the stack has retired is not known: {error}", err=True)
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
    if same_sites(project.fleet, fleet):
        known = {slug: site_id for slug, site_id in _ids(fleet).items() if site_id is not None}
        added = list(pin(project.fleet, known, ()))
        if not added:
            return f"{project.path} has this fleet already"
        project.save()
        return f"{project.path}: written: {'; '.join(added)}"
    if project.fleet is not None and not force:
        remedy = "compare them and paste what is right, or overwrite with --force"
        raise MirrorsError(Problem("other-fleet-declared", f"{project.path} declares another {FLEET}", remedy))
    project.set_fleet(fleet)
    project.save()
    return f"{project.path}: written"


def without_ids(undecided: Collection[str], cwd: Path) -> str:
    """Return what to add to the line of ``write_fleet`` where some of these applications still have no ``siteId``."""
    pinned = _ids(ProjectFile.to_write(cwd).fleet)
    left = [slug for slug in undecided if pinned.get(slug) is None]
    return f"; without siteId, to be decided first: {', '.join(left)}" if left else ""


def same_sites(declared: Any, found: Mapping[str, Any]) -> bool:
    """Return whether both have the same applications and shared names, and no ``siteId`` contradicts another."""
    if not isinstance(declared, Mapping) or declared.get("shared") != found.get("shared"):
        return False
    try:
        ids, others = _ids(declared), _ids(found)
    except (AttributeError, KeyError, TypeError):  # a malformed fleet: the next read of the configuration reports it
        return False
    return (
        declared["original"]["application"] == found["original"]["application"]
        and ids.keys() == others.keys()
        and all(None in (ids[slug], others[slug]) or ids[slug] == others[slug] for slug in ids)
    )


def _ids(fleet: Mapping[str, Any]) -> dict[str, int | None]:
    """Return {application: siteId}, the original first."""
    return {site["application"]: site.get("siteId") for site in (fleet["original"], *(fleet.get("mirrors") or ()))}


def evidence(adoption: AdoptionProposal) -> Sequence[str]:
    """Return the lines that say why each application is on the list, what is odd, and what you have to decide."""
    lines = []
    for site in adoption.evidence:
        ids = ", ".join(f"{site_id} in {ENVIRONMENT_TITLES[stage]}" for stage, site_id in site.site_ids.items())
        lines.append(f"# {site.application}: SITE_ID {ids or 'not set'}")
        lines += [f"#   {reason}" for reason in site.reasons]
    lines += [f"# Note: {note}" for note in adoption.notes]
    return [*lines, *(f"# To decide: {problem.line}" for problem in adoption.problems)]

"""``mirrors doctor``: check that everything a command needs is there. It prints one line a check, with the remedy."""

import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from mirrors.cli.doctor.engine import (
    check_backend,
    check_project_files,
    check_secrets,
    check_stack,
    check_tools,
    check_variables,
)
from mirrors.cli.doctor.platform import check_configuration, check_connection, check_platform
from mirrors.cli.options import DIFFERS_EXIT_CODE, directory_option, handle_errors, json_option
from mirrors.cli.platforms import commands_of
from mirrors.problems.findings import CheckFinding, FindingLevel, all_ok

__all__ = ["doctor"]


@click.command()
@click.option("-s", "--stack", help="Check this stack too: configuration, lock, pending operations, rights.")
@json_option
@directory_option
@handle_errors
def doctor(stack: str | None, *, as_json: bool, cwd: Path) -> None:
    """Check tools, backend, platform and, with --stack, a stack. Nothing is written to any of them.

    The exit code is 0 if all is fine, 2 if there is something to do, 1 if this cannot run.
    """
    findings = []
    for finding in run_checks(stack, cwd):
        findings.append(finding)
        if not as_json:
            click.echo(str(finding))
    if as_json:
        click.echo(json.dumps([item.data for item in findings], indent=2))
    sys.exit(0 if all_ok(findings) else DIFFERS_EXIT_CODE)


def has_problem(findings: Iterable[CheckFinding]) -> bool:
    return any(item.level is FindingLevel.PROBLEM for item in findings)


def run_checks(stack: str | None, cwd: Path) -> Iterator[CheckFinding]:
    """Yield the findings in the order in which things are needed. A check whose precondition failed is left out."""
    yield from (broken := list(check_project_files(cwd, stack)))
    yield from (tools := [] if broken else list(check_tools(cwd)))
    yield from check_variables(os.environ)
    there = bool(tools) and tools[0].level is not FindingLevel.PROBLEM
    yield from (backend := list(check_backend(cwd)) if there else [])
    if stack is None:
        connection, found = check_connection()
        yield from found
        yield from check_platform(connection) if connection else ()
        return
    found = list(check_stack(stack, cwd)) if there else []
    if not there or found[0].level is FindingLevel.PROBLEM:
        yield from found if not has_problem(backend) else ()  # a broken backend is the reason
        return
    yield from found
    yield (secrets := check_secrets(stack, cwd))
    if secrets.level is FindingLevel.PROBLEM:
        return
    fleets, found = check_configuration(stack, cwd)
    yield from found
    yield from commands_of(fleets[0].platform.kind).doctor(fleets) if fleets else ()

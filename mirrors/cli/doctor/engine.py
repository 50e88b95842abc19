"""Checks of Pulumi: the command and its parts, the backend, and a stack with its interrupted operations."""

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from mirrors.cli.command_error import CommandError
from mirrors.cli.doctor.files import check_files
from mirrors.cli.doctor.lock import check_lock, find_locks
from mirrors.cli.project import ProjectFile, find_broken_file
from mirrors.cli.stacks import (
    CHOOSE_STACK,
    find_pulumi,
    read_backend_url,
    read_pulumi_version,
    try_encryption,
)
from mirrors.cli.state import ONE_LEDGER_REMEDY, StackState, several_ledgers_problem
from mirrors.errors import MirrorsError
from mirrors.problems import Problem
from mirrors.problems.findings import (
    CheckFinding,
    FindingLevel,
    findings_with_remedy,
    join_first,
    ok_finding,
    problem_finding,
    warning_finding,
)

PULUMI_SCRIPTS = ("pulumi-language-python", "pulumi-language-python-exec", "pulumi-resource-pulumi-python")
"""Parts of the Pulumi CLI's release that run a program, and the providers of dynamic resources."""

RUN_PROGRAM_VARIABLE = "PULUMI_RUN_PROGRAM"

ENCRYPTION_REMEDY = (
    "set PULUMI_CONFIG_PASSPHRASE, or PULUMI_CONFIG_PASSPHRASE_FILE, to this stack's passphrase; if a cloud's key"
    " encrypts the stack, log in to that cloud"
)
TOOLS_REMEDY = (
    "install the Pulumi CLI as a whole (in a checkout of this project: make tools), and put its folder on the PATH"
)


def check_tools(cwd: Path) -> Iterator[CheckFinding]:
    try:
        path = Path(find_pulumi())
        found = read_pulumi_version(cwd)
    except MirrorsError as error:
        yield from findings_with_remedy("pulumi", error.problems, TOOLS_REMEDY)
        return
    yield compare_versions(found, version("pulumi"))
    places = os.pathsep.join([os.environ.get("PATH", os.defpath), str(path.resolve().parent)])
    missing = [name for name in PULUMI_SCRIPTS if shutil.which(name, path=places) is None]
    if missing:
        said = f"missing beside {path} and on the PATH: {', '.join(missing)}"
        yield problem_finding("plugins", Problem("pulumi-incomplete", said, TOOLS_REMEDY))
    else:
        yield ok_finding("plugins", "language host and provider script are there")


def compare_versions(command: str, library: str) -> CheckFinding:
    """Compare the versions. A command runs programs of older libraries of its major version; an older command may not.

    The two are not always released together: the commands 3.273 and 3.274 have no library.
    """
    own, theirs = (tuple(map(int, re.findall(r"\d+", text)[:2])) for text in (library, command))
    said = f"command {command.lstrip('v')}, Python library {library}"
    if own[0] == theirs[0] and theirs >= own:
        return ok_finding("pulumi", said)
    remedy = f"install version {library} of the command, or a newer version {own[0]}"
    found = Problem("pulumi-version-differs", said, remedy)
    return warning_finding("pulumi", found) if own[0] == theirs[0] else problem_finding("pulumi", found)


def check_variables(environ: Mapping[str, str]) -> Iterator[CheckFinding]:
    """Yield a finding only for a variable that does harm. Seen with CLI 3.259, which takes these values for yes."""
    if environ.get(RUN_PROGRAM_VARIABLE, "").lower() in ("1", "true"):
        name = RUN_PROGRAM_VARIABLE
        said = f"{name} is set: each up takes several times as long, and writes the state for each resource"
        remedy = f"unset {name}, and pass --run-program to a refresh or destroy that needs it"
        yield warning_finding("environment", Problem("run-program-set", said, remedy))


def check_project_files(cwd: Path, stack: str | None) -> Iterator[CheckFinding]:
    """Yield a finding only where the project's file, or the stack's, is no YAML. Then no other command works."""
    if broken := find_broken_file(cwd, stack):
        yield problem_finding("project files", broken)


def check_backend(cwd: Path) -> Iterator[CheckFinding]:
    """Check that the backend answers. For a backend of files, yield a finding for each damaged file."""
    try:
        url = read_backend_url(cwd)
    except MirrorsError as error:
        broken = list(check_files(os.environ.get("PULUMI_BACKEND_URL", "")))
        yield from broken or [problem_finding("backend", _backend_problem(item)) for item in error.problems]
        return
    yield ok_finding("backend", f"{_strip_credentials(url)} answers")
    yield from check_files(url)


def _backend_problem(found: Problem) -> Problem:
    return replace(found, code="backend-unusable", remedy="pulumi login, or set PULUMI_BACKEND_URL")


def _strip_credentials(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}" if parts.scheme else "it"


def check_stack(stack: str, cwd: Path) -> Iterator[CheckFinding]:
    try:
        state = StackState.of(stack, cwd)
    except MirrorsError as error:
        yield from findings_with_remedy("stack", error.problems, CHOOSE_STACK)
        return
    yield ok_finding("stack", f"{len(state.resources)} resources")
    yield from check_ledger(state)
    yield check_pending_operations(state, stack)
    try:
        yield check_lock(find_locks(read_backend_url(cwd), str(ProjectFile.find(cwd).name), stack), stack)
    except MirrorsError as error:
        yield from findings_with_remedy(
            "lock", error.problems, "run this in the project's directory", FindingLevel.WARNING
        )


def check_secrets(stack: str, cwd: Path) -> CheckFinding:
    """Check that the stack's secrets manager accepts the passphrase, or key, that this shell has.

    Other commands that only read do not ask for it where the stack's file holds no secret.
    """
    try:
        try_encryption(stack, cwd)
    except CommandError as error:
        said = f"the secrets manager of {stack} says: {error.reason}"
        return problem_finding("secrets", Problem("secrets-manager-refuses", said, ENCRYPTION_REMEDY))
    return ok_finding("secrets", "the stack's secrets manager encrypts")


def check_ledger(state: StackState) -> Iterator[CheckFinding]:
    """Yield a finding only where something is wrong: a fleet has one ledger."""
    for name in (None, *state.program_fleets):
        ledgers = state.of_fleet(name).ledgers
        if len(ledgers) > 1:
            yield problem_finding("site ids", replace(several_ledgers_problem(ledgers), remedy=ONE_LEDGER_REMEDY))


def check_pending_operations(state: StackState, stack: str) -> CheckFinding:
    """Report operations that had begun when the engine was killed. Their outcome is unknown."""
    if not state.pending:
        return ok_finding("pending operations", "none")
    begun = [f"{item.get('type')} {item['resource']['urn'].rpartition('::')[2]}" for item in state.pending]
    remedy = f"pulumi up -s {stack}"
    if any(item.get("type") == "creating" for item in state.pending):  # the engine itself forgets the others
        # The program would fail in it where a mirror on the list has no SITE_ID yet.
        cleared = f"pulumi refresh --clear-pending-creates --run-program=false --yes -s {stack}"
        remedy = f"{cleared}; then {remedy} adopts what is there"
    said = f"interrupted: {join_first(begun)}"
    return problem_finding("pending operations", Problem("operations-interrupted", said, remedy))

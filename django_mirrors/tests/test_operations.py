"""The effect of each operation on old code, compared with the guard's decision.

``MIRRORS_WRITE_TABLE=1`` writes the table into the documentation before comparing it. Then use one process (``-n 0``).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import django
import pytest

from django_mirrors.plan_analysis import ChangeKind
from tests.databases import KINDS, MARIADB, ONCE, new_database
from tests.forked import ROOT
from tests.operations.case import DOCUMENTED_VERSION
from tests.operations.cases import CASES
from tests.operations.table import Outcome, differences, documented_operations, write_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.databases import Database
    from tests.operations.case import Case

    Run = Callable[[str, str], Outcome]


def kinds_of(case: Case) -> list[str]:
    """Return the databases on which the case runs here."""
    newest = django.VERSION[:2] == DOCUMENTED_VERSION
    mariadb = MARIADB in os.environ and (newest or not ONCE)
    return [kind for kind in KINDS if case.runs(kind) and (mariadb or kind != "mariadb")]


pytestmark = pytest.mark.xdist_group("operations")
"""pytest-xdist runs all these tests in one process, which runs each case once, and in one order."""

EACH = [pytest.param(label, kind, id=f"{label}-{kind}") for label, case in CASES.items() for kind in kinds_of(case)]
ROWS = [label for label, case in CASES.items() if kinds_of(case)]


TOO_FINE = {
    "to_big": "the range of a number",
    "to_small": "the range of a number",
    "to_positive": "the range of a number",
    "to_signed": "the range of a number",
    "auto_to_big": "the range of a number",
    "more_digits": "the digits of a number",
    "fewer_digits": "the digits of a number",
    "from_reference": "a foreign key constraint",
    "loosen_reference": "a foreign key constraint",
    "to_computed": "whether a column is computed",
}
"""Differences that the schema check ignores: it is coarse, so that it refuses no schema that was changed by hand."""


class Code:
    """A process of old or new code, on one database."""

    def __init__(self, role: str, database: Database) -> None:
        variables = {**os.environ, "DATABASE_URL": database.url}
        command = [sys.executable, "-m", "tests.operations.worker", role]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=variables, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def __call__(self, action: str, label: str, argument: Any = None) -> dict[str, Any]:
        """Run one action for one case."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps([action, label, argument]) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"The process ended while it did {action} of {label}: see its standard error."
        found: dict[str, Any] = json.loads(line)
        return found

    def end(self) -> None:
        """End the process by closing its input."""
        self.process.communicate()


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Return a function that runs a case on a database once, at its first call."""
    outcomes: dict[tuple[str, str], Outcome] = {}
    processes: dict[str, tuple[Code, Code]] = {}
    with ExitStack() as stack:

        def started(kind: str) -> tuple[Code, Code]:
            database = stack.enter_context(new_database(kind, tmp_path_factory.mktemp("operations")))
            pair = Code("old", database), Code("new", database)
            for code in pair:
                stack.callback(code.end)
            return pair

        def once(label: str, kind: str) -> Outcome:
            if kind not in processes:
                processes[kind] = started(kind)
            if (label, kind) not in outcomes:
                outcomes[label, kind] = outcome(label, *processes[kind])
            return outcomes[label, kind]

        yield once


def outcome(label: str, old: Code, new: Code) -> Outcome:
    """Create the old schema and old rows, migrate, create new rows, and run old code."""
    new("build", label)
    needed = old("seed", label)["declaration"]
    changed = new("change", label, needed)
    used = old("use", label)
    return Outcome(
        kinds=changed["kinds"],
        refused=changed["refused"],
        text=changed["text"],
        linter=changed["linter"],
        failed=used["failed"],
        missing_for_old=used["missing"],
        failed_new=changed["new"],
        missing_for_new=changed["missing"],
    )


@pytest.mark.parametrize(("label", "kind"), EACH)
def test_what_the_guard_lets_pass_breaks_no_old_code(label: str, kind: str, run: Run) -> None:
    found = run(label, kind)
    warned = {"DELETE"} if ChangeKind.BLOCKS_DELETE.value in found.kinds and found.text else set()
    if not found.refused:
        assert found.failed.keys() <= warned, found.failed


@pytest.mark.parametrize(("label", "kind"), EACH)
def test_code_that_cannot_run_on_the_schema_is_refused(label: str, kind: str, run: Run) -> None:
    """The schema check after migrating, for new code, and for old code that returns in a rollback."""
    found = run(label, kind)
    if found.failed_new:
        assert found.missing_for_new
    if "SELECT" in found.failed and ChangeKind.REMOVED.value in found.kinds:
        assert found.missing_for_old
    if ChangeKind.NARROWED.value in found.kinds and found.failed and label not in TOO_FINE:
        assert found.missing_for_old
    if "ON CONFLICT" in found.failed:
        assert found.missing_for_old
    if (
        "INSERT" in found.failed
        and found.refused == [ChangeKind.REQUIRED.value]
        and "default may occur" not in found.text
    ):
        assert found.missing_for_old


@pytest.mark.parametrize("label", ROWS)
def test_the_row_in_the_documentation_is_what_happens(label: str, run: Run) -> None:
    case = CASES[label]
    outcomes = {kind: run(label, kind) for kind in kinds_of(case)}
    if os.environ.get("MIRRORS_WRITE_TABLE"):
        write_row(case.words, outcomes, [case.words for case in CASES.values()])
    assert differences(case.words, outcomes, verdict_alone=django.VERSION[:2] != DOCUMENTED_VERSION) == {}


@pytest.mark.once
def test_the_documentation_has_a_row_for_each_case() -> None:
    assert documented_operations() == [case.words for case in CASES.values() if kinds_of(case)]

"""The effect of each operation on old code, compared with the guard's decision.

``MIRRORS_WRITE_TABLE=1`` writes the table into the documentation instead of comparing it.
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
from tests.databases import KINDS, MARIADB, new_database
from tests.operations.case import DOCUMENTED_VERSION
from tests.operations.cases import CASES
from tests.operations.table import Outcome, documented, rows, written
from tests.site import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.databases import Database

    Run = Callable[[str, str], Outcome]

EACH = [
    pytest.param(label, kind, id=f"{label}-{kind}")
    for label, case in CASES.items()
    for kind in KINDS
    if case.runs(kind)
]


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


def test_the_table_in_the_documentation_is_what_happens(run: Run) -> None:
    if MARIADB not in os.environ:
        pytest.skip("the table has a column of MariaDB, and no server is installed: make mariadb")
    outcomes = {
        case.words: {kind: run(label, kind) for kind in KINDS if case.runs(kind)}
        for label, case in CASES.items()
        if any(case.runs(kind) for kind in KINDS)
    }
    table = rows(outcomes)
    if os.environ.get("MIRRORS_WRITE_TABLE"):
        written(table)
    if django.VERSION[:2] == DOCUMENTED_VERSION:
        assert documented() == table
    else:
        verdicts = {row[0]: row[1] for row in documented()}
        assert {row[0]: row[1] for row in table}.items() <= verdicts.items()

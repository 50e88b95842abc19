"""The page: a table of all pairs, and behind it what was refused and what failed."""

from __future__ import annotations

import platform
import re
import subprocess
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version

from tools.packages.course import Outcome
from tools.packages.environments import CHECKOUT
from tools.packages.judgement import Failure, Objection, silent_failures

__all__ = ["PAGE", "describe_run", "page_pairs", "render_page"]

PAGE = CHECKOUT / "docs" / "reference" / "packages.md"
COMPANION = "django_mirrors/src"
PLACES = 6
"""So many tables and migrations of one kind are named."""

ERROR = 110  # characters

HEAD = """\
<!-- Made by `make packages`. Run it again, and change nothing here by hand. -->

# What the guard says of real packages

This table shows what [the guard](../explanation/migration-guard.md) answers to releases of public Django packages, and
what old code really does on the new schema. `make packages` makes it, and fails where the two contradict each other
dangerously.

"""
METHOD = """
Each pair is a fleet of two sites on the old release. All models have rows. The guard judges the new release, then the
run migrates in spite of any refusal, and new code makes rows. At last old code selects, inserts, updates and deletes.
Only what old code could do before counts.

- **waits**, **acknowledge**, **passes**: as in [the table of operations](migration-operations.md).
- **agrees**: the guard named each table at which old code fails, or passed what old code works with.
- **warned**: the guard let the release pass, and its warning came true.
- **caution**: the guard refused, and old code works.
- **dangerous**: old code fails at a table that the guard did not name.

The run sees SQL alone. It does not see that old code misreads what a data migration has rewritten.
"""
REFUSED = """
## What the guard named

| package | effect | where |
| --- | --- | --- |
"""
FAILED = """
## What fails

The first failure of each kind of statement.

| package | statement | model | error |
| --- | --- | --- | --- |
"""


def describe_run(postgresql: str) -> str:
    """Return one line with all that the table depends on."""
    return (
        f"Run of {datetime.now(UTC):%Y-%m-%d}: Python {platform.python_version()}, PostgreSQL {postgresql},"
        f" django-mirrors {version('pulumi-mirrors')} at {_revision()}."
    )


def _revision() -> str:
    """Return the commit that last changed the companion."""
    commit = _git("log", "-1", "--format=%h", "--", COMPANION)
    return f"`{commit}`, changed" if _git("status", "--porcelain", "--", COMPANION) else f"`{commit}`"


def _git(*arguments: str) -> str:
    command = ["git", *arguments]
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout.strip()


def render_page(outcomes: Sequence[Outcome], run: str) -> str:
    """Return the whole page."""
    table = [
        _line("package", "old → new", "Django", "migrations (operations)", "the guard says", "old code", "agreement"),
        _line(*["---"] * 7),
        *(_row(outcome) for outcome in outcomes),
    ]
    named = [line for outcome in outcomes for line in _named(outcome)]
    failed = [line for outcome in outcomes for line in _failed(outcome)]
    return "".join(
        [HEAD, f"{run}\n\n", "\n".join(table), "\n", METHOD, REFUSED, *named, *([FAILED, *failed] if failed else [])]
    )


def page_pairs(text: str) -> list[tuple[str, str]]:
    """Return (package, "old → new") for each row of the first table of a page."""
    return re.findall(r"^\| (\S+) \| (\d\S* → \d\S*) \|", text, re.MULTILINE)


def _row(outcome: Outcome) -> str:
    pair, verdict, truth = outcome.pair, outcome.verdict, outcome.truth
    kinds = Counter(item.kind for item in verdict.objections)
    counted = ", ".join(f"{kind} {number}" for kind, number in kinds.items())
    works = f"works, {truth.models} models"
    fails = f"fails at {', '.join(truth.steps)}, {truth.broken_models} of {truth.models} models"
    return _line(
        pair.package,
        f"{pair.old} → {pair.new}",
        outcome.django,
        f"{len(verdict.migrations)} ({verdict.operations})",
        f"**{verdict.words}**{f': {counted}' if counted else ''}",
        fails if truth.failures else works,
        f"**{outcome.agreement.value}**" if silent_failures(verdict, truth) else outcome.agreement.value,
    )


def _named(outcome: Outcome) -> Iterable[str]:
    """Yield a line for each kind of effect."""
    said = [*outcome.verdict.objections, *outcome.verdict.warnings]
    for kind in dict.fromkeys(item.kind for item in said):
        places = list(dict.fromkeys(_place(item) for item in said if item.kind == kind))
        more = [f"and {len(places) - PLACES} more"] if len(places) > PLACES else []
        yield f"{_line(outcome.pair.package, kind, ', '.join([*places[:PLACES], *more]))}\n"


def _place(item: Objection) -> str:
    return f"`{item.place}`" if item.place else f"{item.operation} of `{item.migration}`"


def _failed(outcome: Outcome) -> Iterable[str]:
    """Yield a line for the first failure of each step, and for each silent one."""
    silent = silent_failures(outcome.verdict, outcome.truth)
    first: dict[str, Failure] = {}
    for failure in outcome.truth.failures:
        first.setdefault(failure.step, failure)
    for failure in dict.fromkeys([*silent, *first.values()]):
        mark = "**silent** " if failure in silent else ""
        yield f"{_line(outcome.pair.package, failure.step, f'`{failure.model}`', mark + _code(failure.error))}\n"


def _code(error: str) -> str:
    text = error.replace("|", "\\|").replace("`", "'")
    return f"`{text[:ERROR]}{'…' if len(text) > ERROR else ''}`"


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"

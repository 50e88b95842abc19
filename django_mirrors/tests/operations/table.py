"""The table of operations as Markdown, and its place in the documentation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from django_mirrors.plan_analysis import ChangeKind

__all__ = ["Outcome", "differences", "documented_operations", "write_row"]

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "reference" / "migration-operations.md"
BEGIN, END = "<!-- made by the tests: begin -->", "<!-- made by the tests: end -->"
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mariadb": "MariaDB"}
VERDICT = "the guard says"
COLUMNS_OF = {kind: (f"linter, {name}", f"fails on {name}") for kind, name in NAMES.items()}
COLUMNS = ("operation", VERDICT, *(columns[place] for place in (0, 1) for columns in COLUMNS_OF.values()))
HEAD = (f"| {' | '.join(COLUMNS)} |", f"|{' --- |' * len(COLUMNS)}")
WAIT = {ChangeKind.REMOVED.value, ChangeKind.NARROWED.value, ChangeKind.REQUIRED.value}


@dataclass(frozen=True)
class Outcome:
    """The outcome of one case on one database."""

    kinds: Sequence[str]
    refused: Sequence[str]
    text: str
    linter: Sequence[str]
    failed: Mapping[str, str]  # of old code: step and exception
    missing_for_old: Sequence[str]
    failed_new: str
    missing_for_new: Sequence[str]

    @property
    def verdict(self) -> str:
        """Return the kinds of change, then the consequence for a fleet with the old code."""
        kinds = list(dict.fromkeys(self.kinds))
        special = [kind for kind in kinds if kind != ChangeKind.EXPAND.value] or kinds
        return f"{', '.join(special)}: **{self._consequence}**"

    @property
    def _consequence(self) -> str:
        if WAIT & set(self.refused):
            return "waits"
        if self.refused:
            return "acknowledge"
        return "passes, warns" if self.text else "passes"

    @property
    def findings(self) -> str:
        """Return the linter's codes, warnings in brackets."""
        codes = re.findall(r"^(error|warning) (\w+)", "\n".join(self.linter), re.MULTILINE)
        return " ".join(code if level == "error" else f"({code})" for level, code in codes) or "ok"

    @property
    def reality(self) -> str:
        """Return the steps at which old code failed, and those at which new code failed."""
        new = ["new code's INSERT"] if self.failed_new else []
        return ", ".join([*self.failed, *new]) or "nothing"


def differences(words: str, found: Mapping[str, Outcome], *, verdict_alone: bool) -> dict[str, tuple[str, str]]:
    """Return the cells, by column, that are not what the documentation has: what it has, and what was found.

    Args:
        words: the operation, as the table names it.
        found: the outcome on each database that is at hand. The cells of the others are not compared.
        verdict_alone: whether to compare the guard's verdict and nothing else.
    """
    expected = dict(zip(COLUMNS, _documented().get(words, [""] * len(COLUMNS))))
    expected[VERDICT] = _verdict_on(expected[VERDICT], found)
    cells = _cells(words, found)
    compared = [VERDICT] if verdict_alone else [VERDICT, *(column for kind in found for column in COLUMNS_OF[kind])]
    return {column: (expected[column], cells[column]) for column in compared if expected[column] != cells[column]}


def write_row(words: str, found: Mapping[str, Outcome], order: Sequence[str]) -> None:
    """Write a row into the documentation. ``order``: all operations of the table."""
    table = {**_documented(), words: list(_cells(words, found).values())}
    before, _, rest = DOCUMENT.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    lines = [*HEAD, *(f"| {' | '.join(table[name])} |" for name in order if name in table)]
    DOCUMENT.write_text("\n".join([before + BEGIN, "", *lines, "", END + after]))


def documented_operations() -> list[str]:
    """Return the operations of the documentation's table, in their order."""
    return list(_documented())


def _cells(words: str, found: Mapping[str, Outcome]) -> dict[str, str]:
    linters = [found[kind].findings if kind in found else "" for kind in NAMES]
    realities = [found[kind].reality if kind in found else "" for kind in NAMES]
    return dict(zip(COLUMNS, [words, _verdicts(found), *linters, *realities]))


def _verdicts(found: Mapping[str, Outcome]) -> str:
    """Return the verdict, and the databases that have another one."""
    verdicts = {kind: outcome.verdict for kind, outcome in found.items()}
    first = next(iter(verdicts.values()))
    others = [f"{NAMES[kind]}: {verdict}" for kind, verdict in verdicts.items() if verdict != first]
    return "; ".join([first, *others])


def _verdict_on(verdict: str, kinds: Iterable[str]) -> str:
    """Return the documented verdict without the databases that are not at hand."""
    names = {NAMES[kind] for kind in kinds}
    first, *others = verdict.split("; ")
    return "; ".join([first, *(other for other in others if other.partition(":")[0] in names)])


def _documented() -> dict[str, list[str]]:
    """Return the rows in the documentation, by operation."""
    section = DOCUMENT.read_text().partition(BEGIN)[2].partition(END)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[len(HEAD) :]]
    return {row[0]: row for row in rows}

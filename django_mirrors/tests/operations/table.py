"""The table of operations as Markdown, and its place in the documentation."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from django_mirrors.plan_analysis import ChangeKind

__all__ = ["DOCUMENT", "Outcome", "documented", "rows", "written"]

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "reference" / "migration-operations.md"
BEGIN, END = "<!-- made by the tests: begin -->", "<!-- made by the tests: end -->"
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mariadb": "MariaDB"}
COLUMNS = (
    *("operation", "the guard says"),
    *(f"linter, {name}" for name in NAMES.values()),
    *(f"fails on {name}" for name in NAMES.values()),
)
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


def rows(outcomes: Mapping[str, Mapping[str, Outcome]]) -> list[list[str]]:
    """Return the cells by operation. ``outcomes`` is by operation and kind of database."""
    table = []
    for words, found in outcomes.items():
        linters = [found[kind].findings if kind in found else "" for kind in NAMES]
        realities = [found[kind].reality if kind in found else "" for kind in NAMES]
        table.append([words, _verdicts(found), *linters, *realities])
    return table


def _verdicts(found: Mapping[str, Outcome]) -> str:
    """Return the verdict, and the databases that have another one."""
    verdicts = {kind: outcome.verdict for kind, outcome in found.items()}
    first = next(iter(verdicts.values()))
    others = [f"{NAMES[kind]}: {verdict}" for kind, verdict in verdicts.items() if verdict != first]
    return "; ".join([first, *others])


def documented() -> list[list[str]]:
    """Return the cells in the documentation."""
    section = DOCUMENT.read_text().partition(BEGIN)[2].partition(END)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[len(HEAD) :]]


def written(table: Sequence[Sequence[str]]) -> None:
    """Write the table into the documentation."""
    before, _, rest = DOCUMENT.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    lines = [*HEAD, *(f"| {' | '.join(row)} |" for row in table)]
    DOCUMENT.write_text("\n".join([before + BEGIN, "", *lines, "", END + after]))

"""Results of checks, such as those of ``mirrors doctor``: one line each, with a remedy if something is wrong."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from mirrors.problems import Problem

__all__ = [
    "CheckFinding",
    "FindingLevel",
    "all_ok",
    "findings_with_remedy",
    "join_first",
    "ok_finding",
    "problem_finding",
    "warning_finding",
]


class FindingLevel(StrEnum):
    """The severity of a finding. Its value is the word in the terminal and in ``--json``."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """The result of one check.

    Args:
        check: The name of the check.
        level: Its severity.
        summary: The message of a check that found everything in order.
        problem: The problem of a check that did not; its remedy is a command or an instruction.
    """

    check: str
    level: FindingLevel
    summary: str = ""
    problem: Problem | None = None

    @property
    def message(self) -> str:
        """The result in words."""
        return self.problem.message if self.problem else self.summary

    @property
    def remedy(self) -> str:
        """The command or instruction that helps; empty if all is fine."""
        return self.problem.remedy if self.problem else ""

    @property
    def code(self) -> str | None:
        """The code of the problem; None if all is fine."""
        return self.problem.code if self.problem else None

    def __str__(self) -> str:
        place = self.problem and (self.problem.path or self.problem.site)
        message = self.message.rstrip(".")
        line = f"{self.level:8} {self.check}: {f'{place}: {message}' if place else message}"
        return f"{line}. Remedy: {self.remedy} [{self.code}]" if self.problem else line

    @property
    def data(self) -> dict[str, Any]:
        """The finding in ``--json``. Each has the same keys; ``code`` and ``reference`` are null if all is fine."""
        where = {"code": None, "site": None, "path": None, "details": "", "reference": None}
        wrong = {key: self.problem.data[key] for key in where} if self.problem else where
        return {"check": self.check, "level": self.level, "message": self.message, "remedy": self.remedy, **wrong}


def ok_finding(check: str, message: str) -> CheckFinding:
    """Return the finding of a check that found everything in order."""
    return CheckFinding(check, FindingLevel.OK, message)


def warning_finding(check: str, found: Problem) -> CheckFinding:
    """Return the finding of a check whose problem stops nothing."""
    return CheckFinding(check, FindingLevel.WARNING, problem=found)


def problem_finding(check: str, found: Problem) -> CheckFinding:
    """Return the finding of a check whose problem stops an update."""
    return CheckFinding(check, FindingLevel.PROBLEM, problem=found)


def findings_with_remedy(
    check: str, problems: Iterable[Problem], remedy: str, level: FindingLevel = FindingLevel.PROBLEM
) -> Iterator[CheckFinding]:
    """Yield a finding for each problem, with a remedy that fits the check."""
    return (CheckFinding(check, level, problem=replace(item, remedy=remedy)) for item in problems)


def all_ok(findings: Iterable[CheckFinding]) -> bool:
    """Return whether no finding is a warning or a problem."""
    return all(item.level is FindingLevel.OK for item in findings)


def join_first(texts: Sequence[str], shown: int = 3) -> str:
    """Join the first few texts in one line, and say how many more there are."""
    more = f"; and {len(texts) - shown} more" if len(texts) > shown else ""
    return "; ".join(texts[:shown]) + more

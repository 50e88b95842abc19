"""What a check has found: one line, with the remedy where one is needed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Finding", "Level", "fine", "problem", "warning"]


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """``remedy`` is a command or an instruction; empty where nothing is to be done."""

    check: str
    level: Level
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.level:8} {self.check}: {self.message.rstrip('.')}" + (
            f". Remedy: {self.remedy}" if self.remedy else ""
        )


def fine(check: str, message: str) -> Finding:
    return Finding(check, Level.OK, message)


def warning(check: str, message: str, remedy: str) -> Finding:
    return Finding(check, Level.WARNING, message, remedy)


def problem(check: str, message: str, remedy: str) -> Finding:
    return Finding(check, Level.PROBLEM, message, remedy)


def all_fine(findings: Iterable[Finding]) -> bool:
    return all(item.level is Level.OK for item in findings)


def one_line(texts: Sequence[str], shown: int = 3) -> str:
    """The first few, and how many more there are."""
    more = f"; and {len(texts) - shown} more" if len(texts) > shown else ""
    return "; ".join(texts[:shown]) + more

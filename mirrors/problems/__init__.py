"""Problems as data. Every part of Mirrors reports them, from the configuration to the terminal.

No code reads a problem's text. Each fact that a program needs is a field.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from mirrors.problems.codes import ProblemMeaning
from mirrors.problems.commands import COMMAND_PROBLEMS
from mirrors.problems.configuration import CONFIGURATION_PROBLEMS
from mirrors.problems.containers import CONTAINER_PROBLEMS
from mirrors.problems.ids import SITE_ID_PROBLEMS
from mirrors.problems.platform import PLATFORM_PROBLEMS
from mirrors.problems.program import PROGRAM_PROBLEMS

__all__ = [
    "PROBLEM_AREAS",
    "PROBLEM_CATALOGUE",
    "PROBLEM_PAGES",
    "Note",
    "Problem",
    "ProblemMeaning",
    "problem_reference",
]

PROBLEM_AREAS: Mapping[str, Mapping[str, ProblemMeaning]] = MappingProxyType(
    {
        "configuration": CONFIGURATION_PROBLEMS,
        "program": PROGRAM_PROBLEMS,
        "ids": SITE_ID_PROBLEMS,
        "platform": PLATFORM_PROBLEMS,
        "containers": CONTAINER_PROBLEMS,
        "commands": COMMAND_PROBLEMS,
    }
)
"""{area: its codes}. Each area is a module of this package, and a page of the documentation."""

PROBLEM_CATALOGUE: Mapping[str, ProblemMeaning] = MappingProxyType(
    {code: meaning for meanings in PROBLEM_AREAS.values() for code, meaning in meanings.items()}
)
"""{code: its meaning}. A code never changes its meaning, and Mirrors never uses a removed code again."""

PROBLEM_PAGES = "docs/reference/problems"
"""The folder with a page for each area."""


def problem_reference(code: str) -> str:
    """Return the page and heading of the documentation that explain a code of the catalogue."""
    area = next(area for area, meanings in PROBLEM_AREAS.items() if code in meanings)
    return f"{PROBLEM_PAGES}/{area}.md#{code}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. No field holds a secret's value.

    Args:
        code: A key of ``PROBLEM_CATALOGUE``.
        message: What happened and its effect, without the place. It ends with a full stop if the remedy is a sentence.
        remedy: The command to run or the key to change; empty if the message says it.
        site: The slug of the site with the problem; None if the problem is of no single site.
        path: The key of the configuration, such as ``mirrors:fleet.mirrors[2].siteId``; None if no key is wrong.
        details: More lines, such as the end of a log.

    Raises:
        ValueError: The catalogue lacks the code.
    """

    code: str
    message: str
    remedy: str = ""
    site: str | None = None
    path: str | None = None
    details: str = ""

    def __post_init__(self) -> None:
        if self.code not in PROBLEM_CATALOGUE:
            raise ValueError(f"no problem has the code {self.code}")

    @property
    def line(self) -> str:
        """The problem as a terminal shows it: the place, the message, the remedy, the code."""
        place = self.path or self.site
        text = f"{place}: {self.message}" if place else self.message
        if self.remedy:
            text = f"{text}{' ' if text.endswith('.') else '; '}{self.remedy}"
        return "\n".join([f"{text} [{self.code}]", *([self.details] if self.details else [])])

    def __str__(self) -> str:
        return self.line

    @property
    def data(self) -> dict[str, Any]:
        """The problem in ``--json``. ``reference`` is the page of the documentation that explains its code."""
        return {
            "code": self.code,
            "site": self.site,
            "path": self.path,
            "message": self.message,
            "remedy": self.remedy,
            "details": self.details,
            "reference": problem_reference(self.code),
        }


@dataclass(frozen=True, slots=True)
class Note:
    """A remark that stops nothing.

    Args:
        text: The remark, without its site.
        site: The slug of the site; None if the remark is about no single site.
    """

    text: str
    site: str | None = None

    @property
    def line(self) -> str:
        """The note as a terminal shows it: the site, then the remark."""
        return f"{self.site}: {self.text}" if self.site else self.text

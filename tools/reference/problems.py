"""``docs/reference/problems``: each code that a problem may have, from the catalogue, one page an area."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import wrap

from mirrors.problems import PROBLEM_AREAS, PROBLEM_CATALOGUE, problem_reference
from tools.reference.docstrings import row, table

INTRODUCTION = """\
# Problems

Each problem has a code in brackets at its end: `acme-de: … [site-id-retired]`. A code keeps its meaning from release to
release. The wording of a message does not. With `--json` a command shows each problem as
`{code, site, path, message, remedy, details, reference}`. `reference` names the page and the heading of the code.
"""

WIDTH = 120

AREA_TITLES: Mapping[str, str] = {
    "configuration": "Problems of the configuration",
    "program": "Problems that the program finds",
    "ids": "Problems of SITE_IDs, plan and adoption",
    "platform": "Problems of the platform and of deployments",
    "containers": "Problems of containers",
    "commands": "Problems of commands",
}


def pages() -> dict[str, str]:
    """Return {file name: page}: an index of all codes, and a page for each area."""
    return {"index.md": "\n".join(_index()), **{f"{area}.md": "\n".join(_page(area)) for area in PROBLEM_AREAS}}


def _index() -> Iterator[str]:
    yield INTRODUCTION
    yield from (f"- [{AREA_TITLES[area]}]({area}.md)" for area in PROBLEM_AREAS)
    yield from ("", "## Every code", "", *table("code", "area"))
    for code in sorted(PROBLEM_CATALOGUE):
        page = problem_reference(code).rpartition("/")[2]
        yield row(f"[{code}]({page})", page.partition(".")[0])
    yield ""


def _page(area: str) -> Iterator[str]:
    yield from (f"# {AREA_TITLES[area]}", "", "All codes: [problems](index.md).", "")
    for code, found in PROBLEM_AREAS[area].items():
        helps = f"**What helps:** {found.remedy}"
        yield from (f"## {code}", "", *wrap(found.meaning, WIDTH), *wrap(helps, WIDTH, break_on_hyphens=False), "")

"""``docs/reference/problems.md``: every code that a problem may have, from the catalogue."""

from __future__ import annotations

from collections.abc import Mapping

from mirrors.problems import Meaning
from mirrors.problems.commands import COMMANDS
from mirrors.problems.configuration import CONFIGURATION
from mirrors.problems.containers import CONTAINERS
from mirrors.problems.ids import IDS
from mirrors.problems.platform import PLATFORM
from mirrors.problems.program import PROGRAM

INTRODUCTION = """\
# Problems

Each problem ends with its code, in brackets: `acme-de: … [site-id-retired]`. A code keeps its meaning
from release to release; the wording of a message does not. With `--json` a command shows each problem as
`{code, site, path, message, remedy, details, reference}`, and `reference` is the place on this page.
"""

SECTIONS: Mapping[str, Mapping[str, Meaning]] = {
    "The configuration": CONFIGURATION,
    "The program": PROGRAM,
    "SITE_IDs, plan and adoption": IDS,
    "The platform and deployments": PLATFORM,
    "Containers": CONTAINERS,
    "Commands": COMMANDS,
}


def page() -> str:
    lines = [INTRODUCTION]
    for title, meanings in SECTIONS.items():
        lines += [f"## {title}", ""]
        for code, found in sorted(meanings.items()):
            lines += [f"### {code}", "", found.meaning, "", f"What helps: {found.remedy}", ""]
    return "\n".join(lines)

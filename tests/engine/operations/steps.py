"""Steps that several set-ups share.

The code before the second ``yield`` of a set-up runs between the first and the second shell block of its page. The code
after the last one runs at the end of the page.
"""

from collections.abc import Callable, Mapping

from tests.engine.fleet import Fleet
from tests.engine.pages.page import Page, Section, page
from tests.engine.pages.reader import Steps
from tests.engine.project import ROOT

SetUps = Mapping[str, Callable[[Fleet], Steps]]
"""{name of a page, or title of a section: its set-up}, in the order in which a journey follows them."""

FOLDER = "how-to/operations"
PAGES: Mapping[str, Page] = {
    path.stem: page(f"{FOLDER}/{path.stem}") for path in sorted((ROOT / "docs" / FOLDER).glob("*.md"))
}
FAULTS = page("how-to/rehearse-faults")
SECTIONS: Mapping[str, Section] = {
    **{name: found.as_one_section(name) for name, found in PAGES.items()},
    **{section.title: section for section in FAULTS.sections},
}
"""Each page of the runbook as one section, and the sections of the page of faults."""

END_ALL = (
    "UPDATE sandbox_deployment SET success = 1, status = 'done',"
    " ended_at = strftime('%Y-%m-%d %H:%M:%f', 'now') WHERE ended_at IS NULL"
)
"""Ends every deployment that runs, as successful."""


def greet(fleet: Fleet, **variables: str) -> None:
    """Declare a variable, so that Mirrors has something to write and to deploy."""
    declared = {"GREETING": "hello", **variables}
    fleet.project.configure(lambda config: config["mirrors:fleet"]["value"].update(variables=declared))

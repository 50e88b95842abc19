"""Steps that several set-ups share.

The code before the second ``yield`` of a set-up runs between the first and the second shell block of its page.
"""

from collections.abc import Callable, Mapping

from tests.engine.fleet import Fleet
from tests.engine.pages.reader import Steps

SetUps = Mapping[str, Callable[[Fleet], Steps]]
"""{name of a page: its set-up}, in the order in which a journey follows the pages."""

END_ALL = (
    "UPDATE sandbox_deployment SET success = 1, status = 'done',"
    " ended_at = strftime('%Y-%m-%d %H:%M:%f', 'now') WHERE ended_at IS NULL"
)
"""Ends every deployment that runs, as successful."""


def greet(fleet: Fleet, **variables: str) -> None:
    """Declare a variable, so that Mirrors has something to write and to deploy."""
    declared = {"GREETING": "hello", **variables}
    fleet.project.configure(lambda config: config["mirrors:fleet"]["value"].update(variables=declared))

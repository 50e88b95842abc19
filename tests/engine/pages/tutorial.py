"""The reader of ``docs/tutorials/first-fleet.md`` and of the commands of ``docs/how-to/sandbox.md``."""

from collections.abc import Callable, Mapping

from tests.engine.fleet import Fleet
from tests.engine.pages.page import Section, page
from tests.engine.pages.reader import Steps, as_it_is, paste
from tests.sandboxes import delete_variable

PAGES = [page("tutorials/first-fleet")]
[BY_HAND] = [section for section in page("how-to/sandbox").sections if section.title == "Change something by hand"]


def named(fleet: Fleet, section: Section) -> Steps:
    """Paste the list. What is seen in Test is only there until Live is updated."""
    paste(fleet.project, section.yaml[0])
    yield None
    yield None
    assert fleet.variables("acme-de", "test")["SITE_NAME"] == "Acme Germany"
    assert "SITE_NAME" not in fleet.variables("acme-de", "live")
    yield None
    assert fleet.variables("acme-de", "live")["SITE_NAME"] == "Acme Germany"


def deleted(fleet: Fleet, _section: Section) -> Steps:
    delete_variable(fleet.sandbox, "acme-de", "test", "SITE_NAME")
    fleet.sandbox.clear_requests_log()
    yield None
    yield None
    assert fleet.written() == [("POST", "acme-de", "SITE_NAME")], "nothing is deployed"


def rolled_out(fleet: Fleet, _section: Section) -> Steps:
    yield None
    yield None
    assert all(stack.has_no_changes() for stack in fleet.stacks)


def added(fleet: Fleet, _section: Section) -> Steps:
    """Add the mirror, and at the end put the last one first: no site gets another id."""
    yield None
    fleet.project.configure(
        lambda config: config["mirrors:fleet"]["value"]["mirrors"].append({"application": "acme-it"})
    )
    yield None
    fleet.project.configure(lambda config: config["mirrors:fleet"]["value"]["mirrors"].reverse())
    assert fleet.test.has_no_changes()
    assert fleet.test.outputs()["siteIds"]["acme-it"] == 5


def rotated(fleet: Fleet) -> Steps:
    """Deploy the original, as the text says: the preview shows the repair, and one update is all that it takes."""
    yield None
    fleet.sandbox.deploy("acme", "test", report=lambda _: None)
    done = fleet.project.run("mirrors", "preview", "-s", "test")
    assert done.code == 2
    assert "DATABASE_URL" in done.stdout
    fleet.test.up().succeeded()
    assert fleet.test.has_no_changes()


SET_UPS: Mapping[str, Callable[[Fleet, Section], Steps]] = {
    "Start": as_it_is,
    "Look": as_it_is,
    "Change one variable": named,
    "Change something by hand": deleted,
    "Roll out a release": rolled_out,
    "Add a mirror": added,
    "Clean up": as_it_is,
    "What next": as_it_is,
}

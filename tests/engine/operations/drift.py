"""The first look, drift, and shared values that change."""

from tests.engine.fleet import Fleet, silently
from tests.engine.operations.steps import SECTIONS, SetUps
from tests.engine.pages.reader import Steps, as_it_is
from tests.sandboxes import delete_variable, frozen_variables, set_variable

MOVED = "postgres://acme:c4n4ry-of-the-new-one@db.example.com:5432/acme-moved"


def original_deployed(fleet: Fleet) -> Steps:
    """Make a new image: mirrors run Live's."""
    fleet.sandbox.deploy("acme", "live", report=silently)
    yield None
    yield None
    fleet.sandbox.clear_requests_log()
    yield None
    named, *others = fleet.written()
    assert named == ("POST", "acme-de", ""), "it is deployed alone, and first"
    assert sorted(others) == [("POST", "acme-ch", ""), ("POST", "acme-fr", "")]


def drift(fleet: Fleet) -> Steps:
    """Change two sites, as the page of faults has it, and then the third."""
    set_variable(fleet.sandbox, "acme-de", "test", "SITE_ID", "9")
    set_variable(fleet.sandbox, "acme-ch", "test", "SITE_ID", "9")
    fleet.sandbox.deploy("acme-ch", "test", report=silently)
    set_variable(fleet.sandbox, "acme-ch", "test", "SITE_ID", "4")
    for name in BESIDE:
        yield SECTIONS[name]
    delete_variable(fleet.sandbox, "acme-fr", "test", "DEFAULT_STORAGE_DSN")
    set_variable(fleet.sandbox, "acme-fr", "test", "MIRRORS_APPLICATION", "acme-fr", is_sensitive=True)
    set_variable(fleet.sandbox, "acme-ch", "test", "THEME", "dark")
    yield None
    yield None
    yield None
    delete_variable(fleet.sandbox, "acme-ch", "test", "THEME")


def hidden_value(fleet: Fleet) -> Steps:
    set_variable(fleet.sandbox, "acme-de", "test", "DATABASE_URL", "postgres://elsewhere.example.com:5432/other")
    yield None
    delete_variable(fleet.sandbox, "acme-de", "test", "DATABASE_URL")
    yield None


def rotated(fleet: Fleet) -> Steps:
    fleet.sandbox.rotate("acme", "test", report=silently)
    fleet.sandbox.deploy("acme", "test", report=silently)
    yield None


def moved(fleet: Fleet) -> Steps:
    points_at(fleet, MOVED)
    yield None


def points_at(fleet: Fleet, dsn: str) -> None:
    set_variable(fleet.sandbox, "acme", "test", "DATABASE_URL", dsn)
    fleet.sandbox.deploy("acme", "test", report=silently)


def the_same(fleet: Fleet) -> Steps:
    points_at(fleet, frozen_variables(fleet.sandbox, "acme", "live")["DATABASE_URL"])
    yield None


SET_UPS: SetUps = {
    "index": as_it_is,
    "read-a-preview": original_deployed,
    "changed-by-hand": drift,
    "hidden-value-replaced": hidden_value,
    "database-password-rotated": rotated,
    "database-moved": moved,
    "test-and-live-share-a-service": the_same,
}
BESIDE = ("Changed by hand, and set but not deployed", "drift-check-fails")

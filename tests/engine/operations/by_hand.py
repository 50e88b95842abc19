"""Applications that people have made beside the list."""

from tests.engine.fleet import MIRRORS, Fleet, silently
from tests.engine.operations.steps import SetUps
from tests.engine.pages.reader import Steps
from tests.sandboxes import frozen_variables, set_variable

SHARED = ("DATABASE_URL", "DEFAULT_STORAGE_DSN")


def adopted(fleet: Fleet) -> Steps:
    """Make two mirrors: one has run with its id, one was deployed before it had it."""
    prepared(fleet, "acme-at")
    set_variable(fleet.sandbox, "acme-at", "test", "SITE_ID", "11")
    prepared(fleet, "acme-be")
    for slug in ("acme-at", "acme-be"):
        fleet.sandbox.deploy(slug, "test", report=silently)
    set_variable(fleet.sandbox, "acme-be", "test", "SITE_ID", "12")
    with fleet.with_mirrors(*MIRRORS, "acme-at", "acme-be"):
        yield None


def hidden(fleet: Fleet) -> Steps:
    prepared(fleet, "acme-old")
    set_variable(fleet.sandbox, "acme-old", "test", "SITE_ID", "8", is_sensitive=True)
    fleet.new_mirror("acme-it")
    with fleet.with_mirrors(*MIRRORS, "acme-it"):
        yield None


def prepared(fleet: Fleet, slug: str) -> None:
    """The application, with copies of what is shared."""
    fleet.new_mirror(slug)
    shared = frozen_variables(fleet.sandbox, "acme", "test")
    for name in SHARED:
        set_variable(fleet.sandbox, slug, "test", name, shared[name])


SET_UPS: SetUps = {
    "Mirrors made by hand": adopted,
    "A neighbour that hides its SITE_ID": hidden,
}
BESIDE = ()

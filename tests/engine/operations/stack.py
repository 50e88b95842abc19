"""The stack and its state: lost, left and destroyed."""

from typing import Any

from tests.engine.fleet import MANAGED, MIRRORS, Fleet
from tests.engine.operations.steps import SetUps
from tests.engine.pages.reader import Steps
from tests.sandboxes import get, set_variable

SECRETS = {"DATABASE_URL", "DEFAULT_STORAGE_DSN"}
"""Sensitive where Mirrors has created them: not shown, so that an adoption cannot know whether they are right."""


def lost(fleet: Fleet) -> Steps:
    """Lose the stack of Test. Where no id is pinned, an update does not begin with new ones."""
    yield None
    fleet.test.pulumi("stack rm", "--force", "--yes", "--preserve-config").succeeded()
    yield None
    yield None
    fleet.sandbox.clear_requests_log()
    with fleet.project.configured(unpinned):
        assert "acme-de, acme-fr, acme-ch: Mirrors has given SITE_IDs here before" in fleet.test.up().failed().text
    assert fleet.writes() == []
    yield None


def unpinned(config: dict[str, Any]) -> None:
    mirrors = [{"application": slug} for slug in MIRRORS]
    config["mirrors:fleet"] = {"value": {"original": {"application": "acme"}, "mirrors": mirrors}}


def left(fleet: Fleet) -> Steps:
    """Leave. What an adoption finds right and can see is not written, and nothing is deployed."""
    fleet.sandbox.clear_requests_log()
    yield None
    assert fleet.sandbox.requests_log() == [], "the platform is not even asked"
    assert fleet.test.urns() == []
    shown = fleet.project.run("mirrors", "ids", "--stack", "test").succeeded().stdout
    assert shown == "The stack test manages nothing and has no SITE_IDs: it was never updated, or was left since.\n"
    yield None
    assert sorted(fleet.written()) == sorted(("PATCH", mirror, name) for mirror in MIRRORS for name in SECRETS)


def destroyed(fleet: Fleet) -> Steps:
    """Destroy. What others own stays, and the next update gives the same ids."""
    given = fleet.test.outputs()["siteIds"]
    applications = get(fleet.sandbox, "applications/")["results"]
    set_variable(fleet.sandbox, "acme-de", "test", "FOREIGN", "theirs")
    yield None
    yield None
    assert get(fleet.sandbox, "applications/")["results"] == applications
    left = {slug: set(fleet.variables(slug, "test")) for slug in MIRRORS}
    assert left == {"acme-de": {"FOREIGN"}, "acme-fr": set(), "acme-ch": set()}
    yield None
    assert fleet.test.outputs()["siteIds"] == given
    assert set(fleet.variables("acme-de", "test")) == MANAGED | {"FOREIGN"}


SET_UPS: SetUps = {
    "destroy-a-stack": destroyed,
    "state-lost": lost,
    "leave-a-stack": left,
}
BESIDE = ()

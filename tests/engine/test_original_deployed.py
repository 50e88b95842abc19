"""An original that Mirrors deploys too, applications beside the list, and a database that moves."""

from collections.abc import Callable
from typing import Any

from tests.engine.fleet import MIRRORS, Fleet, silently
from tests.engine.project import errors, updates
from tests.sandboxes import deployments_of, frozen_variables, set_variable

MOVED = "postgres://acme:new-password@db.example.com:5432/elsewhere"


def deploy_the_original(config: dict[str, Any]) -> None:
    original = {"application": "acme", "deploy": True, "variables": {"COLOUR": "red"}}
    config["mirrors:fleet"]["value"].update(original=original)


def paint_the_original(colour: str) -> Callable[[dict[str, Any]], None]:
    return lambda config: config["mirrors:fleet"]["value"]["original"]["variables"].update(COLOUR=colour)


def newest(fleet: Fleet, slug: str) -> Any:
    return deployments_of(fleet.sandbox, slug, "live")[-1]


def running(fleet: Fleet) -> list[str]:
    """Return the newest deployment of each mirror of Live."""
    return [newest(fleet, slug)["uuid"] for slug in MIRRORS]


def test_an_original_that_mirrors_deploys_converges_and_its_mirrors_follow_once(fleet: Fleet) -> None:
    fleet.project.configure(deploy_the_original)
    is_deployed_before_the_mirrors_of_both_stacks(fleet)
    is_left_alone_where_a_mirror_is_named(fleet)
    has_a_release_by_hand_that_reaches_a_site_that_is_named(fleet)
    has_a_password_since_the_command_began_that_reaches_no_one_half(fleet)


def is_deployed_before_the_mirrors_of_both_stacks(fleet: Fleet) -> None:
    """The mirrors of both stacks follow, once, the release that Live's original deploys."""
    for stack in (fleet.live, fleet.test):
        stack.update().succeeded()
    original, *mirrors = (newest(fleet, slug) for slug in ("acme", *MIRRORS))
    assert original["ended_at"] <= min(item["started_at"] for item in mirrors)
    fleet.sandbox.clear_requests_log()
    for stack in fleet.stacks:
        assert stack.has_no_changes()
    assert fleet.writes() == []
    assert fleet.variables("acme", "live") == {"COLOUR": "red"}


def is_left_alone_where_a_mirror_is_named(fleet: Fleet) -> None:
    set_variable(fleet.sandbox, "acme", "test", "COLOUR", "blue")
    fleet.test.deploy("acme-de").succeeded()
    assert fleet.variables("acme", "test") == {"COLOUR": "blue"}, "a mirror's deployment is that of the mirror"
    assert updates(fleet.test.preview_and_up().succeeded()) == {"OriginalSite acme -COLOUR (running)~COLOUR"}
    assert fleet.variables("acme", "test") == {"COLOUR": "red"}


def has_a_release_by_hand_that_reaches_a_site_that_is_named(fleet: Fleet) -> None:
    before = running(fleet)
    fleet.sandbox.deploy("acme", "live", report=silently)
    fleet.live.deploy("acme-de").succeeded()
    after = running(fleet)
    assert [old != new for old, new in zip(before, after, strict=True)] == [True, *[False] * (len(MIRRORS) - 1)]
    fleet.live.deploy("acme-de").succeeded()
    assert running(fleet) == after
    fleet.live.update().succeeded()
    assert newest(fleet, "acme-de")["uuid"] == after[0]


def has_a_password_since_the_command_began_that_reaches_no_one_half(fleet: Fleet) -> None:
    """A user has set another password and not deployed it; Mirrors' own deployment of the original does."""
    before = running(fleet)
    user, _, place = frozen_variables(fleet.sandbox, "acme", "live")["DATABASE_URL"].rpartition("@")
    rotated = f"{user.rpartition(':')[0]}:n3w@{place}"
    set_variable(fleet.sandbox, "acme", "live", "DATABASE_URL", rotated)
    fleet.project.configure(paint_the_original("green"))
    failed = fleet.live.update().failed()
    assert "acme (live): it was deployed, and DATABASE_URL changed since" in failed.text
    assert running(fleet) == before
    fleet.live.update().succeeded()
    for slug in MIRRORS:
        assert frozen_variables(fleet.sandbox, slug, "live")["DATABASE_URL"] == rotated
    assert fleet.live.has_no_changes()


def test_a_database_that_moved_reaches_no_one_until_it_is_confirmed(fleet: Fleet) -> None:
    """And a new mirror gets no number of a site that is not on the list."""
    set_variable(fleet.sandbox, "acme", "test", "DATABASE_URL", MOVED)
    fleet.sandbox.deploy("acme", "test", report=silently)
    fleet.sandbox.clear_requests_log()
    for refused in (fleet.test.preview(), fleet.test.update()):
        [problem] = [line for line in errors(refused.failed()) if "confirmDatabase" in line]
        assert "points at postgres://db.example.com:5432/elsewhere now" in problem
        assert "new-password" not in refused.text
    assert fleet.writes() == []

    for slug in ("acme-by-hand", "acme-new"):
        fleet.new_mirror(slug)
    set_variable(fleet.sandbox, "acme-by-hand", "test", "SITE_ID", "40")
    set_variable(fleet.sandbox, "acme-by-hand", "test", "DATABASE_URL", "hidden", is_sensitive=True)
    confirmed = {"mirrors:confirmDatabase": "postgres://db.example.com:5432/elsewhere"}
    fleet.project.configure(lambda config: config.update(confirmed), "Pulumi.test.yaml")
    with fleet.with_mirrors(*MIRRORS, "acme-new"):
        fleet.test.update().succeeded()
        assert fleet.test.outputs()["siteIds"]["acme-new"] > 40
        assert frozen_variables(fleet.sandbox, "acme-de", "test")["DATABASE_URL"] == MOVED
        assert fleet.test.has_no_changes()

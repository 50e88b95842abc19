"""An original that Mirrors deploys too, applications beside the list, and a database that moves."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.engine.fleet import MIRRORS, Fleet, seeded_fleet, silently
from tests.engine.project import errors, updates
from tests.sandboxes import environment_of, frozen_variables, get, set_variable

MOVED = "postgres://acme:new-password@db.example.com:5432/elsewhere"


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with seeded_fleet(tmp_path_factory.mktemp("deployed")) as fleet:
        yield fleet


def deploy_the_original(config: dict[str, Any]) -> None:
    original = {"application": "acme", "deploy": True, "variables": {"COLOUR": "red"}}
    config["mirrors:fleet"]["value"].update(original=original)


def paint_the_original(colour: str) -> Callable[[dict[str, Any]], None]:
    return lambda config: config["mirrors:fleet"]["value"]["original"]["variables"].update(COLOUR=colour)


def newest(fleet: Fleet, slug: str) -> dict[str, Any]:
    listed = get(fleet.sandbox, "deployments/", environment=environment_of(fleet.sandbox, slug, "live"))["results"]
    return max(listed, key=lambda item: str(item["started_at"]))


def test_an_original_that_mirrors_deploys_converges_and_redeploys_no_one(deployed: Fleet) -> None:
    with deployed.project.configured(deploy_the_original):
        for stack in deployed.stacks:
            stack.up().succeeded()
        # What Live's original deploys is a release that the mirrors of both stacks follow, once.
        deployed.converge()
        original, *mirrors = (newest(deployed, slug) for slug in ("acme", *MIRRORS))
        assert original["ended_at"] <= min(item["started_at"] for item in mirrors)
        deployed.sandbox.clear_requests_log()
        for stack in deployed.stacks:
            assert stack.has_no_changes()
        assert deployed.writes() == []
        assert deployed.variables("acme", "live") == {"COLOUR": "red"}

        set_variable(deployed.sandbox, "acme", "test", "COLOUR", "blue")
        assert updates(deployed.test.preview().succeeded()) == {"OriginalSite acme -COLOUR (running)~COLOUR"}
        deployed.project.run("mirrors", "deploy", "acme-de", "--stack", "test", "--yes").succeeded()
        assert deployed.variables("acme", "test") == {"COLOUR": "blue"}, "a mirror's deployment is that of the mirror"
        deployed.test.up().succeeded()
        assert deployed.variables("acme", "test") == {"COLOUR": "red"}


def test_a_release_made_by_hand_reaches_a_site_that_is_named(deployed: Fleet) -> None:
    deploy = ("mirrors", "deploy", "acme-de", "--stack", "live", "--yes")
    with deployed.project.configured(deploy_the_original):
        deployed.converge()
        before = [newest(deployed, slug)["uuid"] for slug in MIRRORS]
        deployed.sandbox.deploy("acme", "live", report=silently)
        deployed.project.run(*deploy).succeeded()
        after = [newest(deployed, slug)["uuid"] for slug in MIRRORS]
        assert [old != new for old, new in zip(before, after, strict=True)] == [True, *[False] * (len(MIRRORS) - 1)]
        deployed.project.run(*deploy).succeeded()
        assert newest(deployed, "acme-de")["uuid"] == after[0]
        deployed.live.up().succeeded()
        assert newest(deployed, "acme-de")["uuid"] == after[0]


def test_what_the_original_runs_with_since_this_command_began_reaches_no_one_half(deployed: Fleet) -> None:
    """A user has set another password and not deployed it; Mirrors' own deployment of the original does."""
    with deployed.project.configured(deploy_the_original):
        deployed.converge()
        before = [newest(deployed, slug)["uuid"] for slug in MIRRORS]
        user, _, place = frozen_variables(deployed.sandbox, "acme", "live")["DATABASE_URL"].rpartition("@")
        rotated = f"{user.rpartition(':')[0]}:n3w@{place}"
        set_variable(deployed.sandbox, "acme", "live", "DATABASE_URL", rotated)
        with deployed.project.configured(paint_the_original("green")):
            failed = deployed.live.up("--skip-preview").failed()
            assert "acme (live): it was deployed, and DATABASE_URL changed since" in failed.text
            assert [newest(deployed, slug)["uuid"] for slug in MIRRORS] == before
            deployed.live.up("--skip-preview").succeeded()
            for slug in MIRRORS:
                assert frozen_variables(deployed.sandbox, slug, "live")["DATABASE_URL"] == rotated
            assert deployed.live.has_no_changes()


def test_a_new_mirror_gets_no_number_of_a_site_that_is_not_on_the_list(deployed: Fleet) -> None:
    deployed.sandbox.mirror("acme", "acme-by-hand", report=silently)
    set_variable(deployed.sandbox, "acme-by-hand", "test", "SITE_ID", "40")
    set_variable(deployed.sandbox, "acme-by-hand", "test", "DATABASE_URL", "hidden", is_sensitive=True)
    deployed.sandbox.mirror("acme", "acme-new", report=silently)
    with deployed.with_mirrors("acme-de", "acme-fr", "acme-ch", "acme-new"):
        deployed.test.up().succeeded()
        assert deployed.test.outputs()["siteIds"]["acme-new"] > 40


def test_a_database_that_moved_reaches_no_one_until_it_is_confirmed(deployed: Fleet) -> None:
    with deployed.with_mirrors("acme-de", "acme-fr", "acme-ch"):
        deployed.test.up().succeeded()
        set_variable(deployed.sandbox, "acme", "test", "DATABASE_URL", MOVED)
        deployed.sandbox.deploy("acme", "test", report=silently)
        deployed.sandbox.clear_requests_log()
        for refused in (deployed.test.preview(), deployed.test.up("--skip-preview")):
            [problem] = [line for line in errors(refused.failed()) if "confirmDatabase" in line]
            assert "points at postgres://db.example.com:5432/elsewhere now" in problem
            assert "new-password" not in refused.text
        assert deployed.writes() == []
        confirmed = {"mirrors:confirmDatabase": "postgres://db.example.com:5432/elsewhere"}
        with deployed.project.configured(lambda config: config.update(confirmed), "Pulumi.test.yaml"):
            deployed.test.up().succeeded()
            assert frozen_variables(deployed.sandbox, "acme-de", "test")["DATABASE_URL"] == MOVED
            assert deployed.test.has_no_changes()

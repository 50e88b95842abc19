"""``mirrors ids`` and ``mirrors leave`` with the real ``pulumi``: what is remembered where, and what is left alone."""

from collections.abc import Iterator

import pytest

from mirrors.cli.project import ProjectFile
from tests.engine.conftest import FAILED
from tests.engine.fleet import MIRRORS, Fleet, seeded_fleet, silently
from tests.panel import Panel
from tests.sandboxes import get, set_variable

SECRETS = {"DATABASE_URL", "DEFAULT_STORAGE_DSN"}
"""Sensitive where Mirrors has created them: not shown, so that an adoption cannot know whether they are right."""


@pytest.fixture(scope="module")
def module_fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with seeded_fleet(tmp_path_factory.mktemp("leaving")) as fleet:
        fleet.test.up().succeeded()
        yield fleet


@pytest.fixture
def fleet(module_fleet: Fleet, request: pytest.FixtureRequest) -> Iterator[Fleet]:
    """Nothing is pinned, and the log is empty. Each test leaves Test converged; after one that fails it is made so."""
    path = module_fleet.project.directory / "Pulumi.yaml"
    before = path.read_bytes()
    module_fleet.sandbox.clear_requests_log()
    yield module_fleet
    path.write_bytes(before)
    if request.node.stash.get(FAILED, False):
        module_fleet.test.up().succeeded()


def take_off(fleet: Fleet, mirror: str) -> None:
    """It was on the list, and is not any more: its id is retired."""
    if not get(fleet.sandbox, "applications/", slug=mirror)["results"]:
        fleet.sandbox.mirror("acme", mirror, report=silently)
    with fleet.with_mirrors(*MIRRORS, mirror):
        fleet.test.up().succeeded()
    fleet.test.up().succeeded()


def retired_id(fleet: Fleet, mirror: str) -> int:
    (site_id,) = [int(number) for number, slug in fleet.test.outputs()["retired"].items() if slug == mirror]
    return site_id


def test_leaving_forgets_everything_and_writes_nothing_and_the_next_update_adopts_it_again(fleet: Fleet) -> None:
    ids = fleet.test.outputs()["siteIds"]
    set_variable(fleet.sandbox, "acme-ch", "test", "THEME", "dark")
    fleet.sandbox.clear_requests_log()

    left = fleet.project.run("mirrors", "leave", "--stack", "test", "--yes").succeeded()

    assert fleet.sandbox.requests_log() == [], "the platform is not even asked"
    assert "SITE_IDs that only the state knows: 1 (acme), 2 (acme-de), 3 (acme-fr), 4 (acme-ch)." in left.stdout
    assert "mirrors ids --pin --stack test" in left.stdout
    state = fleet.test.pulumi("stack export").succeeded().json()
    assert state["deployment"].get("resources", []) == []
    shown = fleet.project.run("mirrors", "ids", "--stack", "test").succeeded().stdout
    assert shown == "The stack test manages nothing and has no SITE_IDs: it was never updated, or was left since.\n"

    refused = fleet.test.up().failed()

    assert "acme-de, acme-fr, acme-ch: Mirrors has given SITE_IDs here before" in refused.text
    assert "highestSiteId: 4" in left.stdout
    assert fleet.writes() == []

    fleet.project.configure(lambda config: config["mirrors:fleet"]["value"].update(highestSiteId=4))
    fleet.test.up().succeeded()

    assert fleet.test.outputs()["siteIds"] == ids
    assert sorted(fleet.written()) == sorted(("PATCH", mirror, name) for mirror in MIRRORS for name in SECRETS), (
        "what is shown and right is not written, and nothing is deployed"
    )
    fleet.test.preview("--expect-no-changes").succeeded()


def test_leaving_asks_and_does_nothing_where_no_one_answers(fleet: Fleet) -> None:
    before = fleet.test.pulumi("stack export").succeeded().json()["deployment"]["resources"]

    refused = fleet.project.run("mirrors", "leave", "--stack", "test").failed()

    assert (refused.code, "Pass --yes" in refused.stderr) == (1, True)
    assert fleet.test.pulumi("stack export").succeeded().json()["deployment"]["resources"] == before


def test_pinned_ids_live_in_the_project_and_survive_a_lost_state(fleet: Fleet) -> None:
    assert "mirrors ids --pin --stack test" in fleet.test.preview().succeeded().text
    take_off(fleet, "acme-it")
    site_id = retired_id(fleet, "acme-it")

    done = fleet.project.run("mirrors", "ids", "--stack", "test", "--pin").succeeded()
    once = (fleet.project.directory / "Pulumi.yaml").read_text(encoding="utf-8")
    again = fleet.project.run("mirrors", "ids", "--stack", "test", "--pin").succeeded()

    *written, retired, highest = [line for line in done.stdout.splitlines() if line.startswith("Written: ")]
    assert written == [
        "Written: Pulumi.yaml: acme: siteId 1",
        "Written: Pulumi.yaml: acme-de: siteId 2",
        "Written: Pulumi.yaml: acme-fr: siteId 3",
        "Written: Pulumi.yaml: acme-ch: siteId 4",
    ]
    assert retired.endswith(f" {site_id}")
    assert highest == f"Written: Pulumi.yaml: highestSiteId: {site_id}"
    assert "Nothing to write" in again.stdout
    assert (fleet.project.directory / "Pulumi.yaml").read_text(encoding="utf-8") == once
    assert site_id in ProjectFile.find(fleet.project.directory).fleet["retired"]
    assert "# One list for both stacks." in once, "comments stay"
    preview = fleet.test.preview("--expect-no-changes").succeeded()
    assert "mirrors ids --pin --stack test" not in preview.text

    fleet.project.run("mirrors", "leave", "--stack", "test", "--yes").succeeded()
    fleet.test.up().succeeded()
    shown = fleet.project.run("mirrors", "ids", "--stack", "test", "--json").succeeded().json()
    ids = {item["application"]: item["siteId"] for item in shown["sites"] if not item["retired"]}
    assert ids == {"acme": 1, "acme-de": 2, "acme-fr": 3, "acme-ch": 4}
    assert site_id in [item["siteId"] for item in shown["sites"] if item["retired"]]
    assert all(item["pinned"] for item in shown["sites"])


def test_a_removed_mirror_is_listed_until_it_is_deployed_without_the_shared_database(fleet: Fleet) -> None:
    take_off(fleet, "acme-at")
    site_id = retired_id(fleet, "acme-at")

    code, rows = fleet.test.status()

    assert code == 2
    assert (rows["acme-at"]["state"], rows["acme-at"]["siteId"]) == ("removed, still running", site_id)
    assert {rows[name]["state"] for name in ("acme", *MIRRORS)} == {"converged"}

    fleet.sandbox.deploy("acme-at", "test", report=silently)
    assert "acme-at" not in fleet.test.status()[1]


def test_a_removed_mirror_that_keeps_its_variables_is_reported_with_them_and_is_gone_once_it_is_deleted(
    fleet: Fleet,
) -> None:
    with fleet.project.configured(lambda config: config.update({"mirrors:onRemoval": "keep"}), "Pulumi.test.yaml"):
        take_off(fleet, "acme-be")
        code, rows = fleet.test.status()
    assert (code, rows["acme-be"]["state"]) == (2, "removed, still running")
    [detail] = rows["acme-be"]["details"]
    assert "remove its variables DATABASE_URL, DEFAULT_STORAGE_DSN, MIRRORS_APPLICATION, SITE_ID, in" in detail

    panel = Panel(fleet.sandbox.url, (fleet.sandbox.state / "admin_password").read_text())
    [application] = get(fleet.sandbox, "applications/", slug="acme-be")["results"]
    panel.do(f"/sandbox/application/{application['uuid']}/delete/", post="yes")

    code, rows = fleet.test.status()
    assert (code, "acme-be" in rows) == (0, False)


@pytest.mark.parametrize("command", [("ids",), ("leave", "--yes")])
def test_a_stack_that_does_not_exist_is_one_clear_line(fleet: Fleet, command: tuple[str, ...]) -> None:
    done = fleet.project.run("mirrors", *command, "--stack", "tset").failed()

    assert done.code == 1
    assert done.stderr.startswith(f"Error: there is no stack tset in {fleet.project.directory}; go to the project's")

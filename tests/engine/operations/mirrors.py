"""The list of mirrors: a mirror arrives, gets another name, disappears, leaves and comes back."""

from collections.abc import Mapping
from typing import Any

from tests.engine.fleet import MIRRORS, Fleet, silently
from tests.engine.operations.steps import SECTIONS, SetUps
from tests.engine.pages.reader import Steps
from tests.sandboxes import change, environment_of, get

NEW, RENAMED, OTHER = "acme-it", "acme-italia", "acme-at"
IDS = {"acme": 1, "acme-de": 2, "acme-fr": 3, "acme-ch": 4}
RENAME = "UPDATE sandbox_application SET slug = ? WHERE slug = ?"
DELETE_ENVIRONMENT = tuple(
    f"DELETE FROM sandbox_{table} WHERE {key} = ?"  # noqa: S608 - constants of this module
    for table, key in (
        ("environmentvariable", "environment_id"),
        ("serviceinstance", "environment_id"),
        ("deployment", "environment_id"),
        ("environment", "uuid"),
    )
)


def listed(fleet: Fleet, *more: Mapping[str, Any], **keys: Any) -> None:
    """Declare the seeded mirrors and these. ``keys`` are other keys of the fleet."""

    def write(config: dict[str, Any]) -> None:
        declared = config["mirrors:fleet"]["value"]
        known = {item["application"]: item for item in declared["mirrors"]}
        declared["mirrors"] = [*(known[slug] for slug in MIRRORS), *map(dict, more)]
        declared.pop("releaseSiteIds", None)
        declared.update(keys)

    fleet.project.configure(write)


def added(fleet: Fleet) -> Steps:
    fleet.new_mirror(NEW)
    listed(fleet, {"application": NEW})
    yield None


def renamed(fleet: Fleet) -> Steps:
    """Rename one and back again, as the page of faults has it, and then another one."""
    change(fleet.sandbox, RENAME, "acme-france", "acme-fr")
    for title in BESIDE:
        yield SECTIONS[title]
    change(fleet.sandbox, RENAME, "acme-fr", "acme-france")
    change(fleet.sandbox, RENAME, RENAMED, NEW)
    listed(fleet, {"application": RENAMED})
    yield None
    listed(fleet, {"application": RENAMED, "formerly": NEW})
    yield None


def original_renamed(fleet: Fleet) -> Steps:
    """Rename the original. It stays so."""
    brand = "brand"
    change(fleet.sandbox, RENAME, brand, "acme")
    called(fleet, application=brand)
    yield None
    called(fleet, application=brand, formerly="acme")
    yield None


def called(fleet: Fleet, **original: str) -> None:
    fleet.project.configure(lambda config: config["mirrors:fleet"]["value"].update(original=original))


def deleted(fleet: Fleet) -> Steps:
    listed(fleet, {"application": RENAMED})
    application = get(fleet.sandbox, "applications/", slug=RENAMED)["results"][0]["uuid"]
    for stage in ("test", "live"):
        environment = environment_of(fleet.sandbox, RENAMED, stage)
        for statement in DELETE_ENVIRONMENT:
            change(fleet.sandbox, statement, environment)
    change(fleet.sandbox, "DELETE FROM sandbox_application WHERE uuid = ?", application)
    yield None
    fleet.new_mirror(RENAMED)
    listed(fleet, {"application": RENAMED, "siteId": 5}, releaseSiteIds=[5])
    yield None


def removed(fleet: Fleet) -> Steps:
    listed(fleet)
    yield None
    fleet.sandbox.deploy(RENAMED, "test", report=silently)
    yield None


def taken(fleet: Fleet) -> Steps:
    """Declare the id of the mirror that was removed for another mirror."""
    fleet.new_mirror(OTHER)
    listed(fleet, {"application": OTHER, "siteId": 5})
    yield None


def back(fleet: Fleet) -> Steps:
    listed(fleet)
    with fleet.project.configured(lambda config: config):
        pinned(fleet)
    listed(fleet, {"application": RENAMED})
    yield None


def pinned(fleet: Fleet) -> None:
    """Keep all ids in git, also that of the mirror that was removed. Nothing changes, and nothing reminds of it."""
    pin = ("mirrors", "ids", "--stack", "test", "--pin")
    written = [line for line in fleet.project.run(*pin).succeeded().stdout.splitlines() if line.startswith("Written: ")]
    assert "Nothing to write" in fleet.project.run(*pin).succeeded().stdout
    assert written[-1] == "Written: Pulumi.yaml: highestSiteId: 5"
    assert "mirrors ids --pin" not in fleet.test.preview("--expect-no-changes").succeeded().text
    shown = fleet.project.run("mirrors", "ids", "--stack", "test", "--json").succeeded().json()["sites"]
    assert {item["application"]: item["siteId"] for item in shown if not item["retired"]} == IDS
    assert [item["siteId"] for item in shown if item["retired"]] == [5]
    assert all(item["pinned"] for item in shown)


SET_UPS: SetUps = {
    "add-a-mirror": added,
    "rename-a-mirror": renamed,
    "application-deleted": deleted,
    "remove-a-mirror": removed,
    "site-id-not-free": taken,
    "bring-a-mirror-back": back,
    "rename-the-original": original_renamed,
}
BESIDE = ("A mirror that was renamed",)

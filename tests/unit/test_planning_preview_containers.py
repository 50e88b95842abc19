"""The report of ``mirrors preview`` on the engine's own preview of a fleet of containers."""

from typing import Any

from mirrors.cli.preview_report import preview_text
from mirrors.planning.reports.fleet_preview import FleetPreview
from mirrors.planning.reports.preview import summarize_preview
from tests.unit.fleets import settings

FLEET = "mirrors:index:Fleet"
CONTAINER = "docker:index/container:Container"
SERVING = "pulumi-python:dynamic/mirrors:Serving"


def step(op: str, kinds: str, name: str, *keys: str) -> dict[str, Any]:
    return {
        "op": op,
        "urn": f"urn:pulumi:test::acme::{kinds}::{name}",
        "diffReasons": list(keys),
        "oldState": {"inputs": {}},
        "newState": {"inputs": {}},
    }


def of(*steps: dict[str, Any]) -> FleetPreview:
    declared = settings("acme-de", "acme-fr", platform="docker", docker={"image": "acme:1"})
    return summarize_preview({"steps": list(steps)}, declared, "test")


def test_sites_are_reported_by_wave_and_reason_and_what_they_have_in_common_beside_them() -> None:
    answer = preview_text(
        of(
            step("replace", f"{FLEET}${CONTAINER}", "acme", "image"),
            step("update", f"{FLEET}${SERVING}", "acme", "container"),
            step("replace", f"{FLEET}${CONTAINER}", "acme-de", "envs", "image"),
            step("create", f"{FLEET}${CONTAINER}", "acme-fr"),
            step("create", f"{FLEET}${SERVING}", "acme-fr"),
            step("replace", f"{FLEET}$mirrors:docker:Database${CONTAINER}", "acme", "image"),
            step("update", f"{FLEET}$mirrors:docker:Database", "acme"),
        )
    )
    assert answer.splitlines() == [
        "Preview of test: 3 of 3 sites change, 3 to deploy",
        "",
        "the original",
        "  1 site: deployed: new release",
        "    acme",
        "",
        "wave 1",
        "  1 site: deployed: new release; changed variables",
        "    acme-de",
        "  1 site: deployed: first deployment",
        "    acme-fr",
        "",
        "Other resources",
        f"  {CONTAINER} acme: replace",
    ]


def test_a_mirror_that_leaves_loses_its_container_and_no_content() -> None:
    answer = preview_text(
        of(step("delete", f"{FLEET}${CONTAINER}", "acme-it"), step("delete", f"{FLEET}${SERVING}", "acme-it"))
    )
    assert "acme-it: its container is removed, and its content stays in the database" in answer
    assert "Other resources" not in answer


def test_a_port_or_a_label_is_a_changed_container() -> None:
    assert "deployed: changed container" in preview_text(
        of(step("replace", f"{FLEET}${CONTAINER}", "acme-de", "labels"))
    )
    assert preview_text(of(step("same", f"{FLEET}${CONTAINER}", "acme-de"))) == "Preview of test: no changes at 3 sites"

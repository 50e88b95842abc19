"""The preview of one of several fleets: each resource belongs to the fleet that its parent leads to."""

from typing import Any

from mirrors.planning.reports.fleet_steps import drop_fleets
from mirrors.planning.reports.pulumi_steps import DYNAMIC_TYPES, FLEET_TYPE

Json = dict[str, Any]


def make_urn(kind: str, name: str) -> str:
    return f"urn:pulumi:test::any::{kind}::{name}"


def make_mirror_urn(slug: str) -> str:
    return make_urn(f"{FLEET_TYPE}${DYNAMIC_TYPES}Mirror", slug)


def step(op: str, urn: str, parent: str | None) -> Json:
    """Return a step in the shape of ``pulumi preview --json``. A deleted resource has an old state alone."""
    return {"op": op, "urn": urn, "oldState" if op == "delete" else "newState": {"urn": urn, "parent": parent}}


STACK = make_urn("pulumi:pulumi:Stack", "any-test")
ACME, BETA = make_urn(FLEET_TYPE, "acme"), make_urn(FLEET_TYPE, "beta")
CHECK = make_urn(f"{FLEET_TYPE}${DYNAMIC_TYPES}Mirror$acme:index:Check", "check")
STEPS = [
    step("same", STACK, None),
    step("update", make_mirror_urn("beta"), ACME),
    step("update", make_mirror_urn("acme-de"), ACME),
    step("delete", make_mirror_urn("beta-old"), BETA),
    step("create", CHECK, make_mirror_urn("beta-at")),
    step("create", make_mirror_urn("beta-at"), BETA),
    step("create", BETA, STACK),
    step("create", make_urn("acme:index:Tracker", "beta"), STACK),
]


def urns_without(*fleets: str) -> list[str]:
    return [item["urn"] for item in drop_fleets({"steps": STEPS, "diagnostics": []}, fleets)["steps"]]


def test_a_mirror_with_the_slug_of_another_fleet_stays_and_what_leaves_that_fleet_goes() -> None:
    assert urns_without("beta") == [item["urn"] for item in (*STEPS[:3], STEPS[-1])]


def test_a_fleet_that_has_no_step_of_its_own_is_known_by_the_parent() -> None:
    assert urns_without("acme") == [item["urn"] for item in (STEPS[0], *STEPS[3:])]


def test_without_another_fleet_every_step_stays() -> None:
    assert urns_without() == [item["urn"] for item in STEPS]
    assert drop_fleets({}, ["acme"]) == {"steps": []}

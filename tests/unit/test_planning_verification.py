"""A site is not converged before an ``up`` has found the deployment that it runs healthy."""

from dataclasses import replace

import pytest

from mirrors.config import Settings
from mirrors.planning.observed import ObservedVariable
from mirrors.planning.reports.site_status import CONVERGED_CONDITIONS, SiteCondition, SiteStatus
from mirrors.planning.reports.status import list_site_statuses
from mirrors.planning.reports.verification import find_unverified, mark_unverified
from tests.unit.fleets import converged, deployment, seen, settings

FLEET = seen(converged("acme-de", 2), converged("acme-fr", 3))
MANAGED = ("e-acme-de", "e-acme-fr")
BOTH = {"e-acme-de": "d-acme-de", "e-acme-fr": "d-acme-fr"}


def asked(declared: Settings, verified: dict[str, str], managed: tuple[str, ...] = MANAGED) -> tuple[SiteStatus, ...]:
    return find_unverified(
        declared, FLEET, list_site_statuses(declared, FLEET, {"acme-de": 2, "acme-fr": 3}), managed, verified
    )


@pytest.mark.parametrize(
    ("verified", "expected"),
    [
        (BOTH, []),
        ({}, ["acme-de", "acme-fr"]),
        (BOTH | {"e-acme-de": "d-earlier"}, ["acme-de"]),
    ],
    ids=["both were healthy", "no deployment has ended well", "another deployment was healthy"],
)
def test_what_runs_is_held_against_what_an_up_found_healthy(verified: dict[str, str], expected: list[str]) -> None:
    assert [row.application for row in asked(settings("acme-de", "acme-fr"), verified)] == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"rollout": {"health": False}},
        {"overrides": {"mirrors": {"acme-de": {"hold": True}, "acme-fr": {"hold": True}}}},
    ],
    ids=["no site is asked", "held"],
)
def test_what_an_up_does_not_ask_is_not_held_against_a_site(changes: dict[str, object]) -> None:
    assert asked(settings("acme-de", "acme-fr", **changes), {}) == ()


def test_a_site_that_no_up_has_reached_is_not_judged_by_what_the_state_lacks() -> None:
    assert [row.application for row in asked(settings("acme-de", "acme-fr"), {}, MANAGED[1:])] == ["acme-fr"]


def test_what_is_worse_is_said_instead() -> None:
    edited = replace(FLEET.mirrors["acme-de"], variables={"SITE_ID": ObservedVariable("9")})
    failed = replace(edited, deployments=(*edited.deployments, deployment("x", 9, 10, success=False)))
    for site, state in ((edited, SiteCondition.VARIABLES_DIFFER), (failed, SiteCondition.FAILED)):
        fleet, declared = seen(site), settings("acme-de")
        rows = list_site_statuses(declared, fleet, {"acme-de": 2})
        assert rows[1].state is state
        assert find_unverified(declared, fleet, rows, MANAGED, {}) == ()


def test_it_counts_as_not_settled_and_says_what_was_answered() -> None:
    row = asked(settings("acme-de", "acme-fr"), {})[0]
    answer = mark_unverified(row, "GET https://acme-de.example.com/: 500, where 200-399 is healthy")
    assert answer.details == ("not verified: GET https://acme-de.example.com/: 500, where 200-399 is healthy",)
    assert answer.state not in CONVERGED_CONDITIONS
    assert mark_unverified(row, None).details == (
        "not verified: no up has found this deployment healthy yet; the next one asks",
    )


def test_a_site_that_is_behind_as_well_says_both_and_is_still_behind() -> None:
    fleet, declared = replace(FLEET, releases=(deployment("r2", 20, 21),)), settings("acme-de", "acme-fr")
    rows = list_site_statuses(declared, fleet, {"acme-de": 2, "acme-fr": 3})
    answer = mark_unverified(find_unverified(declared, fleet, rows, MANAGED, {})[0], "GET /: no connection")
    assert answer.is_behind
    assert answer.details[0] == "not verified: GET /: no connection"
    assert "the original has r2" in answer.details[1]

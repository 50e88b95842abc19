"""The state of a site, as ``mirrors status`` tells it."""

from dataclasses import replace

import pytest

from mirrors.planning.observed import SiteSeen, VariableSeen
from mirrors.planning.status import SiteStatus, State, statuses
from tests.unit.fleets import converged, deployment, fresh, seen, settings


def status_of(mirror: SiteSeen | None, **changes: object) -> SiteStatus:
    sites = [mirror] if mirror else []
    return statuses(settings("acme-de"), seen(*sites, **changes), {"acme": 1, "acme-de": 2})[1]


GOOD = converged("acme-de", 2)
RUNNING_WITH_9 = replace(GOOD, frozen={**GOOD.frozen, "SITE_ID": "9"})
EDITED = replace(GOOD, variables={**GOOD.variables, "SITE_ID": VariableSeen("9")})
WITHOUT_DATABASE = replace(GOOD, variables={k: v for k, v in GOOD.variables.items() if k != "DATABASE_URL"})


@pytest.mark.parametrize(
    ("mirror", "state", "detail"),
    [
        (GOOD, State.CONVERGED, ""),
        (None, State.MISSING, "acme-de"),
        (fresh("acme-de"), State.NOT_DEPLOYED, "never deployed"),
        (replace(GOOD, deployments=(*GOOD.deployments, deployment("x", 9))), State.DEPLOYING, "running"),
        (
            replace(GOOD, deployments=(*GOOD.deployments, deployment("x", 9, 10, success=False))),
            State.FAILED,
            "x failed",
        ),
        (EDITED, State.VARIABLES_DIFFER, "not as declared: SITE_ID"),
        (WITHOUT_DATABASE, State.VARIABLES_DIFFER, "not as declared: DATABASE_URL"),
        (RUNNING_WITH_9, State.VARIABLES_DIFFER, "set, but not deployed: SITE_ID"),
    ],
)
def test_the_state_of_a_mirror(mirror: SiteSeen | None, state: State, detail: str) -> None:
    status = status_of(mirror)
    assert status.state == state
    assert detail in " ".join(status.details)


def test_a_mirror_of_an_older_release_is_behind_the_original() -> None:
    status = status_of(GOOD, releases=(deployment("r1", 0, 1), deployment("r2", 8, 9)))
    assert status.state == State.BEHIND
    assert status.release == "r1"


def test_foreign_variables_are_listed_and_change_no_state() -> None:
    status = status_of(replace(GOOD, variables={**GOOD.variables, "EXTRA": VariableSeen("x")}))
    assert (status.state, status.foreign) == (State.CONVERGED, ("EXTRA",))


def test_the_original_serves_site_1_unless_it_says_otherwise() -> None:
    original = statuses(settings(), seen(), {})[0]
    assert (original.role, original.site_id, original.state) == ("original", 1, State.CONVERGED)
    assert original.url == "https://www.example.com/"

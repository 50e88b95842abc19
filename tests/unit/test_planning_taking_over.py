"""A preview says of a site whose deployment is new what ``status`` says once its variables are set."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrors.planning.adoption.forecast import (
    FirstDeploymentForecast,
    forecast_first_deployment,
    forecast_first_deployments,
)
from mirrors.planning.observed import ObservedDeployment, ObservedFleet, ObservedSite
from mirrors.planning.reports.site_status import CONVERGED_CONDITIONS
from mirrors.planning.reports.status import list_site_statuses
from tests.search import searching
from tests.unit.fleets import converged, deployment, fresh, original, seen, settings

NAMES = ("SITE_ID", "MIRRORS_APPLICATION", "DATABASE_URL", "DEFAULT_STORAGE_DSN")
SHARED = NAMES[2:]
GOOD = converged("acme-de", 2)
RELEASES = (deployment("r1", 0, 1), deployment("r2", 20, 21))
RUNS_WITH = st.fixed_dictionaries({}, optional={name: st.sampled_from(["as declared", "other"]) for name in NAMES})


@st.composite
def deployments(draw: st.DrawFn) -> tuple[ObservedDeployment, ...]:
    """Draw deployments of either release, that failed, that go on; in any order of time."""
    starts = draw(st.lists(st.integers(2, 60), unique=True, max_size=3))
    ends = [draw(st.sampled_from([True, True, False, None])) for _ in starts]
    return tuple(
        deployment(f"d{start}", start, None if end is None else start + 1, success=end)
        for start, end in zip(starts, ends, strict=True)
    )


@st.composite
def sites(draw: st.DrawFn) -> ObservedSite:
    """Return a mirror whose variables are set as declared, whatever it runs."""
    values = draw(RUNS_WITH)
    frozen = {
        name: GOOD.deployed_variables[name] if value == "as declared" else "other" for name, value in values.items()
    }
    ran = draw(deployments())
    return replace(GOOD, deployments=ran, deployed_variables=frozen if any(item.has_succeeded for item in ran) else {})


@searching(400)
@given(site=sites(), releases=st.sampled_from([RELEASES[:1], RELEASES]), releasing=st.booleans())
def test_a_site_is_taken_over_exactly_where_nothing_is_wrong_with_what_it_runs(
    site: ObservedSite, releases: tuple[ObservedDeployment, ...], releasing: bool
) -> None:
    declared = settings("acme-de", rollout={"health": False})
    fleet = replace(seen(site), releases=releases)
    found = forecast_first_deployment(declared, fleet, site, 2, releasing=releasing)
    state = list_site_statuses(declared, fleet, {"acme": 1, "acme-de": 2})[1].state
    runs_shared = any(name in site.deployed_variables for name in SHARED) or not site.deployed_variables
    if runs_shared:  # else the platform may have left them out, which proves nothing
        assert found.runs_as_declared is (state in CONVERGED_CONDITIONS and not releasing)
    assert found.runs_as_declared or found.why
    assert found.ran_before is any(item.has_succeeded for item in site.deployments)


@pytest.mark.parametrize(
    ("site", "expected"),
    [
        (GOOD, FirstDeploymentForecast(runs_as_declared=True)),
        (
            fresh("acme-de"),
            FirstDeploymentForecast(runs_as_declared=False, why="it was never deployed successfully", ran_before=False),
        ),
        (
            replace(
                GOOD,
                deployed_variables={
                    name: value for name, value in GOOD.deployed_variables.items() if name != "SITE_ID"
                },
            ),
            FirstDeploymentForecast(runs_as_declared=False, why="it runs without SITE_ID"),
        ),
        (
            replace(GOOD, deployed_variables={**GOOD.deployed_variables, "SITE_ID": "9"}),
            FirstDeploymentForecast(False, "it runs with another SITE_ID"),
        ),
        (
            replace(GOOD, deployed_variables={**GOOD.deployed_variables, "DATABASE_URL": None}),
            FirstDeploymentForecast(
                runs_as_declared=False, why="the platform hides the value of DATABASE_URL that it runs with"
            ),
        ),
        (
            replace(GOOD, deployments=(*GOOD.deployments, deployment("x", 30))),
            FirstDeploymentForecast(runs_as_declared=False, why="a deployment is running, and Mirrors waits for it"),
        ),
    ],
)
def test_it_says_what_speaks_against_it_and_no_value(site: ObservedSite, expected: FirstDeploymentForecast) -> None:
    assert forecast_first_deployment(settings("acme-de"), seen(site), site, 2, releasing=False) == expected


def test_a_new_release_is_none_for_a_site_that_follows_by_hand() -> None:
    fleet = replace(seen(GOOD), releases=RELEASES)
    assert (
        forecast_first_deployment(settings("acme-de"), fleet, GOOD, 2, releasing=False).why
        == "it runs an older release"
    )
    held = settings("acme-de", overrides={"mirrors": {"acme-de": {"hold": True}}})
    assert forecast_first_deployment(held, fleet, GOOD, 2, releasing=False).runs_as_declared


def releasing(taken_over: bool) -> ObservedFleet:
    own = original(deployed_variables={**original().deployed_variables, "THEME": "dark" if taken_over else "light"})
    return replace(seen(GOOD, original=own), releases=own.deployments, image_environment="e-acme")


@pytest.mark.parametrize("taken_over", [True, False])
def test_where_the_original_is_deployed_first_its_mirrors_are_too(taken_over: bool) -> None:
    fleet = {"original": {"application": "acme", "deploy": True, "variables": {"THEME": "dark"}}}
    declared = settings(fleet=fleet | {"mirrors": [{"application": "acme-de"}]}, imageFrom="matching")
    found = forecast_first_deployments(
        declared, releasing(taken_over), ["acme", "acme-de"], {"acme-de": 2}, original_deploys=True
    )
    assert {slug: item.runs_as_declared for slug, item in found.items()} == dict.fromkeys(
        ("acme", "acme-de"), taken_over
    )

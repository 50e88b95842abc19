"""When a site needs a deployment, and which release a deployment runs."""

import pytest

from mirrors.planning.observed import ObservedDeployment
from mirrors.planning.rollout.deployments import DeploymentStep, DesiredDeployment, decide_deployment
from mirrors.planning.rollout.releases import find_release, newest_successful
from tests.unit.fleets import deployment

RELEASES = (deployment("r1", 0, 10), deployment("r2", 20, 30), deployment("bad", 40, 50, success=False))
WANTED = DesiredDeployment("r2", {"SITE_ID": "2"})


@pytest.mark.parametrize(("start", "release"), [(5, None), (10, "r1"), (25, "r1"), (31, "r2"), (60, "r2")])
def test_a_mirror_runs_the_newest_release_that_was_ready_when_it_started(start: int, release: str | None) -> None:
    assert find_release(deployment("d", start, start + 1), RELEASES) == release


def test_the_newest_successful_is_found_in_any_order_of_the_list() -> None:
    expected = RELEASES[1]
    assert newest_successful(RELEASES) == newest_successful(reversed(RELEASES)) == expected


@pytest.mark.parametrize(
    ("deployments", "frozen", "step"),
    [
        ((), None, DeploymentStep("start")),
        ((deployment("d", 40, 41),), {"SITE_ID": "2"}, DeploymentStep("adopt", "d")),
        ((deployment("d", 40, 41),), {"SITE_ID": "1"}, DeploymentStep("start")),
        ((deployment("d", 40, 41),), {}, DeploymentStep("start")),
        ((deployment("d", 40, 41),), {"SITE_ID": None}, DeploymentStep("start")),
        ((deployment("d", 15, 16),), {"SITE_ID": "2"}, DeploymentStep("start")),
        ((deployment("d", 40, 41), deployment("run", 60)), {"SITE_ID": "2"}, DeploymentStep("attach", "run")),
        (
            (deployment("d", 40, 41), deployment("f", 60, 61, success=False)),
            {"SITE_ID": "2"},
            DeploymentStep("adopt", "d"),
        ),
    ],
)
def test_the_next_step(
    deployments: tuple[ObservedDeployment, ...], frozen: dict[str, str | None] | None, step: DeploymentStep
) -> None:
    assert decide_deployment(WANTED, deployments, RELEASES, frozen) == step


def test_a_newer_release_than_the_planned_one_suffices() -> None:
    done = (deployment("d", 40, 41),)
    assert decide_deployment(DesiredDeployment("r1", {}), done, RELEASES, {}) == DeploymentStep("adopt", "d")


@pytest.mark.parametrize(
    ("adopting", "frozen", "step"),
    [
        (True, {"SITE_ID": "2"}, DeploymentStep("adopt", "d")),
        (False, {"SITE_ID": "2"}, DeploymentStep("start")),
        (True, {"SITE_ID": "2", "MIRRORS_APPLICATION": "other"}, DeploymentStep("start")),
        (True, {"MIRRORS_APPLICATION": "acme-de"}, DeploymentStep("start")),
    ],
)
def test_a_site_made_by_hand_need_not_run_with_the_name_that_only_mirrors_writes(
    adopting: bool, frozen: dict[str, str | None], step: DeploymentStep
) -> None:
    wanted = DesiredDeployment("r2", {"SITE_ID": "2", "MIRRORS_APPLICATION": "acme-de"}, adopting)

    assert decide_deployment(wanted, (deployment("d", 40, 41),), RELEASES, frozen) == step


def test_an_original_that_mirrors_deploys_is_sufficient_whatever_its_release() -> None:
    done = (deployment("d", 0, 1),)
    assert decide_deployment(DesiredDeployment("", {"COLOUR": "red"}), done, done, {"COLOUR": "red"}) == DeploymentStep(
        "adopt", "d"
    )
    assert decide_deployment(
        DesiredDeployment("", {"COLOUR": "red"}), done, done, {"COLOUR": "blue"}
    ) == DeploymentStep("start")

"""Rollouts out of the times of deployments."""

from datetime import UTC, datetime, timedelta

import pytest

from mirrors.planning.observed import ObservedDeployment
from mirrors.planning.reports.timeline import LONGEST_PAUSE, ORIGINAL_WAVE, UNPLANNED_WAVE, PastRollout, find_rollouts
from mirrors.planning.rollout.waves import RolloutPlan, Wave

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
PLAN = RolloutPlan((Wave(1, ("de",)), Wave(3, ("fr", "it"))), held=("es",))


def deployment(start: float | None, end: float | None = None, success: bool | None = True) -> ObservedDeployment:
    """Return one by minutes after noon."""
    return ObservedDeployment(f"d{start}", moment(start), moment(end), None if end is None else success)


def moment(minutes: float | None) -> datetime | None:
    return None if minutes is None else NOON + timedelta(minutes=minutes)


def rollouts(count: int = 9, **deployments: list[ObservedDeployment]) -> tuple[PastRollout, ...]:
    return find_rollouts(deployments, "acme", PLAN, count)


def test_a_rollout_has_the_declared_waves_and_the_original_before_them() -> None:
    [found] = rollouts(
        it=[deployment(7, 9, success=False)],
        fr=[deployment(6, 8)],
        es=[deployment(6, 7)],
        de=[deployment(3, 5)],
        acme=[deployment(0, 2)],
    )
    assert [(wave.number, wave.sites) for wave in found.waves] == [
        (ORIGINAL_WAVE, ("acme",)),
        (1, ("de",)),
        (3, ("fr", "it")),
        (UNPLANNED_WAVE, ("es",)),
    ]
    assert (found.started_at, found.ended_at) == (NOON, NOON + timedelta(minutes=9))
    assert (found.failed, found.sites) == (("it",), ("acme", "de", "fr", "it", "es"))


def test_a_pause_longer_than_any_check_of_health_divides_two_rollouts() -> None:
    pause = LONGEST_PAUSE.total_seconds() / 60
    newer, older = rollouts(acme=[deployment(0, 10)], de=[deployment(10 + pause, 40)], fr=[deployment(41 + pause, 60)])
    assert older.sites == ("acme", "de")
    assert newer.sites == ("fr",)


def test_a_long_deployment_holds_a_rollout_together() -> None:
    [found] = rollouts(de=[deployment(0, 120)], fr=[deployment(100, 101)])
    assert found.sites == ("de", "fr")


def test_a_running_deployment_keeps_its_rollout_open_and_one_that_has_not_begun_is_in_none() -> None:
    [found] = rollouts(de=[deployment(0)], fr=[deployment(None)])
    assert (found.ended_at, found.sites, found.failed) == (None, ("de",), ())


@pytest.mark.parametrize(("count", "expected"), [(0, []), (1, ["it"]), (2, ["it", "fr"])])
def test_the_newest_come_first_and_no_more_than_asked_for(count: int, expected: list[str]) -> None:
    found = rollouts(count, de=[deployment(0, 1)], fr=[deployment(100, 101)], it=[deployment(200, 201)])
    assert [item.sites[0] for item in found] == expected


def test_a_site_that_deploys_twice_in_one_rollout_counts_once() -> None:
    [found] = rollouts(de=[deployment(0, 1, success=False), deployment(2, 3)])
    assert (found.sites, found.failed) == (("de",), ("de",))

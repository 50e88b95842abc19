"""The progress of a slow deployment, as a person at a terminal reads it."""

from mirrors.divio import Deployment
from mirrors.resources.deployment_runner import SAY_EVERY, patience

RUNNING = Deployment.model_validate({"uuid": "d1", "environment": "e1", "status": "deploying"})
DONE = Deployment.model_validate({"uuid": "d1", "environment": "e1", "status": "done", "success": True})


def heard(*looks: tuple[float, Deployment]) -> list[str]:
    """Return the messages at looks so many seconds after the beginning."""
    said: list[str] = []
    times = iter([1000.0, *(1000.0 + seconds for seconds, _ in looks)])
    look = patience("acme-de (test)", said.append, lambda: next(times))
    for _, deployment in looks:
        look(deployment)
    return said


def test_every_half_minute_it_says_what_it_waits_for_and_how_long() -> None:
    looks = [(float(seconds), RUNNING) for seconds in range(0, 96, 5)]
    assert heard(*looks) == [
        f"acme-de (test): still deploying after {seconds} s (deploying)" for seconds in (30, 60, 90)
    ]


def test_looks_that_are_far_apart_are_not_made_up_for() -> None:
    assert len(heard((3.5 * SAY_EVERY, RUNNING), (4.4 * SAY_EVERY, RUNNING), (4.5 * SAY_EVERY, RUNNING))) == 2


def test_what_has_ended_is_not_called_running() -> None:
    assert heard((SAY_EVERY - 1, RUNNING), (SAY_EVERY + 1, DONE)) == []

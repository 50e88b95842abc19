"""The progress of a slow deployment, as a person at a terminal reads it."""

from mirrors.divio import Deployment
from mirrors.resources.progress_lines import PROGRESS_INTERVAL, make_progress_callback

RUNNING = Deployment.model_validate({"uuid": "d1", "environment": "e1", "status": "deploying"})
DONE = Deployment.model_validate({"uuid": "d1", "environment": "e1", "status": "done", "success": True})


def heard(*looks: tuple[float, Deployment]) -> list[str]:
    """Return the messages at looks so many seconds after the beginning."""
    said: list[str] = []
    times = iter([1000.0, *(1000.0 + seconds for seconds, _ in looks)])
    look = make_progress_callback("acme-de (test)", said.append, lambda: next(times))
    for _, deployment in looks:
        look(deployment)
    return said


def test_every_half_minute_it_says_what_it_waits_for_and_how_long() -> None:
    looks = [(float(seconds), RUNNING) for seconds in range(0, 96, 5)]
    assert heard(*looks) == [
        f"acme-de (test): still deploying after {seconds} s (deploying)" for seconds in (30, 60, 90)
    ]


def test_looks_that_are_far_apart_are_not_made_up_for() -> None:
    assert (
        len(
            heard(
                (3.5 * PROGRESS_INTERVAL, RUNNING),
                (4.4 * PROGRESS_INTERVAL, RUNNING),
                (4.5 * PROGRESS_INTERVAL, RUNNING),
            )
        )
        == 2
    )


def test_what_has_ended_is_not_called_running() -> None:
    assert heard((PROGRESS_INTERVAL - 1, RUNNING), (PROGRESS_INTERVAL + 1, DONE)) == []

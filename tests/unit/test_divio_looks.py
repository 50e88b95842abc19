"""When deployments that are waited for together are looked at: no later than each by itself, in fewer looks."""

from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrors.divio import PollPolicy
from mirrors.divio.poll_schedule import PollSchedule

POLICY = PollPolicy()
HOUR = 3600.0  # seconds
NOT_LATER = 1e-6  # seconds, of the sums of floats


def looked_at(begun: dict[int, float], lasts: dict[int, float]) -> tuple[list[float], dict[int, list[float]]]:
    """Return the moments of all looks, and {wait: its own}, the one with which it begins among them."""
    looks: PollSchedule[int] = PollSchedule(POLICY)
    shared: list[float] = []
    own = {key: [moment] for key, moment in begun.items()}
    events = sorted([(at, key, True) for key, at in begun.items()] + [(at, key, False) for key, at in lasts.items()])
    waiting: set[int] = set()
    for moment, key, begins in [*events, (HOUR * 10, -1, False)]:
        while (due := looks.next_due) is not None and due < moment:
            shared.append(due)
            looks.record_poll(waiting, due)
            for each in waiting:
                own[each].append(due)
        if begins:
            waiting.add(key)
            looks.add(key, moment)
        else:
            waiting.discard(key)
            looks.remove(key)
    return shared, own


def pause_at(age: float) -> float:
    """Which pause a wait has that is looked at by itself, and is so old at a look or between two."""
    ages = [0.0, *accumulate(POLICY.delay(looks) for looks in range(1, 20))]
    return POLICY.delay(max(1, sum(at <= age + NOT_LATER for at in ages)))


begun_and_lasting = st.lists(
    st.tuples(st.floats(0, 120, allow_nan=False), st.floats(0.1, 400, allow_nan=False)), min_size=1, max_size=12
)


@given(begun_and_lasting)
def test_no_wait_is_looked_at_later_than_by_itself_and_no_look_follows_another_within_the_first_pause(
    times: list[tuple[float, float]],
) -> None:
    begun = dict(enumerate(begins for begins, _ in times))
    shared, own = looked_at(begun, {key: begun[key] + lasts for key, (_, lasts) in enumerate(times)})
    assert all(later - earlier >= POLICY.first - NOT_LATER for earlier, later in pairwise(shared))
    for key, moments in own.items():
        for earlier, later in pairwise(moments):
            assert later - earlier <= pause_at(earlier - begun[key]) + NOT_LATER


def test_one_that_no_one_else_waits_beside_is_looked_at_as_by_itself() -> None:
    shared, _ = looked_at({0: 0.0}, {0: 60.0})
    assert shared == pytest.approx(list(accumulate([1, 1, 1, 1, 1, 1.5, 2.25, 3.375, 5.0625, 7.59375, 10, 10, 10])))


def test_thirty_two_that_begin_one_after_the_other_cost_a_look_a_second_while_the_last_is_young() -> None:
    begun = {key: key / 10 for key in range(32)}
    shared, _ = looked_at(begun, dict.fromkeys(begun, 63.1))
    assert shared[:3] == pytest.approx([1, 2, 3])
    assert len(shared) <= 17


def test_where_nothing_is_waited_for_no_look_is_due() -> None:
    looks: PollSchedule[str] = PollSchedule(POLICY)
    assert looks.next_due is None
    looks.add("d1", 0)
    looks.remove("d1")
    looks.record_poll(["d1"], 1)
    assert looks.next_due is None

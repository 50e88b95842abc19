"""Which provider process waits for whose deployment."""

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrors.lanes import A_LANE, lanes_for, spread
from mirrors.planning.allocate import SiteHint, likely_ids


def mirrors(*ids: int | None) -> list[SiteHint]:
    """The original, and a mirror for each id; None where it has none yet."""
    return [SiteHint("original", "acme", original=True, observed=1)] + [
        SiteHint(f"application-{place}", f"m{place}", observed=site_id) for place, site_id in enumerate(ids)
    ]


@given(st.integers(1, 22), st.integers(0, 100), st.booleans())
def test_sites_fill_the_lanes_evenly_whether_they_have_their_ids_or_not(lanes: int, count: int, known: bool) -> None:
    lane_of = spread(mirrors(*(place + 2 if known else None for place in range(count))), lanes)
    shares = [list(lane_of.values()).count(lane) for lane in range(lanes)]
    assert sum(shares) == count + 1
    assert max(shares) <= ceil((count + 1) / lanes) + 2


@pytest.mark.parametrize("step", [2, 5, 10, 50, 100, 1000])
@pytest.mark.parametrize("lanes", [2, 4, 10, 11, 22])
def test_ids_that_somebody_has_chosen_in_steps_fill_the_lanes_too(lanes: int, step: int) -> None:
    lane_of = spread(mirrors(*range(step, 65 * step, step)), lanes)
    shares = [list(lane_of.values()).count(lane) for lane in range(lanes)]
    assert max(shares) <= ceil(65 / lanes) + 3


def test_as_many_are_waited_for_in_a_process_as_leave_it_a_thread() -> None:
    assert [lanes_for(parallel) for parallel in (1, A_LANE, A_LANE + 1, 32)] == [1, 1, 2, 11]


@given(st.lists(st.integers(2, 400), unique=True, min_size=1), st.integers(1, 22), st.data())
def test_a_mirror_with_an_id_stays_where_it_is_whoever_comes_or_goes(
    ids: list[int], lanes: int, data: st.DataObject
) -> None:
    left = data.draw(st.sets(st.sampled_from(ids)))
    stay = [site for site in mirrors(*ids) if site.observed not in left]
    after = spread([*stay, SiteHint("new", "new")], lanes)
    assert {name: lane for name, lane in after.items() if name != "new"}.items() <= spread(mirrors(*ids), lanes).items()


def test_a_declared_id_counts_more_than_the_one_that_a_site_has() -> None:
    assert likely_ids([SiteHint("a", "a", declared=7, observed=3), SiteHint("b", "b")]) == {"a": 7, "b": 2}

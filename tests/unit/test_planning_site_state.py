"""What a state has of a site: how it is written, and what is read out of it."""

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from mirrors.planning.names import write_order
from mirrors.planning.site_state import (
    ABSENT,
    FINGERPRINT_BYTES,
    HINTS,
    INPUTS,
    OUTPUTS,
    RUNNING,
    Entries,
    Entry,
    Properties,
    SiteState,
    after_writing,
    different,
    entry_of,
    fingerprint,
    is_variable,
    key_of,
    name_of,
    running_entries,
)
from tests.search import searching
from tests.unit.site_states import KEY, declarations, deployed, names, plain, values, values_of

many = searching(150)
OURS = frozenset({*INPUTS, *OUTPUTS, *HINTS, "id", "urn", "__provider"})
BOTH = declarations().flatmap(lambda wanted: st.tuples(st.just(wanted), deployed(wanted)))
"""What is declared, and a site that has some of it."""


def stored(properties: Properties) -> Properties:
    """As it comes back from a state."""
    read: Properties = json.loads(json.dumps(properties))
    return read


@many
@given(st.frozensets(names))
def test_a_variable_of_any_name_has_a_property_of_its_own(chosen: frozenset[str]) -> None:
    keys = {name: key_of(name) for name in chosen}
    with_running = [*keys.values(), *(f"{key}{RUNNING}" for key in keys.values())]
    assert len({*with_running}) == 2 * len(chosen)
    assert all(map(is_variable, with_running))
    assert not OURS & {*with_running}
    assert not [key for key in with_running if key.startswith("_")]
    assert {name_of(key) for key in with_running} == chosen


def test_a_usual_name_is_its_own_property() -> None:
    assert [key_of(name) for name in ("SITE_ID", "A1", "site", "id", "_A")] == ["SITE_ID", "A1", "=site", "=id", "=_A"]


@many
@given(value=values, secret=st.booleans(), sensitive=st.booleans())
def test_an_entry_is_read_as_it_was_written(value: str, *, secret: bool, sensitive: bool) -> None:
    entry = Entry(value, secret, sensitive)
    assert Entry.of(entry.stored) == entry
    assert entry.stored != ABSENT


def test_what_is_usual_is_written_short() -> None:
    assert Entry("x").stored == "x"
    assert Entry("x", secret=True, sensitive=True).stored == {"fingerprint": "x"}
    assert Entry("x", secret=True).stored == {"fingerprint": "x", "sensitive": False}
    assert Entry("x", sensitive=True).stored == {"value": "x", "sensitive": True}


@many
@given(deployed())
def test_a_site_that_runs_something_is_read_as_it_was_written(site: SiteState) -> None:
    assert SiteState.of(stored(site.outputs)) == site
    of_inputs = replace(site, deployment=None, url=None, failed=None, attempt=None)
    assert SiteState.of(stored(site.inputs)) == of_inputs


@many
@given(deployed())
def test_of_a_site_that_runs_nothing_the_state_has_what_is_set(site: SiteState) -> None:
    """Without a release, which each declared one has: so it is a change."""
    site = replace(site, deployment=None, url=None)
    properties = stored(site.outputs)
    read = SiteState.of(properties)
    assert (read.is_set, read.found, read.failed) == (site.is_set, site.found, site.failed)
    assert (read.deployment, "release" in properties) == (None, False)
    assert read.needs_deployment(site.is_set, "", verified=None)


@many
@given(deployed())
def test_what_runs_is_written_only_where_it_is_not_what_is_set(site: SiteState) -> None:
    keys = [key for key in site.outputs if key.endswith(RUNNING)]
    assert [name_of(key) for key in keys] == different(site.is_set, site.runs)
    if values_of(site.is_set) == values_of(site.runs):
        assert keys == []


@many
@given(both=BOTH, verified=st.booleans())
def test_a_site_is_deployed_unless_it_runs_what_is_declared(both: tuple[Entries, SiteState], *, verified: bool) -> None:
    """How a variable is flagged on the platform is no reason."""
    declared, site = both
    runs_as_declared = (
        site.failed is None
        and site.release == "r-1"
        and values_of(site.runs) == values_of(declared)
        and (not verified or site.verified is True)
    )
    assert site.needs_deployment(declared, "r-1", verified=verified) is not runs_as_declared
    assert replace(site, deployment=None).needs_deployment(declared, "r-1", verified=verified)


@given(declarations())
def test_a_site_that_runs_what_is_declared_is_not_deployed(declared: Entries) -> None:
    site = SiteState(declared, declared, release="r-1", verified=True, deployment="d-1")
    assert not site.needs_deployment(declared, "r-1", verified=True)
    assert not site.needs_deployment(declared, "r-1", verified=None)
    assert site.needs_deployment(declared, "r-2", verified=True)
    assert replace(site, verified=False).needs_deployment(declared, "r-1", verified=True)


@many
@given(declarations(), declarations())
def test_what_differs_is_named_in_the_order_of_writing(before: Entries, now: Entries) -> None:
    names_ = [name for name in {*before, *now} if values_of(before).get(name) != values_of(now).get(name)]
    assert different(before, now) == write_order(names_)
    assert {*different(now, before)} == {*names_}
    assert different(now, now) == []


def test_after_a_failed_attempt_is_set_what_it_wrote_and_runs_what_ran() -> None:
    old, new = plain("old"), plain("new")
    before = SiteState({"A": old, "B": old}, {"A": old, "B": old}, deployment="d-1", release="r-1")
    after = after_writing(before, {"A": new, "C": new}, (), frozenset({"B"}))
    assert after.is_set == {"A": new, "B": old, "C": new}
    assert after.outputs == {
        "A": "new",
        "B": "old",
        "C": "new",
        "A (running)": "old",
        "C (running)": {"absent": True},
        "found": ["B"],
        "release": "r-1",
        "deployment": "d-1",
    }
    assert after_writing(SiteState(), {"A": new}, (), frozenset()).outputs == {"A": "new"}


@many
@given(names, values, values)
def test_a_fingerprint_tells_whether_a_secret_is_the_same_and_nothing_else(name: str, one: str, other: str) -> None:
    ours = fingerprint(KEY, name, one)
    assert (ours == fingerprint(KEY, name, other)) is (one == other)
    assert ours not in (fingerprint("another-site", name, one), fingerprint(KEY, f"{name}_", one))
    assert len(ours) == -(-FINGERPRINT_BYTES * 4 // 3)


def test_a_secret_is_stored_as_its_fingerprint_and_never_in_clear() -> None:
    site = SiteState({"T": entry_of(KEY, "T", "hunter22", secret=True, sensitive=True)}, {}, deployment="d-1")
    assert "hunter22" not in json.dumps(site.outputs) + repr(site)
    assert site.inputs["T"] == {"fingerprint": fingerprint(KEY, "T", "hunter22")}
    assert site.inputs["T (running)"] == {"absent": True}


def test_of_a_deployment_what_is_not_shown_is_taken_to_be_the_known_one() -> None:
    known = {
        "A": plain("a"),
        "B": plain("b"),
        "S": entry_of(KEY, "S", "s", secret=True, sensitive=True),
        "T": entry_of(KEY, "T", "t", secret=True, sensitive=False),
        "U": entry_of(KEY, "U", "u", secret=True, sensitive=True),
    }
    frozen = {"A": "a", "S": None, "T": "other", "FOREIGN": "x"}
    assert running_entries(known, frozen, KEY) == {
        "A": known["A"],
        "S": known["S"],
        "T": entry_of(KEY, "T", "other", secret=True, sensitive=False),
    }
    assert running_entries(known, {"A": "a"}, KEY) == {name: known[name] for name in "ASTU"}

"""The state of a site: how it is written, and what is read out of it."""

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from mirrors.planning.site_properties import (
    ABSENT_ENTRY,
    CHECK_ONLY,
    INPUTS,
    OUTPUTS,
    RUNNING_SUFFIX,
    Properties,
    is_variable,
    make_property_key,
    read_variable_name,
)
from mirrors.planning.site_state import SiteState, record_writes
from mirrors.planning.variable_entries import (
    FINGERPRINT_BYTES,
    VariableEntries,
    VariableEntry,
    find_differences,
    fingerprint_secret,
    make_deployed_entries,
    make_entry,
)
from mirrors.planning.variables.names import sort_for_writing
from tests.search import searching
from tests.unit.site_states import KEY, declarations, deployed, names, plain, values, values_of

many = searching(150)
OWN = frozenset({*INPUTS, *OUTPUTS, *CHECK_ONLY, "id", "urn", "__provider"})
BOTH = declarations().flatmap(lambda wanted: st.tuples(st.just(wanted), deployed(wanted)))
"""A declaration, and a site that has some of it."""


def stored(properties: Properties) -> Properties:
    """Return it as it comes back from a state."""
    read: Properties = json.loads(json.dumps(properties))
    return read


@many
@given(st.frozensets(names))
def test_a_variable_of_any_name_has_a_property_of_its_own(chosen: frozenset[str]) -> None:
    keys = {name: make_property_key(name) for name in chosen}
    with_running = [*keys.values(), *(f"{key}{RUNNING_SUFFIX}" for key in keys.values())]
    assert len({*with_running}) == 2 * len(chosen)
    assert all(map(is_variable, with_running))
    assert not OWN & {*with_running}
    assert not [key for key in with_running if key.startswith("_")]
    assert {read_variable_name(key) for key in with_running} == chosen


def test_a_usual_name_is_its_own_property() -> None:
    assert [make_property_key(name) for name in ("SITE_ID", "A1", "site", "id", "_A")] == [
        "SITE_ID",
        "A1",
        "=site",
        "=id",
        "=_A",
    ]


@many
@given(value=values, secret=st.booleans(), sensitive=st.booleans())
def test_an_entry_is_read_as_it_was_written(value: str, *, secret: bool, sensitive: bool) -> None:
    entry = VariableEntry(value, secret, sensitive)
    assert VariableEntry.of(entry.stored) == entry
    assert entry.stored != ABSENT_ENTRY


def test_what_is_usual_is_written_short() -> None:
    assert VariableEntry("x").stored == "x"
    assert VariableEntry("x", secret=True, sensitive=True).stored == {"fingerprint": "x"}
    assert VariableEntry("x", secret=True).stored == {"fingerprint": "x", "sensitive": False}
    assert VariableEntry("x", sensitive=True).stored == {"value": "x", "sensitive": True}


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
    site = replace(site, deployment=None, url=None).with_wanted_release(site.release)
    properties = stored(site.outputs)
    read = SiteState.of(properties)
    assert (read.is_set, read.found, read.failed) == (site.is_set, site.found, site.failed)
    assert (read.deployment, "release" in site.inputs) == (None, False)
    assert read.needs_deployment(SiteState(site.is_set, release=""))


@many
@given(deployed())
def test_what_runs_is_written_only_where_it_is_not_what_is_set(site: SiteState) -> None:
    keys = [key for key in site.outputs if key.endswith(RUNNING_SUFFIX)]
    assert [read_variable_name(key) for key in keys] == find_differences(site.is_set, site.runs)
    if values_of(site.is_set) == values_of(site.runs):
        assert keys == []


@many
@given(both=BOTH, verified=st.sampled_from((None, True)))
def test_a_site_is_deployed_unless_it_runs_what_is_declared(
    both: tuple[VariableEntries, SiteState], *, verified: bool | None
) -> None:
    """How a variable is flagged on the platform is no reason, nor is that the site's health is unknown."""
    declared, site = SiteState(both[0], release="r-1", verified=verified), both[1]
    runs_as_declared = site.release == "r-1" and values_of(site.only_managed(both[0]).runs) == values_of(both[0])
    assert site.needs_deployment(declared) is not runs_as_declared
    assert replace(site, deployment=None).needs_deployment(declared)
    healthy = site.failed is None and (verified is None or site.verified is True)
    assert site.needs_health_check(declared) is not healthy
    assert site.matches(declared) is (runs_as_declared and healthy and site.is_set == declared.is_set)


@many
@given(both=BOTH)
def test_what_was_there_before_mirrors_and_is_declared_no_more_is_no_reason_to_deploy(
    both: tuple[VariableEntries, SiteState],
) -> None:
    declared, site = both
    known = {*site.is_set, *site.runs}
    site = replace(site, found=frozenset(known), runs={**site.runs, **declared}, release="r-1", failed=None)
    assert not site.needs_deployment(SiteState(declared, release="r-1"))
    assert site.only_managed(declared).known.keys() <= declared.keys()
    assert replace(site, found=frozenset()).only_managed(declared).known == site.known


@given(declarations())
def test_a_site_that_runs_what_is_declared_is_not_deployed(declared: VariableEntries) -> None:
    site = SiteState(declared, declared, release="r-1", verified=True, deployment="d-1")
    wanted = SiteState(declared, release="r-1", verified=True)
    assert site.matches(wanted)
    assert site.matches(replace(wanted, verified=None))
    assert not site.matches(replace(wanted, release="r-2"))
    assert not replace(site, verified=False).matches(wanted)


def test_a_deployment_is_outdated_for_sure_only_by_what_the_state_knows_of_it() -> None:
    runs = SiteState(
        {"A": VariableEntry("1")},
        {"A": VariableEntry("1")},
        release="r1",
        deployment="d1",
        url=None,
        image_environment="live",
    )
    assert runs.outdated_by(runs) is None
    assert runs.outdated_by(replace(runs, release="r2")) == "release"
    assert runs.outdated_by(replace(runs, release="")) is None
    assert runs.outdated_by(replace(runs, is_set={"A": VariableEntry("2")})) == "value"
    assert runs.outdated_by(replace(runs, is_set={"A": VariableEntry("2")}, release="r2")) == "value", "it is surer"
    assert runs.outdated_by(replace(runs, is_set={"A": VariableEntry("1"), "B": VariableEntry("1")})) is None, (
        "it may run with B"
    )
    assert runs.outdated_by(replace(runs, is_set={"A": VariableEntry("fingerprint", secret=True)})) is None


@many
@given(both=BOTH)
def test_an_outdated_deployment_is_a_reason_to_deploy(both: tuple[VariableEntries, SiteState]) -> None:
    declared, site = SiteState(both[0], release="r-1"), both[1]
    assert site.needs_deployment(declared) or site.outdated_by(declared) is None


@many
@given(deployed(), st.sampled_from((None, "keep-release", "held", "paused")))
def test_what_follows_no_release_keeps_the_one_that_it_runs(site: SiteState, rollout: str | None) -> None:
    """The inputs may be those of an attempt that failed."""
    attempt = replace(site, release="r-9", image_environment="e-9", verified=True, deployment=None)
    before = replace(site, image_environment="e-1")
    now = attempt.with_kept_release(before, rollout)
    kept = (site.release, "e-1") if rollout in ("keep-release", "held") else ("r-9", "e-9")
    assert (now.release, now.image_environment) == kept
    assert now.verified is (site.verified if rollout == "held" else True)
    assert now.is_set == site.is_set
    new = attempt.with_kept_release(SiteState(), rollout)
    assert (new.release, new.image_environment) == ("" if rollout in ("keep-release", "held") else "r-9", "e-9")


def test_without_a_deployment_is_known_only_that_no_release_is_wanted() -> None:
    assert [SiteState().with_wanted_release(release).release for release in ("", "r-1", None)] == ["", None, None]
    assert SiteState(release="r-1", deployment="d-1").with_wanted_release("").release == "r-1"


@many
@given(declarations(), declarations())
def test_what_differs_is_named_in_the_order_of_writing(before: VariableEntries, now: VariableEntries) -> None:
    names_ = [name for name in {*before, *now} if values_of(before).get(name) != values_of(now).get(name)]
    assert find_differences(before, now) == sort_for_writing(names_)
    assert {*find_differences(now, before)} == {*names_}
    assert find_differences(now, now) == []


def test_after_a_failed_attempt_is_set_what_it_wrote_and_runs_what_ran() -> None:
    old, new = plain("old"), plain("new")
    before = SiteState({"A": old, "B": old}, {"A": old, "B": old}, deployment="d-1", release="r-1")
    after = record_writes(before, {"A": new, "C": new}, (), frozenset({"B"}))
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
        "url": "",
    }
    assert record_writes(SiteState(), {"A": new}, (), frozenset()).outputs == {"A": "new", "url": ""}


@many
@given(names, values, values)
def test_a_fingerprint_tells_whether_a_secret_is_the_same_and_nothing_else(name: str, one: str, other: str) -> None:
    own = fingerprint_secret(KEY, name, one)
    assert (own == fingerprint_secret(KEY, name, other)) is (one == other)
    assert own not in (fingerprint_secret("another-site", name, one), fingerprint_secret(KEY, f"{name}_", one))
    assert len(own) == -(-FINGERPRINT_BYTES * 4 // 3)


def test_a_secret_is_stored_as_its_fingerprint_and_never_in_clear() -> None:
    site = SiteState({"T": make_entry(KEY, "T", "hunter22", secret=True, sensitive=True)}, {}, deployment="d-1")
    assert "hunter22" not in json.dumps(site.outputs) + repr(site)
    assert site.inputs["T"] == {"fingerprint": fingerprint_secret(KEY, "T", "hunter22")}
    assert site.inputs["T (running)"] == {"absent": True}


def test_of_a_deployment_of_anothers_making_what_is_not_shown_is_not_known() -> None:
    known = {
        "A": plain("a"),
        "B": plain("b"),
        "S": make_entry(KEY, "S", "s", secret=True, sensitive=True),
        "T": make_entry(KEY, "T", "t", secret=True, sensitive=False),
        "U": make_entry(KEY, "U", "u", secret=True, sensitive=True),
    }
    frozen = {"A": "a", "S": None, "T": "other", "FOREIGN": "x"}
    assert make_deployed_entries(known, known, frozen, KEY) == {
        "A": known["A"],
        "T": make_entry(KEY, "T", "other", secret=True, sensitive=False),
    }
    assert make_deployed_entries(known, known, {"A": "a"}, KEY) == {"A": known["A"]}

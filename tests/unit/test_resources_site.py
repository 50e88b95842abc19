"""The result of a site's ``check`` for what is declared. It asks no platform, so no provider process is needed."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.output import UNKNOWN, Unknown

from mirrors.config.connection import load_divio_connection
from mirrors.errors import MirrorsError
from mirrors.planning.site_properties import RUNNING_SUFFIX, make_property_key, read_variable_name
from mirrors.planning.site_state import SiteState
from mirrors.planning.variable_entries import VariableEntries
from mirrors.planning.variables.names import SITE_VARIABLES
from mirrors.resources.process import PROCESS_MEMORY, ProcessMemory
from mirrors.resources.site import SiteProvider
from mirrors.resources.site_ids import record_found
from tests.search import searching
from tests.unit.site_states import KEY, deployed, names, values, values_of
from tests.wire.provider import in_clear, marked

many = searching(120)
WHERE = {"site": "acme-de (test)", "environment": "e-de", "image_environment": "e-image"}
Variables = Mapping[str, Mapping[str, Any]]

variables = st.dictionaries(
    names, st.fixed_dictionaries({"value": values, "secret": st.booleans(), "sensitive": st.booleans()}), max_size=6
)
rollouts = st.sampled_from((None, "keep-release"))


@pytest.fixture(autouse=True)
def new_process() -> None:
    """It has heard of no state yet."""
    PROCESS_MEMORY.stored_sites.clear()


def news(declared: Variables, **more: Any) -> dict[str, Any]:
    return {**WHERE, "release": "r-1", "variables": declared, "found": {}, "observed": {}, "rollout": None, **more}


def checked(olds: Mapping[str, Any], given_: Mapping[str, Any]) -> dict[str, Any]:
    """Return it as the engine stores it: secrets without their mark."""
    answer = SiteProvider().check(dict(olds), dict(given_))
    assert answer.failures == []
    inputs: dict[str, Any] = in_clear(answer.inputs)
    return inputs


def as_stored(site: SiteState) -> dict[str, Any]:
    """Return the inputs of a site after a refresh."""
    return WHERE | {"hmac_key": KEY} | site.inputs


def entries_of(declared: Variables) -> VariableEntries:
    """Fingerprinted with the key that the state has."""
    return SiteState.of(checked({"hmac_key": KEY, "environment": "e-de"}, news(declared))).is_set


@st.composite
def both(draw: st.DrawFn) -> tuple[Variables, SiteState]:
    declared: Variables = draw(variables)
    return declared, draw(deployed(entries_of(declared)))


@many
@given(variables, st.frozensets(names, max_size=3), rollouts)
def test_what_is_set_and_runs_as_declared_is_no_change(
    declared: Variables, found: frozenset[str], rollout: str | None
) -> None:
    entries = entries_of(declared)
    site = SiteState(entries, entries, found, "r-1", verified=True, deployment="d-1")
    olds = as_stored(site)
    observed = {name: {"sensitive": False} for name in declared}
    assert checked(olds, news(declared, verified=True, observed=observed, rollout=rollout)) == olds


@many
@given(both(), rollouts)
def test_each_property_that_changes_names_what_is_not_set_as_declared_or_does_not_run_as_set(
    states: tuple[Variables, SiteState], rollout: str | None
) -> None:
    declared, site = states
    entries, olds = entries_of(declared), as_stored(site)
    inputs = checked(olds, news(declared, rollout=rollout))
    changing = {key for key in {*olds, *inputs} if olds.get(key) != inputs.get(key)} - {"release", "verified"}
    is_set = {
        make_property_key(name) for name in {*site.is_set, *entries} if site.is_set.get(name) != entries.get(name)
    }
    runs, there = values_of(site.runs), values_of(site.is_set)
    otherwise = {name for name in {*runs, *there} if runs.get(name) != there.get(name)}
    running = {f"{make_property_key(name)}{RUNNING_SUFFIX}" for name in otherwise}
    assert changing == is_set | running


@many
@given(both(), rollouts)
def test_what_was_checked_is_checked_again_without_a_change(
    states: tuple[Variables, SiteState], rollout: str | None
) -> None:
    """Also where no refresh comes between two updates; and one finds nothing of what was repaired."""
    declared, site = states
    once = checked(as_stored(site), news(declared, rollout=rollout))
    assert checked(once, news(declared, rollout=rollout)) == once
    assert not [key for key in once if key.endswith(RUNNING_SUFFIX)]


@many
@given(variables)
def test_no_secret_is_in_what_is_checked(declared: Variables) -> None:
    hidden = {name: {**item, "value": f"canary-{item['value']}", "secret": True} for name, item in declared.items()}
    answer = SiteProvider().check({}, news(hidden))
    assert "canary-" not in json.dumps(answer.inputs)
    assert answer.inputs["hmac_key"] == marked(in_clear(answer.inputs["hmac_key"]))
    remembered = PROCESS_MEMORY.require_checked_site("e-de", "acme-de (test)")
    assert remembered.values == {name: item["value"] for name, item in hidden.items()}
    assert remembered.secrets == hidden.keys()
    assert "canary-" not in repr(remembered)


def test_the_key_is_the_sites_own_and_stays() -> None:
    first, second = checked({}, news({})), checked({}, news({}))
    assert len({first["hmac_key"], second["hmac_key"]}) == 2
    assert checked(first, news({}))["hmac_key"] == first["hmac_key"]


def test_another_environment_is_another_site() -> None:
    stored = as_stored(SiteState(found=frozenset({"THEME"}), release="r-0", deployment="d-1"))
    moved = checked(stored, news({}, environment="e-other", rollout="keep-release"))
    assert moved["hmac_key"] != KEY
    assert (moved.get("found"), moved["release"]) == (None, "")


def test_a_paused_site_keeps_what_it_has() -> None:
    site = SiteState(
        {"A": entries_of(plain("A", "1"))["A"]}, {}, frozenset({"A"}), "r-0", verified=False, deployment="d"
    )
    olds = as_stored(site)
    assert checked(olds, news(plain("A", "2"), release="r-9", verified=True, rollout="paused")) == olds
    new = checked({}, news(plain("A", "2"), rollout="paused"))
    assert new["A"] == "2"


def test_what_is_not_known_yet_stays_so_and_is_not_remembered() -> None:
    item = {"value": UNKNOWN, "secret": False, "sensitive": False}
    answer = SiteProvider().check({}, news({"SITE_ID": item, "A": {**item, "value": "1"}}))
    assert isinstance(answer.inputs["SITE_ID"], Unknown)
    assert answer.inputs["A"] == "1"
    assert PROCESS_MEMORY.require_checked_site("e-de", "acme-de (test)").values == {"A": "1"}


def plain(*pairs: str) -> dict[str, dict[str, Any]]:
    return {
        name: {"value": value, "secret": False, "sensitive": False}
        for name, value in zip(pairs[::2], pairs[1::2], strict=True)
    }


@pytest.mark.parametrize(
    ("now", "names_"),
    [(("A", "2", "B", "1"), "A"), (("B", "1"), "A"), (("A", "1", "B", "1", "C", "1"), "C"), (("A", "1", "B", "1"), "")],
    ids=["changed", "removed", "added", "the same"],
)
def test_a_held_site_whose_variables_change_is_a_failure_that_names_them(now: tuple[str, ...], names_: str) -> None:
    entries = entries_of(plain("A", "1", "B", "1"))
    olds = as_stored(SiteState(entries, entries, release="r-0", verified=True, deployment="d-1"))
    answer = SiteProvider().check(olds, news(plain(*now), rollout="held"))
    assert answer.inputs["release"] == "r-0"
    assert [(item.property, item.reason.split(". ")[0]) for item in answer.failures] == (
        [("", f"acme-de (test): it is held, but its variables change: {names_}")] if names_ else []
    )


def test_a_held_site_may_not_have_what_it_runs_with_repaired() -> None:
    entries = entries_of(plain("A", "1"))
    olds = as_stored(SiteState(entries, entries_of(plain("A", "2")), release="r-0", deployment="d-1"))
    [failure] = SiteProvider().check(olds, news(plain("A", "1"), rollout="held")).failures
    assert "its variables change: A. " in failure.reason


@pytest.mark.parametrize(
    ("ledger", "observed", "found"),
    [
        ({"THEME": True}, {"THEME": {}}, ["THEME"]),
        ({"THEME": True}, {}, ["THEME"]),
        ({}, {"THEME": {}}, ["THEME"]),
        ({}, {"FOREIGN": {}}, None),
        ({}, {"SITE_ID": {}, "THEME": {}}, ["THEME"]),
        ({}, {"SITE_ID": {}, "MIRRORS_APPLICATION": {}, "THEME": {}}, None),
    ],
    ids=["known", "known and gone", "set since", "not declared", "our first write", "our write, interrupted"],
)
def test_what_was_there_before_mirrors_is_the_ledgers_and_what_was_set_since(
    ledger: dict[str, bool], observed: dict[str, Any], found: list[str] | None
) -> None:
    declared = plain("THEME", "red", *(item for name in SITE_VARIABLES for item in (name, "2")))
    assert checked({}, news(declared, found=ledger, observed=observed)).get("found") == found


def test_what_was_found_is_decided_once_and_what_is_declared_later_may_be_theirs() -> None:
    first = checked({}, news(plain("A", "1"), found={"A": False}))
    later = news(plain("A", "1", "B", "1", "C", "1"), found={"C": False}, observed={"A": {}, "B": {}})
    assert checked(first, later)["found"] == ["A", "B"]


def test_what_is_replaced_keeps_what_was_found_though_its_check_gets_no_old_inputs() -> None:
    """The engine checks twice then, or has the old one removed before."""
    entries = entries_of(plain("THEME", "red", "OWN", "1"))
    olds = as_stored(SiteState(entries, entries, frozenset({"THEME"}), "r-1", deployment="d-1"))
    declared = plain("THEME", "red", "OWN", "1", "NEW", "x", "MIRRORS_APPLICATION", "acme-de")
    later = news(declared, observed={name: {"sensitive": False} for name in declared})
    assert checked(olds, later)["found"] == checked({}, later)["found"] == ["MIRRORS_APPLICATION", "NEW", "THEME"]


def test_what_was_there_before_mirrors_may_be_declared_no_more_at_a_held_site() -> None:
    """It stays as it is, so nothing changes there."""
    entries = entries_of(plain("THEME", "red", "OWN", "1"))
    olds = as_stored(SiteState(entries, entries, frozenset({"THEME"}), "r-1", deployment="d-1"))
    assert SiteProvider().check(olds, news(plain("OWN", "1"), rollout="held")).failures == []


def test_the_ledger_has_what_was_there_before_the_first_write() -> None:
    """A site that is on no list any more is forgotten: what it has on a return is what was there before that."""
    first = record_found({}, {"e-de": {"THEME": False}, "e-fr": {}})
    later = record_found(first, {"e-de": {"THEME": True, "SITE_ID": False}, "e-ch": {"A": True}})
    assert later == {"e-de": {"THEME": False}, "e-ch": {"A": True}}


def test_what_was_not_checked_in_this_process_is_an_error() -> None:
    with pytest.raises(MirrorsError, match=r"^acme-it \(test\): .*\[site-not-checked\]"):
        ProcessMemory().require_checked_site("e-it", "acme-it (test)")
    assert ProcessMemory().find_checked_site("e-it") is None


def test_a_paused_site_that_the_state_does_not_know_is_not_written_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """No platform is there to be asked."""
    provider = SiteProvider()
    environ = {"DIVIO_API_URL": "http://127.0.0.1:9", "DIVIO_API_TOKEN": "t"}
    monkeypatch.setattr(provider, "connection", load_divio_connection({}, environ), raising=False)
    inputs = checked({}, news(plain("A", "1"), rollout="paused"))
    with pytest.raises(MirrorsError, match=r"\[paused-site-needs-deployment\]"):
        provider.create(inputs)
    assert provider.update("e-de", inputs | {"deployment": "d-1"}, inputs).outs == (
        inputs | {"hmac_key": marked(inputs["hmac_key"]), "deployment": "d-1"}
    )


def test_a_collected_failure_is_a_change_unless_the_site_is_paused() -> None:
    site = SiteState(release="r-1", deployment="d-1")
    olds = as_stored(site) | site.outputs
    for rollout, changes in ((None, True), ("paused", None)):
        inputs = checked(olds, news({}, rollout=rollout))
        assert SiteProvider().diff("e-de", olds | {"failed": "it failed"}, inputs).changes is changes
        assert SiteProvider().diff("e-de", olds, inputs).changes is None
    replaced = SiteProvider().diff("e-de", olds, inputs | {"environment": "e-other"})
    assert replaced.replaces == ["environment"]


def test_every_property_of_a_check_is_mirrors_own_or_a_variables() -> None:
    olds = as_stored(SiteState(entries_of(plain("A", "1")), {}, release="r-1", deployment="d-1"))
    inputs = checked(olds, news(plain("A", "2"), verified=True))
    assert {read_variable_name(key) for key in inputs} == {*WHERE, "release", "verified", "hmac_key", "A"}

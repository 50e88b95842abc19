"""A site whose update failed on the way: Mirrors keeps what it has made by then; the next run goes on from there."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.wire.declared import DATABASE, START, mirror, plain, secret
from tests.wire.kept import Kept
from tests.wire.platform import CANARY, Site
from tests.wire.provider import Refused

BAD = "my-var"
"""A name that the platform refuses, after those before it were written."""


def failing(call: Callable[[], object]) -> dict[str, Any]:
    """Return what the engine stores then."""
    with pytest.raises(Refused, match="the platform refuses my-var: ") as failed:
        call()
    assert failed.value.kept is not None
    assert CANARY not in json.dumps([str(failed.value), failed.value.kept])
    return failed.value.kept


def test_what_a_failed_create_has_made_stays_mirrors_own(kept: Kept, later: Kept, site: Site) -> None:
    site.by_hand("THEME", "theirs")
    found = {"THEME": False}
    declared = mirror(site, found, A_FIRST=plain("x"), THEME=plain("own"), **{BAD: plain("y")})

    stored = failing(lambda: kept.up(declared))

    assert stored["A_FIRST"] == "x"
    assert {"THEME", "DATABASE_URL", BAD, "deployment", "release"} & stored.keys() == set()
    assert site.deployments() == []
    kept.up(mirror(site, found, THEME=plain("own")))
    assert "A_FIRST" not in site.stored()
    kept.then(later).destroy()
    assert site.stored() == {"THEME": ("own", False)}


def test_a_failed_create_is_gone_on_with_after_a_refresh(kept: Kept, later: Kept, site: Site) -> None:
    failing(lambda: kept.up(mirror(site, A_FIRST=plain("x"), **{BAD: plain("y")})))
    kept.then(later).refresh()
    declared = mirror(site, A_FIRST=plain("x"))
    assert later.preview(declared) == ["+DATABASE_URL", "+release"]
    site.forget_requests()
    later.up(declared)
    assert [line for line in site.writes() if line.startswith("POST")] == ["POST DATABASE_URL", START]
    later.refresh()
    assert later.preview(declared) == []


def test_what_a_failed_update_has_made_stays_mirrors_own_whatever_the_next_check_has_seen(
    kept: Kept, site: Site
) -> None:
    kept.up(mirror(site, OLD=secret(CANARY)))
    before = kept.inputs
    declared = mirror(site, A_FIRST=plain("x"), **{BAD: plain("y")})

    stored = failing(lambda: kept.up(declared))

    assert (stored["A_FIRST"], stored["A_FIRST (running)"]) == ("x", {"absent": True})
    assert "OLD" not in stored
    assert stored["OLD (running)"] == before["OLD"]
    assert stored["deployment"] == site.deployments()[0]
    kept.inputs = before  # the checked inputs of before know nothing of it
    again = mirror(site, A_FIRST=plain("x")) | {"observed": {"A_FIRST": {"sensitive": False}}}
    assert kept.checked(again)["found"] == ["A_FIRST"]
    kept.up(again)
    assert "found" not in kept.outputs
    kept.up(mirror(site))
    assert "A_FIRST" not in site.stored()


def test_what_someone_sets_after_a_failed_create_is_theirs(kept: Kept, site: Site) -> None:
    """The engine stores the checked inputs as a whole, and with them names that were never written."""
    failing(lambda: kept.up(mirror(site, A_FIRST=plain("x"), z_last=plain("z"), **{BAD: plain("y")})))
    site.by_hand("z_last", "theirs")

    kept.up(mirror(site, A_FIRST=plain("x"), z_last=plain("z")))
    assert kept.outputs["found"] == ["z_last"]
    kept.up(mirror(site))  # without a refresh in between

    assert "A_FIRST" not in site.stored()
    assert site.stored()["z_last"] == ("z", False)


PEM = "-----BEGIN CERTIFICATE-----\n" + 1500 * f"{'A' * 64}\n" + "-----END CERTIFICATE-----\n"


def test_a_certificate_of_100_kb_is_kept_after_a_failure(kept: Kept, site: Site) -> None:
    assert len(PEM) > 95_000
    assert failing(lambda: kept.up(mirror(site, A_FIRST=plain(PEM), **{BAD: plain("y")})))["A_FIRST"] == PEM


def test_what_is_too_much_for_the_answer_of_a_failure_is_left_out_of_it(kept: Kept, site: Site) -> None:
    """The engine would end the connection, and fail every other site of the process."""
    large = {f"A_{number}": plain("x" * 2_000_000) for number in range(9)}
    with pytest.raises(Refused, match="the platform refuses my-var: ") as failed:
        kept.up(mirror(site, **large, **{BAD: plain("y")}))
    assert failed.value.kept is None
    assert site.stored().keys() >= large.keys()


def test_a_failure_that_has_made_nothing_leaves_the_state_as_it_was(kept: Kept, site: Site) -> None:
    kept.up(mirror(site))
    with pytest.raises(Refused) as failed:
        kept.up(mirror(site, **{BAD: plain("y")}))
    assert failed.value.kept is None


def test_a_hidden_value_that_a_failed_update_has_changed_is_known_to_be_another(kept: Kept, site: Site) -> None:
    """Also where a user takes the change back: the platform hides which one it has."""
    before = mirror(site, A_TOKEN=secret(f"{CANARY}-1"))
    kept.up(before)
    failing(lambda: kept.up(mirror(site, A_TOKEN=secret(f"{CANARY}-2"), **{BAD: plain("y")})))
    kept.refresh()
    assert kept.preview(before) == ["-A_TOKEN (running)", "~A_TOKEN"]
    kept.up(before)
    assert site.stored()["A_TOKEN"] == (f"{CANARY}-1", True)
    assert site.frozen(kept.outputs["deployment"])["DATABASE_URL"] == DATABASE


@pytest.mark.parametrize("refreshed", [True, False])
def test_a_hidden_value_whose_deployment_failed_may_be_taken_back(kept: Kept, site: Site, refreshed: bool) -> None:
    before = mirror(site, TOKEN=secret(f"{CANARY}-1"))
    kept.up(before)
    site.will_meet("deployment-fails")
    with pytest.raises(Refused, match="the site goes on with what it ran before"):
        kept.up(mirror(site, TOKEN=secret(f"{CANARY}-2")))
    assert site.stored()["TOKEN"] == (f"{CANARY}-2", True)
    if refreshed:
        kept.refresh()
        assert kept.preview(before) == ["-TOKEN (running)", "~TOKEN"]
    site.forget_requests()
    kept.up(before)
    assert site.writes() == ["PATCH TOKEN"], "it runs with that one still"
    assert site.stored()["TOKEN"] == (f"{CANARY}-1", True)
    kept.refresh()
    assert kept.preview(before) == []


def test_after_a_deployment_that_failed_the_variables_are_known_and_the_next_run_deploys_once(
    kept: Kept, later: Kept, site: Site
) -> None:
    declared = mirror(site)
    site.will_meet("deployment-fails")
    with pytest.raises(Refused) as failed:
        kept.up(declared)
    assert failed.value.kept is not None
    assert CANARY not in json.dumps(failed.value.kept)
    assert kept.outputs["SITE_ID"] == "2"
    assert not {"deployment", "release"} & kept.outputs.keys()
    kept.then(later).refresh()
    assert later.preview(declared) == ["+release"]
    site.forget_requests()
    later.up(declared)
    assert site.requests().count(START) == 1
    assert later.outputs["deployment"] == site.deployments()[0]


@pytest.mark.parametrize("refreshed", [True, False])
def test_after_an_update_whose_deployment_failed_the_site_is_known_to_run_what_it_ran_before(
    kept: Kept, later: Kept, site: Site, refreshed: bool
) -> None:
    kept.up(mirror(site, LANGUAGE=plain("de"), OLD=plain("x"), TOKEN=secret(f"{CANARY}-1")))
    runs, before = site.deployments()[0], kept.outputs
    declared = mirror(site, LANGUAGE=plain("fr"), NEW=plain("y"), TOKEN=secret(f"{CANARY}-2"))
    site.will_meet("deployment-fails")
    with pytest.raises(Refused) as failed:
        kept.up(declared)
    assert failed.value.kept is not None
    assert CANARY not in json.dumps(failed.value.kept)
    assert (kept.outputs["deployment"], kept.outputs["LANGUAGE"]) == (runs, "fr")
    running = {key: kept.outputs[key] for key in kept.outputs if key.endswith("(running)")}
    assert running == {
        "LANGUAGE (running)": "de",
        "NEW (running)": {"absent": True},
        "OLD (running)": "x",
        "TOKEN (running)": before["TOKEN"],
    }
    kept.then(later)
    if refreshed:
        later.refresh()
        assert later.preview(declared) == [f"-{key}" for key in sorted(running)]
    site.forget_requests()
    later.up(declared)
    assert site.requests().count(START) == 1
    assert not [key for key in later.outputs if key.endswith("(running)")]
    later.refresh()
    assert later.preview(declared) == []


def test_a_failed_deployment_of_an_update_that_wrote_nothing_leaves_the_state_as_it_was(
    kept: Kept, site: Site, original: Site
) -> None:
    kept.up(mirror(site))
    original.deployed_by_hand(original.live)
    site.will_meet("deployment-fails")
    with pytest.raises(Refused) as failed:
        kept.up(mirror(site))
    assert failed.value.kept is None
    kept.refresh()
    assert kept.preview(mirror(site)) == ["~release"]


def test_what_a_failed_update_has_removed_is_no_more_mirrors_own(kept: Kept, site: Site) -> None:
    """Another user sets it before the next run, and keeps it."""
    kept.up(mirror(site, EXTRA=plain("x")))
    site.will_meet("deployment-fails")
    with pytest.raises(Refused, match="the site goes on with what it ran before"):
        kept.up(mirror(site))
    assert "EXTRA" not in site.stored()
    site.by_hand("EXTRA", "theirs")
    kept.refresh()
    kept.up(mirror(site))
    kept.refresh()
    kept.up(mirror(site))
    assert site.stored()["EXTRA"] == ("theirs", False)


def test_what_was_removed_before_a_write_failed_is_no_more_mirrors_own_either(kept: Kept, site: Site) -> None:
    kept.up(mirror(site, EXTRA=plain("x")))
    stored = failing(lambda: kept.up(mirror(site, **{BAD: plain("y")})))
    assert "EXTRA" not in stored
    assert "EXTRA" not in site.stored()
    site.by_hand("EXTRA", "theirs")
    kept.up(mirror(site))
    assert site.stored()["EXTRA"] == ("theirs", False)


def test_what_a_failed_update_left_undone_is_done_after_a_pause_without_a_refresh(
    kept: Kept, later: Kept, site: Site
) -> None:
    """A paused update that returns tells the engine that all is done."""
    kept.up(mirror(site, TOKEN=secret(f"{CANARY}-1")))
    declared = mirror(site, TOKEN=secret(f"{CANARY}-2"))
    site.will_meet("deployment-fails")
    with pytest.raises(Refused, match="the site goes on with what it ran before"):
        kept.up(declared)
    paused = {**declared, "rollout": "paused"}
    assert kept.up(paused)
    assert not kept.up(paused)
    site.forget_requests()
    assert kept.then(later).up(declared)
    assert site.writes() == ["PATCH TOKEN", START]
    assert site.frozen(later.outputs["deployment"])["TOKEN"] == f"{CANARY}-2"
    assert not later.up(declared)


def test_what_a_failed_update_took_on_is_taken_back_at_a_site_that_follows_no_release_any_more(
    kept: Kept, later: Kept, site: Site, original: Site
) -> None:
    kept.up(mirror(site))
    before = kept.outputs
    original.deployed_by_hand(original.live)
    site.will_meet("deployment-fails")
    with pytest.raises(Refused, match="the site goes on with what it ran before"):
        kept.up(mirror(site, NEW=plain("x")))
    kept.then(later)
    site.forget_requests()
    later.up({**mirror(site), "rollout": "keep-release"})
    assert site.writes() == ["DELETE NEW"]
    assert later.outputs == before

"""The demands of a rollout on a site's resource: to stay as it is, to check the site's health, to fail later."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mirrors_sandbox.ports import free_port
from pulumi.runtime.proto import provider_pb2

from mirrors.planning.variables.shared import digest_value
from mirrors.resources.site import SiteProvider
from tests.wire.conftest import Drive
from tests.wire.declared import START, hints, plain, secret
from tests.wire.kept import Kept, as_dict
from tests.wire.platform import CANARY, Site
from tests.wire.provider import UNKNOWN, Refused, Wire, in_clear, marked, provider_process

VALUE = f"{CANARY}-value"
VARIABLES = {"SITE_ID": plain("2"), "TOKEN": secret(VALUE)}
SITE: dict[str, Any] = {
    "site": "acme-de (test)",
    "environment": "e-1",
    "image_environment": "e-2",
    "release": "r-1",
    "variables": VARIABLES,
}


@pytest.fixture
def offsite(offline: Drive) -> Wire:
    return offline(SiteProvider())


@pytest.fixture
def olds(offsite: Wire) -> dict[str, Any]:
    """Return what the state has of it."""
    inputs, failures = offsite.check({}, {**SITE, "verified": False})
    assert failures == []
    return as_dict(in_clear(inputs))


def with_variables(**changed: Any) -> dict[str, Any]:
    return {**SITE, "verified": False, "variables": VARIABLES | changed}


@pytest.mark.parametrize("rollout", ["keep-release", "held", "paused", None])
def test_what_a_rollout_says_is_not_kept(offsite: Wire, olds: dict[str, Any], rollout: str | None) -> None:
    inputs, failures = offsite.check(olds, {**with_variables(), "rollout": rollout, "turn": None, "collected": "run-1"})
    assert (in_clear(inputs), failures) == (olds, [])


@pytest.mark.parametrize(
    ("rollout", "release"), [(None, "r-2"), ("keep-release", "r-1"), ("held", "r-1"), ("paused", "r-1")]
)
def test_a_release_is_taken_where_it_is_followed(
    offsite: Wire, olds: dict[str, Any], rollout: str | None, release: str
) -> None:
    news = {**SITE, "release": "r-2", "rollout": rollout}
    assert offsite.check(olds, news)[0]["release"] == release


@pytest.mark.parametrize("rollout", ["keep-release", "held", "paused"])
def test_another_environment_for_images_is_no_reason_to_deploy_what_follows_no_release(
    offsite: Wire, olds: dict[str, Any], rollout: str
) -> None:
    news = {**SITE, "release": "r-9", "image_environment": "e-9", "rollout": rollout}
    inputs, _ = offsite.check(olds, news)
    assert (inputs["release"], inputs["image_environment"]) == ("r-1", "e-2")


def test_a_site_that_is_new_and_follows_no_release_keeps_whichever_it_runs(offsite: Wire) -> None:
    assert offsite.check({}, {**SITE, "rollout": "keep-release"})[0]["release"] == ""


def test_a_paused_site_keeps_what_it_has_and_its_key_stays_secret(offsite: Wire, olds: dict[str, Any]) -> None:
    before = {**olds, "SITE_ID (running)": "1", "found": ["TOKEN"]}
    news = {**SITE, "variables": {"SITE_ID": plain("9")}, "verified": True, "rollout": "paused"}
    assert offsite.check(before, news) == ({**before, "hmac_key": marked(olds["hmac_key"])}, [])


def test_a_held_sites_variables_may_not_change_and_no_value_is_reported(offsite: Wire, olds: dict[str, Any]) -> None:
    news = with_variables(TOKEN=secret(f"{VALUE}-new"), SITE_ID=plain("3"))
    _, [(name, reason)] = offsite.check(olds, {**news, "rollout": "held"})
    assert name == ""
    assert reason.startswith("acme-de (test): it is held, but its variables change: SITE_ID, TOKEN. ")
    assert CANARY not in reason


@pytest.mark.parametrize("drifted", ["SITE_ID", "SITE_ID (running)"])
def test_nor_may_a_held_site_be_set_back_to_what_is_declared(offsite: Wire, olds: dict[str, Any], drifted: str) -> None:
    """By hand something else was set there, or is running."""
    _, [(_, reason)] = offsite.check({**olds, drifted: "9"}, {**with_variables(), "rollout": "held"})
    assert "its variables change: SITE_ID. " in reason


def test_a_flag_may_change_at_a_held_site(offsite: Wire, olds: dict[str, Any]) -> None:
    """No deployment is needed for it."""
    news = with_variables(TOKEN=secret(VALUE, sensitive=False))
    assert offsite.check(olds, {**news, "rollout": "held"})[1] == []


def test_what_is_not_known_yet_is_no_change_of_a_held_site(offsite: Wire, olds: dict[str, Any]) -> None:
    for unknown in (plain(UNKNOWN), UNKNOWN):
        assert offsite.check(olds, {**with_variables(SITE_ID=unknown), "rollout": "held"})[1] == []


def test_a_held_site_is_not_asked_whether_it_is_healthy(offsite: Wire, olds: dict[str, Any]) -> None:
    news = {**SITE, "verified": True, "rollout": "held"}
    assert offsite.check(olds, news)[0]["verified"] is False
    del olds["verified"]
    assert "verified" not in offsite.check(olds, news)[0]


def declared(site: Site, /, value: str = "2", **more: Any) -> dict[str, Any]:
    return hints(site, {"SITE_ID": plain(value)}, **more)


def test_a_held_site_is_adopted_as_it_runs_and_never_deployed(
    kept: Kept, drive: Drive, site: Site, original: Site
) -> None:
    site.by_hand("SITE_ID", "2")
    runs = site.deployed_by_hand()
    original.deployed_by_hand(original.live)
    kept.up(declared(site, rollout="held"))
    assert kept.outputs["deployment"] == runs
    anew = Kept(drive(SiteProvider()))
    with pytest.raises(Refused, match=r"it is held, and Mirrors cannot confirm .*\[held-site-needs-deployment\]"):
        anew.up(declared(site, "3", rollout="held"))
    assert site.deployments() == [runs]
    anew.up(declared(site, "3"))
    assert len(site.deployments()) == 2


def test_a_held_site_that_was_deployed_never_is_not_deployed_and_not_written_to(kept: Kept, site: Site) -> None:
    site.will_meet("deployment-fails")
    with pytest.raises(Refused, match="failed; the site goes on"):
        kept.up(declared(site))
    site.deleted_by_hand("SITE_ID")
    site.forget_requests()
    with pytest.raises(Refused, match="it is held"):
        kept.up(declared(site, rollout="held"))
    with pytest.raises(Refused, match="it is held") as refused:
        Kept(kept.wire).up(declared(site, rollout="held"))
    assert (refused.value.kept, site.writes()) == (None, [])


@pytest.mark.parametrize("runs", [VALUE, f"{VALUE}-other"])
def test_a_new_held_site_whose_values_are_hidden_is_adopted_or_refused_and_not_written_to(
    kept: Kept, site: Site, runs: str
) -> None:
    site.by_hand("SITE_ID", "2")
    site.by_hand("TOKEN", runs, sensitive=True)
    deployed = site.deployed_by_hand()
    site.forget_requests()
    wanted = hints(site, VARIABLES, rollout="held", found={"SITE_ID": False, "TOKEN": True})
    if runs == VALUE:
        kept.up(wanted)
        assert kept.outputs["deployment"] == deployed
    else:
        with pytest.raises(Refused, match="it is held") as refused:
            kept.up(wanted)
        assert refused.value.kept is None
    assert site.writes() == []


def test_a_held_site_in_which_another_value_is_set_than_runs_is_refused_before_a_write(kept: Kept, site: Site) -> None:
    site.by_hand("SITE_ID", "2")
    site.deployed_by_hand()
    site.by_hand("SITE_ID", "3")
    site.forget_requests()
    with pytest.raises(Refused, match="it is held, but its variables change: SITE_ID"):
        kept.up(declared(site, rollout="held"))
    assert site.writes() == []


def test_a_held_site_that_is_adopted_gets_the_variable_that_says_whose_it_is(kept: Kept, site: Site) -> None:
    """It needs no deployment."""
    site.by_hand("SITE_ID", "2")
    site.deployed_by_hand()
    site.forget_requests()
    own = {"SITE_ID": plain("2"), "MIRRORS_APPLICATION": plain(site.slug)}
    kept.up(hints(site, own, rollout="held", found={"SITE_ID": False}))
    assert site.writes() == ["POST MIRRORS_APPLICATION"]
    assert kept.outputs["found"] == ["SITE_ID"]


def test_a_deployment_that_another_user_made_has_to_be_verified(kept: Kept, site: Site) -> None:
    wanted = declared(site, verified=True)
    kept.up(wanted)
    kept.refresh()
    assert kept.inputs["verified"] is kept.outputs["verified"] is True
    by_hand = site.deployed_by_hand()
    kept.refresh()
    assert kept.inputs["verified"] is kept.outputs["verified"] is False
    assert kept.preview(wanted) == ["~verified"]
    site.forget_requests()
    kept.up(wanted)
    assert (kept.outputs["verified"], kept.outputs["deployment"]) == (True, by_hand)
    assert site.writes() == []


def test_where_health_is_asked_for_from_now_on_nothing_is_deployed_for_it(
    kept: Kept, later: Kept, site: Site, switches: Path
) -> None:
    """The state knows what its own deployment runs with, and the platform does not show it."""
    switches.write_text(json.dumps({"sensitive_values_in_frozen_variables": "hidden"}), encoding="utf-8")
    kept.up(hints(site, VARIABLES))
    kept.then(later).refresh()
    wanted = hints(site, VARIABLES, verified=True)
    assert later.preview(wanted) == ["+verified"]
    site.forget_requests()
    later.up(wanted)
    assert later.outputs["verified"] is True
    assert site.writes() == []


def test_where_no_one_asks_a_deployment_by_hand_is_as_good_as_one_by_mirrors(kept: Kept, site: Site) -> None:
    kept.up(declared(site))
    site.deployed_by_hand()
    kept.refresh()
    assert "verified" not in kept.inputs
    assert kept.preview(declared(site)) == []


@pytest.fixture
def with_health(site: Site, tmp_path: Path) -> Iterator[Kept]:
    """Yield a provider process that asks sites, where none serves."""
    config = site.platform.configuration | {"mirrors:rollout": '{"timeout": "50s", "health": {"timeout": "1s"}}'}
    with provider_process(config, tmp_path / "said") as stub:
        yield Kept(Wire(stub, SiteProvider()))


@pytest.mark.parametrize("refreshed", [True, False])
@pytest.mark.parametrize("values", ["shown", "hidden"])
def test_a_site_that_does_not_answer_is_deployed_and_fails_until_it_does(
    with_health: Kept, site: Site, switches: Path, values: str, refreshed: bool
) -> None:
    switches.write_text(json.dumps({"sensitive_values_in_frozen_variables": values}), encoding="utf-8")
    site.is_to_be_found_at(f"127.0.0.1:{free_port()}")
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            with_health.up(hints(site, VARIABLES, verified=True))
        assert f"{site.name}: it runs deployment {site.deployments()[0]}, but was not healthy within 1 s" in str(
            refused.value
        )
        assert "no connection" in str(refused.value)
        if refreshed:
            with_health.refresh()
    assert len(site.deployments()) == 1
    with_health.up(hints(site, VARIABLES))
    assert with_health.outputs["deployment"] == site.deployments()[0]
    assert len(site.deployments()) == 1


@pytest.mark.parametrize("refreshed", [True, False])
def test_a_failure_that_is_collected_is_reported_in_the_state_and_tried_again(
    kept: Kept, site: Site, refreshed: bool
) -> None:
    wanted = declared(site, collected="run-1")
    site.will_meet("deployment-fails")
    kept.up(wanted)
    assert kept.outputs["failed"].startswith(f"{site.name}: deployment {site.deployments()[0]} failed; ")
    assert kept.outputs["attempt"] == "run-1"
    assert "deployment" not in kept.outputs
    assert not kept.unfinished
    if refreshed:
        kept.refresh()
        assert kept.outputs["attempt"] == "run-1"
    assert kept.wire.diff(kept.outputs, kept.checked(wanted)).changes == provider_pb2.DiffResponse.DIFF_SOME
    assert kept.up(wanted)
    assert not {"failed", "attempt"} & kept.outputs.keys()
    assert kept.outputs["deployment"] == site.deployments()[0]
    assert kept.wire.diff(kept.outputs, kept.inputs).changes == provider_pb2.DiffResponse.DIFF_UNKNOWN


def test_a_collected_failure_of_an_update_leaves_what_runs_and_what_is_set(kept: Kept, site: Site) -> None:
    kept.up(declared(site))
    runs = site.deployments()[0]
    site.will_meet("deployment-fails")
    kept.up(declared(site, "3", collected="run-2"))
    now = kept.outputs
    assert (now["deployment"], now["SITE_ID"], now["SITE_ID (running)"]) == (runs, "3", "2")
    assert now["attempt"] == "run-2"
    site.forget_requests()
    assert kept.up(declared(site, "3"))
    assert site.writes() == [START]
    assert not {"failed", "attempt", "SITE_ID (running)"} & kept.outputs.keys()


@pytest.mark.parametrize("rollout", ["keep-release", "held"])
def test_a_release_whose_deployment_failed_is_not_wanted_where_no_release_is_followed(
    kept: Kept, later: Kept, site: Site, original: Site, rollout: str
) -> None:
    """Without a refresh the inputs have it still. Once it is followed again it is deployed."""
    kept.up(declared(site))
    runs, release = site.deployments()[0], kept.outputs["release"]
    original.deployed_by_hand(original.live)
    site.will_meet("deployment-fails")
    kept.up(declared(site, collected="run-1"))
    kept.then(later)
    site.forget_requests()
    assert later.up(declared(site, rollout=rollout))
    assert not later.up(declared(site, rollout=rollout))
    assert (later.outputs["deployment"], later.outputs["release"]) == (runs, release)
    assert "failed" not in later.outputs
    assert site.writes() == []
    assert later.up(declared(site))
    assert site.writes() == [START]
    assert later.outputs["release"] != release
    assert not later.up(declared(site))


def test_a_hold_keeps_its_site_in_a_repair_and_is_a_failure_at_the_end(kept: Kept, later: Kept, site: Site) -> None:
    kept.up(hints(site, VARIABLES))
    before = kept.outputs
    kept.then(later)
    site.forget_requests()
    rotated = VARIABLES | {"TOKEN": secret(f"{VALUE}-rotated")}
    later.up(hints(site, rotated, rollout="held", collected="run-1"))
    assert site.writes() == []
    assert "[held-site-needs-deployment]" in later.outputs["failed"]
    assert later.outputs == {**before, "failed": later.outputs["failed"], "attempt": "run-1"}
    later.refresh()
    assert later.wire.check(later.inputs, hints(site, rotated, rollout="held"))[1]
    assert later.up(hints(site, rotated))
    assert site.writes() == ["PATCH TOKEN", START]
    assert not {"failed", "attempt"} & later.outputs.keys()


def test_a_new_held_site_stops_a_repair_because_no_state_can_keep_it(kept: Kept, site: Site) -> None:
    site.by_hand("SITE_ID", "2")
    site.deployed_by_hand()
    site.forget_requests()
    with pytest.raises(Refused, match=r"\[held-site-needs-deployment\]"):
        kept.up(declared(site, "3", rollout="held", collected="run-1"))
    assert site.writes() == []


def test_a_failure_is_forgotten_once_someone_has_deployed_it(kept: Kept, site: Site) -> None:
    site.will_meet("deployment-fails")
    kept.up(declared(site, collected="run-1"))
    by_hand = site.deployed_by_hand()
    kept.refresh()
    assert not {"failed", "attempt"} & kept.outputs.keys()
    assert kept.outputs["deployment"] == by_hand
    assert not kept.up(declared(site))


def test_a_write_that_fails_is_reported_at_once_though_failures_are_collected(kept: Kept, site: Site) -> None:
    with pytest.raises(Refused, match="the platform refuses my-var"):
        kept.up(hints(site, {"SITE_ID": plain("2"), "my-var": plain("x")}, collected="run-1"))
    assert site.deployments() == []


@pytest.mark.parametrize("deployed", [True, False])
def test_a_paused_site_that_failed_before_stays_as_it_is(
    kept: Kept, later: Kept, site: Site, original: Site, deployed: bool
) -> None:
    if deployed:
        kept.up(declared(site))
    site.will_meet("deployment-fails")
    kept.up(declared(site, "3", collected="run-1"))
    kept.then(later)
    original.deployed_by_hand(original.live)
    before = later.outputs
    deployments = site.deployments()
    site.forget_requests()
    with pytest.raises(Refused, match=r"\[site-not-checked\]"):
        later.wire.update(before, later.inputs)  # whatever makes the engine do it, before anything was checked
    paused = declared(site, "4", rollout="paused", collected="run-2")
    for refreshed in (False, True):
        if refreshed:
            later.refresh()
            assert later.outputs == before
        assert later.preview(paused) == []
        changes = later.wire.diff(before, later.checked(paused)).changes
        assert changes == provider_pb2.DiffResponse.DIFF_UNKNOWN, "the engine compares the inputs"
        assert not later.up(paused)
        later.update(paused)  # whatever else makes the engine do it
        assert later.outputs == before
    assert site.writes() == []
    assert site.deployments() == deployments
    assert later.up(declared(site, "4"))


def test_a_paused_site_of_which_the_state_knows_nothing_is_neither_written_nor_deployed(kept: Kept, site: Site) -> None:
    with pytest.raises(Refused, match=r"it is behind mirrors:rollout\.pauseAfter") as refused:
        kept.up(declared(site, rollout="paused"))
    assert refused.value.kept is None
    assert site.writes() == []


def test_what_this_process_has_not_checked_is_neither_written_nor_deployed(kept: Kept, later: Kept, site: Site) -> None:
    """A process that does not know whether the site is held or paused does not take it for one that is free."""
    inputs = kept.checked(declared(site))
    for asked in (lambda: later.wire.create(inputs), lambda: later.wire.update({**inputs, "release": "r-0"}, inputs)):
        with pytest.raises(Refused, match=r"\[site-not-checked\]") as refused:
            asked()
        assert refused.value.kept is None
    assert site.writes() == []
    assert site.deployments() == []


def test_an_original_that_runs_with_other_values_than_its_mirrors_get_is_an_error(kept: Kept, site: Site) -> None:
    shared = {"DATABASE_URL": digest_value(f"{CANARY}-before"), "GONE": "?"}
    wanted = declared(site, shared=shared) | {"release": ""}
    assert "shared" not in kept.checked(wanted)
    site.by_hand("DATABASE_URL", f"{CANARY}-now")
    with pytest.raises(Refused, match="DATABASE_URL changed since this command read it") as refused:
        kept.up(wanted)
    assert CANARY not in json.dumps([str(refused.value), refused.value.kept])
    kept.up({**wanted, "shared": {"DATABASE_URL": digest_value(f"{CANARY}-now")}})
    assert kept.outputs["deployment"] == site.deployments()[0]
    assert len(site.deployments()) == 1

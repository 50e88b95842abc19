"""The state of a site: what is set there and what it runs with, as a refresh finds it, and no secret."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mirrors.planning.variable_entries import fingerprint_secret
from mirrors.resources.site import SiteProvider
from tests.wire.conftest import Drive
from tests.wire.declared import DATABASE, ORDER, POSTED, START, STORAGE, mirror, plain, secret, stored
from tests.wire.kept import Kept
from tests.wire.platform import CANARY, Site
from tests.wire.provider import marked


def fingerprint_of(kept: Kept, name: str, value: str) -> str:
    return fingerprint_secret(kept.outputs["hmac_key"], name, value)


def test_what_the_ledger_says_later_of_what_was_found_changes_nothing(kept: Kept, site: Site) -> None:
    """The first check decides it: what Mirrors has made since was not there before."""
    kept.up(mirror(site, {"THEIRS": False}))
    assert kept.preview(mirror(site, {"THEIRS": False, "SITE_ID": False})) == []
    assert kept.preview(mirror(site)) == []


def test_a_shared_value_that_was_plain_before_mirrors_stays_plain_and_is_still_a_secret_of_mirrors(
    kept: Kept, site: Site
) -> None:
    site.by_hand("DATABASE_URL", "postgres://own/database")
    kept.up(mirror(site, {"DATABASE_URL": False}, DATABASE_URL=secret(DATABASE, sensitive=False)))
    assert site.stored()["DATABASE_URL"] == (DATABASE, False)
    expected = {"fingerprint": fingerprint_of(kept, "DATABASE_URL", DATABASE), "sensitive": False}
    assert kept.outputs["DATABASE_URL"] == kept.inputs["DATABASE_URL"] == expected
    kept.refresh()
    assert kept.outputs["DATABASE_URL"] == kept.inputs["DATABASE_URL"] == expected


def test_a_refresh_of_what_is_as_declared_changes_nothing_and_marks_the_key(
    kept: Kept, later: Kept, site: Site
) -> None:
    declared = mirror(site, {"THEIRS": False}, TOKEN=secret(CANARY), FLAGGED={**plain("x"), "sensitive": True})
    site.is_to_be_found_at("www.acme.example")
    kept.up(declared)
    inputs, outputs = kept.inputs, kept.outputs
    key = outputs["hmac_key"]
    variables = stored(key, declared["variables"])
    assert variables.items() <= inputs.items()
    assert outputs == inputs | {"deployment": site.deployments()[0], "url": "https://www.acme.example/"}
    site.forget_requests()
    id_, outs, news = later.wire.read(outputs, site.environment)
    assert site.requests() == ["GET variables"]
    assert id_ == site.environment
    assert (outs, news) == (outputs | {"hmac_key": marked(key)}, inputs | {"hmac_key": marked(key)})
    kept.refresh()
    assert kept.preview(declared) == []


def test_no_state_has_the_value_of_a_secret_or_what_it_could_be_guessed_with(
    kept: Kept, drive: Drive, site: Site, numbers: Iterator[int]
) -> None:
    another, beside = site.platform.site(f"acme-{next(numbers):04}"), Kept(drive(SiteProvider()))
    kept.up(mirror(site, TOKEN=secret("guess"), KEY=secret("guess"), COPY=secret("guess", sensitive=False)))
    beside.up(mirror(another, TOKEN=secret("guess")))
    for each in (kept, beside):
        answer = json.dumps([each.inputs, each.outputs])
        assert CANARY not in answer
        assert "guess" not in answer
        assert each.inputs["hmac_key"] == each.outputs["hmac_key"]
    mine = [kept.outputs[name]["fingerprint"] for name in ("TOKEN", "KEY", "COPY")]
    assert len({*mine, beside.outputs["TOKEN"]["fingerprint"]}) == 4
    assert kept.outputs["hmac_key"] != beside.outputs["hmac_key"]
    key = kept.outputs["hmac_key"]
    checked, _ = kept.wire.check(kept.inputs, mirror(site, TOKEN=secret("other")))
    assert checked["hmac_key"] == marked(key)
    assert checked["TOKEN"]["fingerprint"] not in mine
    assert kept.wire.update(kept.outputs, kept.checked(mirror(site)))["hmac_key"] == marked(key)


def test_read_shows_drift_and_what_was_deleted(kept: Kept, site: Site) -> None:
    kept.up(mirror(site))
    drifted = f"postgres://plain:{CANARY}@h/d"
    site.by_hand("SITE_ID", "1")
    site.by_hand("DATABASE_URL", drifted)
    site.deleted_by_hand("DEFAULT_STORAGE_DSN")
    site.by_hand("FOREIGN", "theirs")
    kept.refresh()
    for now in (kept.inputs, kept.outputs):
        assert now["SITE_ID"] == "1"
        fingerprint_now = fingerprint_of(kept, "DATABASE_URL", drifted)
        assert now["DATABASE_URL"] == {"fingerprint": fingerprint_now, "sensitive": False}
        assert "DEFAULT_STORAGE_DSN" not in now
        assert "FOREIGN" not in now
        assert CANARY not in json.dumps(now)


def test_one_update_repairs_what_drifted_and_deploys_nothing(kept: Kept, site: Site) -> None:
    declared = mirror(site)
    kept.up(declared)
    outputs = kept.outputs
    site.by_hand("SITE_ID", "1")
    site.by_hand("DATABASE_URL", "elsewhere", sensitive=False)
    site.deleted_by_hand("DEFAULT_STORAGE_DSN")
    kept.refresh()
    running = [f"-{name} (running)" for name in ("DATABASE_URL", "DEFAULT_STORAGE_DSN", "SITE_ID")]
    assert kept.preview(declared) == ["+DEFAULT_STORAGE_DSN", *running, "~DATABASE_URL", "~SITE_ID"]
    site.forget_requests()
    kept.up(declared)
    assert site.writes() == ["PATCH SITE_ID", "POST DEFAULT_STORAGE_DSN", "PATCH DATABASE_URL"]
    assert {name: value for name, (value, _) in site.stored().items()} == {
        "SITE_ID": "2",
        "MIRRORS_APPLICATION": site.slug,
        "DATABASE_URL": DATABASE,
        "DEFAULT_STORAGE_DSN": STORAGE,
    }
    assert kept.outputs == outputs
    kept.refresh()
    assert kept.preview(declared) == []


@pytest.mark.parametrize("unknown", ["empty", "refused"])
def test_the_variables_of_an_environment_that_is_gone_are_gone(
    kept: Kept, site: Site, switches: Path, unknown: str
) -> None:
    kept.up(mirror(site))
    outputs = kept.outputs
    site.is_deleted(application=False)
    switches.write_text(json.dumps({"unknown_uuid_in_filter": unknown}), encoding="utf-8")
    kept.refresh()
    assert (kept.id, kept.outputs, kept.inputs) == ("", {}, {})
    kept.wire.delete(outputs)


def test_variables_that_were_all_deleted_by_hand_are_missing_and_their_environment_is_not(
    kept: Kept, site: Site
) -> None:
    declared = mirror(site)
    kept.up(declared)
    for name in ORDER:
        site.deleted_by_hand(name)
    kept.refresh()
    assert (kept.id, [name for name in ORDER if name in kept.inputs]) == (site.environment, [])
    missing = [f"+{name}" for name in sorted(ORDER)]
    assert kept.preview(declared) == [*missing, *(f"-{name} (running)" for name in sorted(ORDER))]
    site.forget_requests()
    kept.up(declared)
    assert site.writes() == POSTED


def test_without_a_deployment_there_is_no_release_and_so_there_is_something_to_do(kept: Kept, site: Site) -> None:
    declared = mirror(site)
    kept.up(declared)
    site.platform.change("DELETE FROM sandbox_deployment WHERE environment_id = ?", site.environment)
    kept.refresh()
    assert not {"release", "deployment"} & {*kept.inputs, *kept.outputs}
    assert kept.preview(declared) == ["+release"]
    site.forget_requests()
    kept.up(declared)
    assert site.writes() == ["PATCH DEFAULT_STORAGE_DSN", "PATCH DATABASE_URL", START], "nothing shows what these are"


def test_a_run_that_was_killed_before_it_deployed_is_taken_up_there(kept: Kept, later: Kept, site: Site) -> None:
    """The state knows nothing of what was written: it is as it was, and the platform has the new value."""
    kept.up(mirror(site, LANGUAGE=plain("de")))
    site.by_hand("LANGUAGE", "fr")
    declared = mirror(site, LANGUAGE=plain("fr"))
    kept.then(later).refresh()
    assert later.preview(declared) == ["-LANGUAGE (running)"]
    site.forget_requests()
    later.up(declared)
    assert site.writes() == [START]
    assert site.frozen(later.outputs["deployment"])["LANGUAGE"] == "fr"
    later.refresh()
    assert later.preview(declared) == []


def test_a_run_that_was_killed_behind_a_hidden_value_writes_it_again_and_deploys(
    kept: Kept, later: Kept, site: Site
) -> None:
    kept.up(mirror(site))
    rotated = DATABASE.replace("password", "rotated")
    site.by_hand("DATABASE_URL", rotated, sensitive=True)
    declared = mirror(site, DATABASE_URL=secret(rotated))
    kept.then(later).refresh()
    assert later.preview(declared) == ["~DATABASE_URL"]
    site.forget_requests()
    later.up(declared)
    assert site.writes() == ["PATCH DATABASE_URL", START]


def test_what_is_set_otherwise_and_not_deployed_is_set_again_and_not_deployed(kept: Kept, site: Site) -> None:
    declared = mirror(site, LANGUAGE=plain("de"))
    kept.up(declared)
    before = kept.outputs
    site.by_hand("LANGUAGE", "fr")
    kept.refresh()
    assert kept.inputs["LANGUAGE (running)"] == kept.outputs["LANGUAGE (running)"] == "de"
    assert kept.preview(declared) == ["-LANGUAGE (running)", "~LANGUAGE"]
    site.forget_requests()
    kept.up(declared)
    assert site.writes() == ["PATCH LANGUAGE"]
    assert kept.outputs == before
    kept.refresh()
    assert kept.preview(declared) == []


def test_what_runs_otherwise_and_is_set_as_declared_is_deployed(kept: Kept, site: Site) -> None:
    """A user has set it, deployed it, and set it back."""
    declared = mirror(site, LANGUAGE=plain("de"), COLOUR=plain("red"))
    kept.up(declared)
    site.by_hand("LANGUAGE", "fr")
    site.deleted_by_hand("COLOUR")
    by_hand = site.deployed_by_hand()
    site.by_hand("LANGUAGE", "de")
    site.by_hand("COLOUR", "red")
    kept.refresh()
    assert kept.outputs["deployment"] == by_hand
    assert kept.inputs["LANGUAGE (running)"] == kept.outputs["LANGUAGE (running)"]
    assert kept.outputs["LANGUAGE (running)"].keys() == {"fingerprint"}, "it may be a secret"
    assert kept.inputs["COLOUR (running)"] == kept.outputs["COLOUR (running)"] == {"absent": True}
    assert kept.preview(declared) == ["-COLOUR (running)", "-LANGUAGE (running)"]
    site.forget_requests()
    kept.up(declared)
    assert site.writes() == [START]
    kept.refresh()
    assert kept.preview(declared) == []


def test_what_someone_sets_and_deploys_is_shown_as_set_and_repaired_with_a_deployment(kept: Kept, site: Site) -> None:
    declared = mirror(site, LANGUAGE=plain("de"))
    kept.up(declared)
    elsewhere = DATABASE + "-by-hand"
    site.by_hand("LANGUAGE", "fr")
    site.by_hand("DATABASE_URL", elsewhere, sensitive=True)
    site.deleted_by_hand("SITE_ID")
    site.deployed_by_hand()
    kept.refresh()
    assert not {"LANGUAGE (running)", "SITE_ID", "SITE_ID (running)"} & kept.inputs.keys()
    running = {"fingerprint": fingerprint_of(kept, "DATABASE_URL", elsewhere)}
    assert kept.inputs["DATABASE_URL (running)"] == running, "what is set is not shown, what runs is"
    assert kept.preview(declared) == ["+SITE_ID", "-DATABASE_URL (running)", "~LANGUAGE"]
    site.forget_requests()
    kept.up(declared)
    assert site.writes() == ["POST SITE_ID", "PATCH LANGUAGE", "PATCH DATABASE_URL", START]
    assert site.frozen(kept.outputs["deployment"])["DATABASE_URL"] == DATABASE
    kept.refresh()
    assert kept.preview(declared) == []


def test_a_value_that_the_platform_hides_is_in_no_state_though_it_is_declared_as_no_secret(
    kept: Kept, later: Kept, site: Site
) -> None:
    declared = mirror(site, THEME=plain("red"))
    kept.up(declared)
    site.by_hand("THEME", f"{CANARY}-theme", sensitive=True)
    site.deployed_by_hand()
    kept.then(later).refresh()
    assert CANARY not in json.dumps([later.inputs, later.outputs])
    assert later.inputs["THEME (running)"].keys() == {"fingerprint"}
    later.up(declared)
    assert site.stored()["THEME"] == ("red", False)
    assert site.frozen(later.outputs["deployment"])["THEME"] == "red"

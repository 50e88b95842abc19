"""``EnvironmentVariables`` on a real platform: what is written in which order, and what is left alone."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mirrors.resources.environment_variables import EnvironmentVariablesProvider
from tests.wire.conftest import Drive
from tests.wire.platform import CANARY, SHARED, Site
from tests.wire.provider import Refused, Wire, in_clear, marked

DATABASE = f"postgres://acme:{CANARY}-password@db.example.com/acme"
STORAGE = f"s3://key:{CANARY}-key@media.example.com/?auth=s3v4"
ORDER = ["SITE_ID", "MIRRORS_APPLICATION", "DEFAULT_STORAGE_DSN", "DATABASE_URL"]

flatten = EnvironmentVariablesProvider.flattened


@pytest.fixture
def variables(drive: Drive) -> Wire:
    return drive(EnvironmentVariablesProvider())


def plain(value: str) -> dict[str, Any]:
    return {"value": value, "sensitive": False}


def secret(value: str) -> dict[str, Any]:
    return {"value": value, "sensitive": True}


def inputs(site: Site, found: dict[str, Any] | None = None, /, **declared: Any) -> dict[str, Any]:
    """A mirror's variables as the program declares them, and more."""
    own = {"SITE_ID": plain("2"), "MIRRORS_APPLICATION": plain(site.slug)}
    shared = {"DATABASE_URL": secret(DATABASE), "DEFAULT_STORAGE_DSN": secret(STORAGE)}
    where = {"site": site.name, "environment": site.environment, "secrets": sorted(SHARED), "found": found or {}}
    return where | flatten({**own, **shared, **declared})


def without(properties: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in properties.items() if key not in names}


def test_site_id_is_written_first_and_the_database_last_directly_after_a_look_at_site_id(
    variables: Wire, site: Site
) -> None:
    props = inputs(site)
    id_, stored = variables.create(props)
    assert (id_, stored) == (site.environment, props)
    writes = [f"POST {name}" for name in ORDER]
    assert site.requests() == [*writes[:-1], "GET variables", writes[-1], "GET variables"]
    assert site.stored() == {
        "SITE_ID": ("2", False),
        "MIRRORS_APPLICATION": (site.slug, False),
        "DATABASE_URL": (DATABASE, True),
        "DEFAULT_STORAGE_DSN": (STORAGE, True),
    }


def test_what_is_as_declared_is_not_written_again(variables: Wire, site: Site) -> None:
    props = inputs(site)
    _, stored = variables.create(props)
    site.forget_requests()
    assert variables.update(stored, props) == props
    assert site.requests() == ["GET variables"]


def test_a_create_that_was_interrupted_is_completed(variables: Wire, site: Site) -> None:
    site.by_hand("SITE_ID", "2")
    site.by_hand("MIRRORS_APPLICATION", site.slug)
    site.forget_requests()
    variables.create(inputs(site))
    assert site.writes() == ["POST DEFAULT_STORAGE_DSN", "POST DATABASE_URL"]


def test_what_somebody_sets_before_our_first_write_is_taken_over(variables: Wire, site: Site) -> None:
    """Not found, so there is no look before it; the platform refuses a second one."""
    site.by_hand("DEFAULT_STORAGE_DSN", "s3://theirs", sensitive=False)
    variables.create(inputs(site))
    assert site.stored()["DEFAULT_STORAGE_DSN"] == (STORAGE, True)


def test_only_what_changed_is_updated_and_only_what_we_declared_is_removed(variables: Wire, site: Site) -> None:
    _, stored = variables.create(inputs(site, LANGUAGE=plain("de"), OLD=plain("x")))
    site.by_hand("FOREIGN", "theirs")
    site.forget_requests()
    rotated = DATABASE.replace("password", "rotated")
    variables.update(stored, inputs(site, LANGUAGE=plain("fr"), DATABASE_URL=secret(rotated)))
    assert site.writes() == ["DELETE OLD", "PATCH LANGUAGE", "PATCH DATABASE_URL"]
    now = site.stored()
    assert (now["DATABASE_URL"], now["LANGUAGE"]) == ((rotated, True), ("fr", False))
    assert now["FOREIGN"] == ("theirs", False)


def test_a_changed_site_id_is_read_back_before_anything_else_is_written(variables: Wire, site: Site) -> None:
    _, stored = variables.create(inputs(site))
    site.forget_requests()
    variables.update(stored, inputs(site, SITE_ID=plain("9"), NEW=plain("x")))
    assert site.requests() == ["GET variables", "PATCH SITE_ID", "GET variables", "POST NEW", "GET variables"]


def test_on_the_way_out_the_database_goes_first_and_site_id_last(variables: Wire, site: Site) -> None:
    site.by_hand("FOREIGN", "theirs")
    _, stored = variables.create(inputs(site))
    site.forget_requests()
    variables.delete(stored)
    assert site.writes() == [f"DELETE {name}" for name in reversed(ORDER)]
    assert site.stored() == {"FOREIGN": ("theirs", False)}
    site.forget_requests()
    variables.delete(stored)
    assert site.writes() == []


def test_what_was_found_is_never_deleted(variables: Wire, site: Site) -> None:
    site.by_hand("LANGUAGE", "en")
    site.by_hand("SITE_ID", "2")
    found = {"LANGUAGE": {"sensitive": False}, "SITE_ID": {"sensitive": False}}
    _, stored = variables.create(inputs(site, found, LANGUAGE=plain("de")))
    fewer = variables.update(stored, inputs(site, found))
    assert site.stored()["LANGUAGE"] == ("de", False)
    variables.delete(fewer)
    assert site.stored() == {"LANGUAGE": ("de", False), "SITE_ID": ("2", False)}


def test_what_was_set_by_hand_before_we_declared_it_is_never_deleted(
    variables: Wire, drive_later: Drive, site: Site
) -> None:
    _, stored = variables.create(inputs(site))
    site.by_hand("LANGUAGE", "en")
    observed = {name: {"sensitive": sensitive} for name, (_, sensitive) in site.stored().items()}
    declared = {**inputs(site, LANGUAGE=plain("de"), OURS=plain("x")), "observed": observed}
    checked, _ = variables.check(stored, declared)
    assert checked["found"] == {"LANGUAGE": {"sensitive": False}}
    now = variables.update(stored, checked)
    again, _ = variables.check(now, {**declared, "observed": {**observed, "OURS": {"sensitive": False}}})
    assert again == now
    undeclared, _ = variables.check(now, {**inputs(site), "observed": observed})
    fewer = variables.update(now, undeclared)
    assert "OURS" not in site.stored()
    drive_later(EnvironmentVariablesProvider()).delete(fewer)
    assert site.stored() == {"LANGUAGE": ("de", False)}


def test_what_somebody_sets_after_the_mirror_was_looked_at_and_before_we_write_is_never_deleted(
    variables: Wire, drive_later: Drive, site: Site
) -> None:
    site.by_hand("LANGUAGE", "en")
    seen = {"LANGUAGE": {"sensitive": False}}
    declared = {**inputs(site, LANGUAGE=plain("de"), OURS=plain("x")), "observed": seen}
    checked, _ = variables.check({}, declared)
    assert checked["found"] == seen
    interrupted = {"SITE_ID": {"sensitive": False}, "OURS": {"sensitive": False}}
    for left in (interrupted | {"MIRRORS_APPLICATION": {"sensitive": False}}, {"SITE_ID": {"sensitive": False}}):
        assert variables.check({}, {**declared, "observed": left})[0]["found"] == {}
    _, stored = variables.create(checked)
    drive_later(EnvironmentVariablesProvider()).delete(stored)
    assert site.stored() == {"LANGUAGE": ("de", False)}


def test_what_the_program_declares_stays_though_a_resource_of_the_same_environment_goes(
    variables: Wire, site: Site
) -> None:
    """Replaced on request, or moved to another parent: the new one was made, and the old one is deleted."""
    _, stored = variables.create(inputs(site, OLD=plain("x")))
    checked, _ = variables.check({}, inputs(site))
    variables.create(checked)
    site.forget_requests()
    variables.delete(stored)
    assert site.writes() == ["DELETE OLD"]
    assert set(site.stored()) == set(ORDER)


def test_site_id_stays_as_long_as_a_database_that_was_found_does(variables: Wire, site: Site) -> None:
    site.by_hand("DATABASE_URL", DATABASE)
    props = inputs(site, {"DATABASE_URL": {"sensitive": False}}, DATABASE_URL=plain(DATABASE))
    _, stored = variables.create(props)
    variables.delete(stored)
    own = {"SITE_ID": ("2", False), "MIRRORS_APPLICATION": (site.slug, False)}
    assert site.stored() == {"DATABASE_URL": (DATABASE, False), **own}
    site.deleted_by_hand("DATABASE_URL")
    variables.delete(stored)
    assert site.stored() == {}


def test_a_shared_value_that_was_plain_before_us_stays_plain_and_is_still_a_secret_of_ours(
    variables: Wire, site: Site
) -> None:
    site.by_hand("DATABASE_URL", "postgres://own/database")
    props = inputs(site, {"DATABASE_URL": {"sensitive": False}}, DATABASE_URL=plain(DATABASE))
    _, stored = variables.create(props)
    assert site.stored()["DATABASE_URL"] == (DATABASE, False)
    _, outs, news = variables.read(stored)
    assert outs["DATABASE_URL"] == news["DATABASE_URL"] == {"value": marked(DATABASE), "sensitive": False}


def test_read_shows_what_is_there_and_marks_every_secret(variables: Wire, site: Site) -> None:
    _, stored = variables.create(inputs(site))
    id_, outs, news = variables.read(stored, site.environment)
    assert id_ == site.environment
    expected = inputs(site)
    for name, value in (("DATABASE_URL", DATABASE), ("DEFAULT_STORAGE_DSN", STORAGE)):
        expected[name] = {"value": marked(value), "sensitive": True}
    assert outs == news == expected


def test_read_shows_drift_and_what_was_deleted(variables: Wire, site: Site) -> None:
    _, stored = variables.create(inputs(site))
    site.by_hand("SITE_ID", "1")
    site.by_hand("DATABASE_URL", f"postgres://plain:{CANARY}@h/d")
    site.deleted_by_hand("DEFAULT_STORAGE_DSN")
    site.by_hand("FOREIGN", "theirs")
    _, outs, news = variables.read(stored)
    assert outs == news
    assert news["SITE_ID"] == plain("1")
    assert news["DATABASE_URL"] == {"value": marked(f"postgres://plain:{CANARY}@h/d"), "sensitive": False}
    assert "DEFAULT_STORAGE_DSN" not in news
    assert "FOREIGN" not in news


def test_one_update_repairs_what_drifted(variables: Wire, site: Site) -> None:
    _, stored = variables.create(inputs(site))
    site.by_hand("SITE_ID", "1")
    site.by_hand("DATABASE_URL", "elsewhere", sensitive=False)
    site.deleted_by_hand("DEFAULT_STORAGE_DSN")
    _, refreshed, _ = variables.read(stored)
    site.forget_requests()
    variables.update(refreshed, inputs(site))
    assert site.writes() == ["PATCH SITE_ID", "POST DEFAULT_STORAGE_DSN", "PATCH DATABASE_URL"]
    assert {name: value for name, (value, _) in site.stored().items()} == {
        "SITE_ID": "2",
        "MIRRORS_APPLICATION": site.slug,
        "DATABASE_URL": DATABASE,
        "DEFAULT_STORAGE_DSN": STORAGE,
    }


def test_a_variable_called_like_a_property_of_ours_is_written_under_its_own_name(
    variables: Wire, drive_later: Drive, site: Site
) -> None:
    names = ("site", "found", "secrets", "environment", "id", "__provider")
    props = inputs(site, **{name: plain(f"value of {name}") for name in names})
    checked, _ = variables.check({}, props)
    assert checked == props
    _, stored = variables.create(checked)
    assert {name: site.stored()[name][0] for name in names} == {name: f"value of {name}" for name in names}
    _, outs, news = variables.read(stored)
    assert outs["site"] == site.name
    assert [news[key] for key in flatten(dict.fromkeys(names))] == [plain(f"value of {name}") for name in names]
    drive_later(EnvironmentVariablesProvider()).delete(stored)
    assert site.stored() == {}


@pytest.mark.parametrize("after", ORDER[:-1])
@pytest.mark.parametrize("written", [True, False], ids=["written", "deleted"])
def test_a_site_id_that_somebody_else_changes_in_between_keeps_the_database_away(
    variables: Wire, site: Site, after: str, written: bool
) -> None:
    if written:
        site.somebody_writes("SITE_ID", "7", after=after)
    else:
        site.somebody_deletes("SITE_ID", after=after)
    with pytest.raises(Refused) as told:
        variables.create(inputs(site))
    assert str(told.value).endswith(
        f"{site.name}: the platform does not have as declared: SITE_ID. Nothing was deployed; DATABASE_URL was not"
        " written. Somebody else may be writing at the same time; run the command again"
    )
    assert site.writes() == [f"POST {name}" for name in ORDER[:-1]]
    assert site.deployments() == []


def test_a_site_id_that_somebody_else_deletes_beside_the_database_is_put_back(variables: Wire, site: Site) -> None:
    site.somebody_deletes("SITE_ID", after="DATABASE_URL")
    with pytest.raises(Refused, match=r"as declared: SITE_ID\. Nothing was deployed; SITE_ID was put back\."):
        variables.create(inputs(site))
    assert site.stored()["SITE_ID"] == ("2", False)


def test_where_the_site_id_does_not_stay_the_database_goes_again(variables: Wire, site: Site) -> None:
    site.by_hand("SITE_ID", "2")
    for name in ("DATABASE_URL", "SITE_ID"):
        site.somebody_deletes("SITE_ID", after=name)
    with pytest.raises(Refused, match=r"deployed; DATABASE_URL, which we had made, was removed again\."):
        variables.create(inputs(site))
    assert set(site.stored()) == {"MIRRORS_APPLICATION", "DEFAULT_STORAGE_DSN"}


def test_where_the_site_id_does_not_stay_a_database_that_was_there_before_stays_and_that_is_told(
    variables: Wire, site: Site
) -> None:
    site.by_hand("SITE_ID", "2")
    site.by_hand("DATABASE_URL", DATABASE)
    for name in ("DEFAULT_STORAGE_DSN", "SITE_ID"):
        site.somebody_deletes("SITE_ID", after=name)
    found = {"SITE_ID": {"sensitive": False}, "DATABASE_URL": {"sensitive": False}}
    with pytest.raises(Refused, match="DATABASE_URL is set there without its SITE_ID: set SITE_ID=2 there") as told:
        variables.create(inputs(site, found, DATABASE_URL=plain(DATABASE)))
    assert CANARY not in str(told.value)
    assert "DATABASE_URL" in site.stored()


def test_what_somebody_else_writes_before_the_last_look_is_told_without_values(variables: Wire, site: Site) -> None:
    site.somebody_writes("LANGUAGE", f"{CANARY}-other", after="DATABASE_URL")
    with pytest.raises(Refused, match="as declared: LANGUAGE") as told:
        variables.create(inputs(site, LANGUAGE=plain("de")))
    assert CANARY not in str(told.value)
    assert "Traceback" not in str(told.value)
    assert site.deployments() == []


@pytest.mark.parametrize("unknown", ["empty", "refused"])
def test_the_variables_of_an_environment_that_is_gone_are_gone(
    variables: Wire, site: Site, switches: Path, unknown: str
) -> None:
    _, stored = variables.create(inputs(site))
    site.is_deleted(application=False)
    switches.write_text(json.dumps({"unknown_uuid_in_filter": unknown}), encoding="utf-8")
    assert variables.read(stored, site.environment) == ("", {}, {})
    variables.delete(stored)


def test_variables_that_were_all_deleted_by_hand_are_missing_and_their_environment_is_not(
    variables: Wire, site: Site
) -> None:
    _, stored = variables.create(inputs(site))
    for name in ORDER:
        site.deleted_by_hand(name)
    id_, _, news = variables.read(stored, site.environment)
    assert (id_, [name for name in ORDER if name in news]) == (site.environment, [])


BAD = "my-var"  # a name that the platform refuses, after those before it were written


def kept_after(call: Callable[[], object]) -> dict[str, Any]:
    """What the engine stores after a failure."""
    with pytest.raises(Refused, match="my-var is not taken: ") as failed:
        call()
    assert failed.value.kept is not None
    assert CANARY not in str(failed.value)
    return failed.value.kept


def test_what_a_failed_create_has_made_stays_ours(variables: Wire, site: Site) -> None:
    site.by_hand("THEME", "theirs")
    found = {"THEME": {"sensitive": False}}
    declared = inputs(site, found, A_FIRST=plain("x"), THEME=plain("ours"), **{BAD: plain("y")})

    stored = kept_after(lambda: variables.create(declared))

    assert stored["A_FIRST"] == plain("x")
    assert {"THEME", "DATABASE_URL", BAD} & stored.keys() == set()
    fewer = variables.update(in_clear(stored), inputs(site, found, THEME=plain("ours")))
    assert "A_FIRST" not in site.stored()
    variables.delete(fewer)
    assert site.stored() == {"THEME": ("ours", False)}


def test_what_a_failed_update_has_made_stays_ours_whatever_the_next_check_has_seen(variables: Wire, site: Site) -> None:
    _, before = variables.create(inputs(site, None, OLD=secret(CANARY)) | {"secrets": [*sorted(SHARED), "OLD"]})
    declared = inputs(site, None, A_FIRST=plain("x"), **{BAD: plain("y")})

    stored = kept_after(lambda: variables.update(before, declared))

    assert stored["A_FIRST"] == plain("x")
    assert stored["OLD"] == {"value": marked(CANARY), "sensitive": True}  # nothing marks it any more by its input
    seen = {"A_FIRST": {"sensitive": False}}
    checked, _ = variables.check(before, inputs(site, None, A_FIRST=plain("x")) | {"observed": seen})
    assert checked["found"] == seen  # the checked inputs of before know nothing of it
    after = variables.update(in_clear(stored), checked)
    assert after["found"] == {}
    variables.update(after, inputs(site))
    assert "A_FIRST" not in site.stored()


def test_what_somebody_sets_after_a_failed_create_is_theirs(variables: Wire, site: Site) -> None:
    """The engine stores the checked inputs as a whole, and with them names that were never written."""
    declared = inputs(site, None, A_FIRST=plain("x"), z_last=plain("z"), **{BAD: plain("y")})
    stored = kept_after(lambda: variables.create(declared))
    site.by_hand("z_last", "theirs")

    checked, _ = variables.check(declared, inputs(site, None, A_FIRST=plain("x"), z_last=plain("z")))
    after = variables.update(in_clear(stored), checked)
    assert after["found"] == {"z_last": {"sensitive": False}}
    fewer, _ = variables.check(checked, inputs(site))  # without a refresh in between
    variables.update(after, fewer)

    assert "A_FIRST" not in site.stored()
    assert site.stored()["z_last"] == ("z", False)


PEM = "-----BEGIN CERTIFICATE-----\n" + 1500 * f"{'A' * 64}\n" + "-----END CERTIFICATE-----\n"


def test_a_certificate_of_100_kb_is_kept_after_a_failure(variables: Wire, site: Site) -> None:
    assert len(PEM) > 95_000
    stored = kept_after(lambda: variables.create(inputs(site, None, A_FIRST=plain(PEM), **{BAD: plain("y")})))
    assert stored["A_FIRST"] == {"value": PEM, "sensitive": False}


def test_what_is_too_much_for_the_answer_of_a_failure_is_left_out_of_it(variables: Wire, site: Site) -> None:
    """The engine would end the connection, and fail every other site of the process."""
    large = {f"A_{number}": plain("x" * 2_000_000) for number in range(9)}
    with pytest.raises(Refused, match="my-var is not taken: ") as failed:
        variables.create(inputs(site, None, **large, **{BAD: plain("y")}))
    assert failed.value.kept is None
    assert site.stored().keys() >= large.keys()


def test_a_failure_that_has_made_nothing_leaves_the_state_as_it_was(variables: Wire, site: Site) -> None:
    _, before = variables.create(inputs(site))
    with pytest.raises(Refused) as failed:
        variables.update(before, inputs(site, None, **{BAD: plain("y")}))
    assert failed.value.kept is None

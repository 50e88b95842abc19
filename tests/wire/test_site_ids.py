"""``SiteIds`` over the wire: it allocates in ``check``, from what the state has and the program's hints."""

from typing import Any

import pytest

from mirrors.resources.site_ids import SiteIdsProvider
from tests.wire.conftest import Drive
from tests.wire.platform import CANARY, Site
from tests.wire.provider import UNKNOWN, Wire

ACME = {"application": "u-acme", "name": "acme", "is_original": True}


@pytest.fixture
def site_ids(offline: Drive) -> Wire:
    return offline(SiteIdsProvider())


def hints(*mirrors: str, **more: Any) -> dict[str, Any]:
    """Return the request as the program sends it; None for what is not there."""
    empty: dict[str, Any] = {"retired": [], "reserved": [], "release": [], "neighbours": {}, "preview": False}
    empty["reference"] = None
    sites = [ACME, *({"application": f"u-{name}", "name": name, "declared": None} for name in mirrors)]
    return {"hints": {"sites": sites, **empty, **more}}


def ids(inputs: dict[str, Any]) -> dict[str, float]:
    return {item["name"]: item["id"] for item in inputs["assignments"].values()}


def test_ids_are_allocated_and_the_hints_dropped(site_ids: Wire) -> None:
    inputs, failures = site_ids.check({}, hints("acme-de", "acme-fr"))
    assert failures == []
    assert inputs == {
        "assignments": {
            "u-acme": {"name": "acme", "id": 1},
            "u-acme-de": {"name": "acme-de", "id": 2},
            "u-acme-fr": {"name": "acme-fr", "id": 3},
        },
        "retired": {},
        "highest": 3,
        "found": {},
    }


def test_what_the_state_has_stays_whatever_the_order_of_the_list(site_ids: Wire) -> None:
    before, _ = site_ids.check({}, hints("acme-de", "acme-fr"))
    after, _ = site_ids.check(before, hints("acme-ch", "acme-fr", "acme-de"))
    assert ids(after) == {"acme": 1, "acme-de": 2, "acme-fr": 3, "acme-ch": 4}
    assert site_ids.check(after, hints("acme-ch", "acme-fr", "acme-de")) == (after, [])


def test_the_problems_of_a_fleet_in_arguments_name_arguments(site_ids: Wire) -> None:
    managed = {"application": "u-acme-de", "name": "acme-de", "has_owner": True}
    asked = hints(highest=0, reserved=[7])
    asked["hints"]["sites"].append(managed)
    _, [(_, configured)] = site_ids.check({}, asked)
    assert "highestSiteId: 7" in configured
    asked["hints"]["fleet"] = "acme"
    inputs, [(_, failure)] = site_ids.check({}, asked)
    assert 'under Fleet("acme"). It is 7 or above: highest_site_id: 7' in failure
    assert "fleet" not in inputs


def test_an_id_that_is_free_again_is_retired_under_a_whole_number(site_ids: Wire) -> None:
    before, _ = site_ids.check({}, hints("acme-de", "acme-fr"))
    after, _ = site_ids.check(before, hints("acme-fr", "acme-ch"))
    assert ids(after) == {"acme": 1, "acme-fr": 3, "acme-ch": 4}
    assert after["retired"] == {"2": {"name": "acme-de", "application": "u-acme-de"}}
    back, _ = site_ids.check(after, hints("acme-fr", "acme-ch", "acme-de"))
    assert ids(back)["acme-de"] == 2
    assert back["retired"] == {}


def test_every_failure_is_reported_at_once_and_names_no_property(site_ids: Wire) -> None:
    before, _ = site_ids.check({}, hints("acme-de"))
    clash = [{"application": f"u-{name}", "name": name, "declared": 2} for name in ("acme-fr", "acme-ch")]
    news = hints(reserved=[7])
    news["hints"]["sites"] += [*clash, {"application": "u-x", "name": "acme-xx", "declared": 7}]
    _, failures = site_ids.check(before, news)
    assert {key for key, _ in failures} == {""}
    text = "\n".join(reason for _, reason in failures)
    assert "SITE_ID 2 would belong to acme-fr and acme-ch" in text
    assert "acme-fr: SITE_ID 2 is retired. It belonged to acme-de" in text
    assert "acme-xx: SITE_ID 7 is listed in reservedSiteIds" in text
    assert "2.0" not in text


@pytest.mark.parametrize("value", [UNKNOWN, {"acme": 1, "acme-de": UNKNOWN}], ids=["all", "one"])
def test_a_reference_that_is_not_known_yet_gives_no_id_and_invents_none(site_ids: Wire, value: Any) -> None:
    reference = {"stack": "test", "site_ids": value, "retired": UNKNOWN}
    inputs, failures = site_ids.check({}, hints("acme-de", reference=reference, preview=True))
    assert failures == []
    assert ids(inputs) == {"acme": 1}


def test_a_reference_decides(site_ids: Wire) -> None:
    retired = {"4": "acme-old"}
    reference = {"stack": "test", "site_ids": {"acme": 1, "acme-de": 9}, "retired": retired}
    inputs, failures = site_ids.check({}, hints("acme-de", reference=reference))
    assert (ids(inputs), failures) == ({"acme": 1, "acme-de": 9}, [])
    assert inputs["retired"] == {"4": {"name": "acme-old", "application": ""}}
    _, failures = site_ids.check(inputs, hints("acme-de", "acme-fr", reference=reference))
    assert [(key, 'the stack "test" has no SITE_ID for it yet' in reason) for key, reason in failures] == [("", True)]


def test_the_ledger_is_stored_and_read_as_it_is(site_ids: Wire) -> None:
    inputs, _ = site_ids.check({}, hints("acme-de"))
    id_, stored = site_ids.create(inputs)
    assert (id_, stored) == ("site-ids", inputs)
    assert site_ids.read(stored, id_) == (id_, inputs, inputs)
    more, _ = site_ids.check(inputs, hints("acme-de", "acme-fr"))
    assert site_ids.update(stored, more) == more
    assert not site_ids.diff(stored, more).replaces


def test_a_ledger_that_begins_beside_ids_of_mirrors_is_a_failure_until_the_highest_is_known(site_ids: Wire) -> None:
    news = hints()
    news["hints"]["sites"].append({"application": "u-de", "name": "acme-de", "observed": 2, "has_owner": True})
    _, failures = site_ids.check({}, news)
    assert [(key, "highestSiteId: 2" in reason) for key, reason in failures] == [("", True)]
    news["hints"]["sites"].append({"application": "u-fr", "name": "acme-fr"})
    news["hints"]["highest"] = 7
    inputs, failures = site_ids.check({}, news)
    assert (ids(inputs), failures) == ({"acme": 1, "acme-de": 2, "acme-fr": 8}, [])
    assert site_ids.check(inputs, {"hints": {**news["hints"], "highest": None}}) == (inputs, [])


def test_neighbours_that_hide_an_id_stop_a_new_one_and_what_is_said_of_them_is_kept_free(site_ids: Wire) -> None:
    beside = {
        "acme-old": {"site_ids": [], "has_hidden_id": True, "managed_as": ""},
        "shop": {"site_ids": [5], "has_hidden_id": False, "managed_as": "shop"},
    }
    _, failures = site_ids.check({}, hints("acme-de", neighbours=beside))
    assert [reason.partition(":")[0] for _, reason in failures] == ["acme-old", "shop"]
    answered = {"acme-old": 9, "shop": 5}
    inputs, failures = site_ids.check({}, hints("acme-de", neighbours=beside, reserved_for=answered))
    assert (ids(inputs), failures) == ({"acme": 1, "acme-de": 10}, [])
    assert site_ids.check(inputs, hints("acme-de", neighbours=beside)) == (inputs, [])


def test_an_id_that_was_never_used_makes_place_and_a_slug_that_changes_hands_does_not(site_ids: Wire) -> None:
    before, _ = site_ids.check({}, hints("acme-de"))
    unused = hints("acme-de", reserved=[2])
    unused["hints"]["sites"][1]["deployed_ids"] = []
    inputs, failures = site_ids.check(before, unused)
    assert (ids(inputs), failures) == ({"acme": 1, "acme-de": 3}, [])
    anew = hints(listed={"u-acme-de": "acme-former"})
    anew["hints"]["sites"].append({"application": "n-acme-de", "name": "acme-de"})
    _, failures = site_ids.check(before, anew)
    assert ['was renamed "acme-former"' in reason for _, reason in failures] == [True]


def test_what_was_found_of_a_site_is_decided_once_and_kept_as_long_as_it_is_declared(site_ids: Wire) -> None:
    there = {"e-de": {"THEME": False, "DATABASE_URL": True}, "e-fr": {}}
    before, _ = site_ids.check({}, hints("acme-de", "acme-fr", found=there))
    assert before["found"] == there
    assert "hints" not in before
    _, stored = site_ids.create(before)
    assert stored["found"] == there
    assert site_ids.read(stored, "site-ids")[2]["found"] == there
    written = {"e-de": {"THEME": False, "SITE_ID": False}, "e-fr": {"SITE_ID": False}, "e-ch": {"LANGUAGE": False}}
    after, _ = site_ids.check(before, hints("acme-de", "acme-fr", "acme-ch", found=written))
    assert after["found"] == {**there, "e-ch": {"LANGUAGE": False}}
    assert site_ids.update(stored, after)["found"] == after["found"]
    fewer, _ = site_ids.check(after, hints("acme-fr", "acme-ch", found={"e-fr": {"X": False}, "e-ch": {}}))
    assert fewer["found"] == {"e-fr": {}, "e-ch": {"LANGUAGE": False}}
    assert site_ids.check(fewer, hints("acme-fr", "acme-ch", found={"e-fr": {}, "e-ch": {}})) == (fewer, [])


def test_a_variable_that_was_found_may_be_called_like_anything_of_mirrors(site_ids: Wire) -> None:
    there = {"e-de": dict.fromkeys(("found", "__provider", "__x", "id", "urn"), True)}
    before, _ = site_ids.check({}, hints("acme-de", found=there))
    assert before["found"] == there
    assert site_ids.read(site_ids.create(before)[1], "site-ids")[2]["found"] == there
    assert site_ids.check(before, hints("acme-de", found={"e-de": {}})) == (before, [])


OWN, THEIRS = "postgres://db.example:5432/acme", "postgres://db.example:5432/bolt"


def hidden(site: Site, *confirmed: str, **more: Any) -> dict[str, Any]:
    """Return the inputs for a fleet with one mirror, whose DATABASE_URL is set and not shown.

    ``is_managed``: a manager, of whatever fleet, wrote there.
    """
    mirror = {"application": site.application, "name": site.slug, "is_managed": True}
    given = hints(hidden={site.application: site.environment}, confirmed=list(confirmed), **more)
    given["hints"]["sites"] = [ACME | {"database": OWN}, mirror]
    return given


def test_a_new_mirror_whose_hidden_database_is_anothers_is_refused_before_an_id_is_given(
    drive: Drive, site: Site
) -> None:
    site_ids = drive(SiteIdsProvider())
    assert site_ids.check({}, hidden(site))[1] == [], "it was never deployed"
    site.by_hand("DATABASE_URL", f"postgres://u:{CANARY}@db.example/bolt", sensitive=True)
    site.deployed_by_hand()
    for preview in (True, False):
        _, [(name, reason)] = site_ids.check({}, hidden(site, preview=preview))
        assert name == ""
        assert reason.startswith(f"{site.slug}: its DATABASE_URL points at {THEIRS}, the original's at {OWN}.")
        assert CANARY not in reason
    assert site_ids.check({}, hidden(site, THEIRS))[1] == []
    site.by_hand("DATABASE_URL", f"postgres://u:{CANARY}@/acme?service=prod", sensitive=True)
    site.deployed_by_hand()
    [(_, reason)] = site_ids.check({}, hidden(site))[1]
    assert "points at postgres:///acme?service=prod" in reason, "Mirrors cannot know it, so a person decides"
    assert site_ids.check({}, hidden(site, "postgres:///acme?service=prod"))[1] == []
    site.by_hand("DATABASE_URL", f"postgres://u:{CANARY}/7@db.example/acme", sensitive=True)
    site.deployed_by_hand()
    for other in ("unreadable", "unreadable:another:DATABASE_URL"):
        [(_, reason)] = site_ids.check({}, hidden(site, other))[1]
        assert f"mirrors:confirmDatabase unreadable:{site.slug}:DATABASE_URL" in reason
        assert CANARY not in reason
    assert site_ids.check({}, hidden(site, f"unreadable:{site.slug}:DATABASE_URL"))[1] == []
    site.by_hand("DATABASE_URL", f"postgres://u:{CANARY}@db.example/acme", sensitive=True)
    site.deployed_by_hand()
    assert site_ids.check({}, hidden(site))[1] == []


def test_what_the_state_has_is_not_looked_at_again(site_ids: Wire, site: Site) -> None:
    """It has no platform: a request would be an error."""
    before = {"assignments": {site.application: {"name": site.slug, "id": 2}}, "retired": {}, "highest": 2}
    assert site_ids.check(before, hidden(site))[1] == []

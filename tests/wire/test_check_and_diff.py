"""The common part of all providers before a request: check and diff, with unknown and absent values and numbers."""

from collections.abc import Mapping
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from mirrors.planning.site_properties import CHECK_ONLY, OUTPUTS, is_variable, read_variable_name
from mirrors.planning.site_properties import INPUTS as OWN_INPUTS
from mirrors.resources.original import OriginalProvider
from mirrors.resources.provider import Provider
from mirrors.resources.site import SiteProvider
from tests.wire.conftest import Drive
from tests.wire.declared import plain, secret
from tests.wire.platform import CANARY
from tests.wire.provider import UNKNOWN, in_clear, marked

KEY = "key"
SITE = {"site": "acme-de (test)", "environment": "e-1", "image_environment": "e-2", "hmac_key": KEY, "release": UNKNOWN}
INPUTS: Mapping[type[Provider], dict[str, Any]] = {
    OriginalProvider: {
        "application": "u-1",
        "environment": "e-1",
        "image_environment": "e-2",
        "release": UNKNOWN,
        "variables": {"DATABASE_URL": UNKNOWN, "OTHER": "x"},
        "identities": {"DATABASE_URL": "postgres://db:5432/acme"},
    },
    SiteProvider: {
        **SITE,
        "verified": True,
        "SITE_ID": UNKNOWN,
        "DATABASE_URL": UNKNOWN,
        "WHOLE": UNKNOWN,
        "PLAIN": "1",
        "FLAGGED": {"value": "2", "sensitive": True},
    },
}
NEWS: Mapping[type[Provider], dict[str, Any]] = {
    OriginalProvider: INPUTS[OriginalProvider],
    SiteProvider: {
        **SITE,
        "verified": True,
        "found": UNKNOWN,
        "turn": UNKNOWN,
        "variables": {
            "SITE_ID": plain(UNKNOWN),
            "DATABASE_URL": secret("x", sensitive=UNKNOWN),
            "WHOLE": UNKNOWN,
            "PLAIN": plain("1"),
            "FLAGGED": {**plain("2"), "sensitive": True},
        },
    },
}
"""Inputs of the program, where much is not known yet. The state, in which the key is from the start, has nothing else
beside it."""

IMMUTABLE = {OriginalProvider: ["application", "environment"], SiteProvider: ["environment"]}
AWKWARD = (*CHECK_ONLY, *OWN_INPUTS, *OUTPUTS, "id", "urn", "__provider", "__x", "_x")
every_provider = pytest.mark.parametrize("provider", INPUTS, ids=lambda item: item.__name__)


@every_provider
def test_check_passes_on_what_is_not_known_yet(offline: Drive, provider: type[Provider]) -> None:
    inputs, failures = offline(provider()).check({"hmac_key": KEY, "environment": "e-1"}, NEWS[provider])
    assert (in_clear(inputs), failures) == (INPUTS[provider], [])


@every_provider
def test_check_leaves_out_what_is_absent(offline: Drive, provider: type[Provider]) -> None:
    given = {key: value for key, value in NEWS[provider].items() if key != "release"} | {"release": None}
    inputs, failures = offline(provider()).check({}, given)
    assert "release" not in inputs
    assert failures == []


@every_provider
def test_the_engine_compares_and_only_a_move_replaces(offline: Drive, provider: type[Provider]) -> None:
    wire, olds = offline(provider()), INPUTS[provider]
    same = wire.diff(olds, {**olds, "release": "r-2", "SITE_ID": "2"})
    assert (same.changes, list(same.replaces)) == (provider_pb2.DiffResponse.DIFF_UNKNOWN, [])
    moved = wire.diff(olds, {**olds, **dict.fromkeys(IMMUTABLE[provider], "elsewhere")})
    assert moved.changes == provider_pb2.DiffResponse.DIFF_UNKNOWN
    assert list(moved.replaces) == IMMUTABLE[provider]
    assert moved.deleteBeforeReplace


@every_provider
def test_a_place_that_is_not_known_yet_replaces(offline: Drive, provider: type[Provider]) -> None:
    olds = INPUTS[provider]
    answer = offline(provider()).diff(olds, {**olds, "environment": UNKNOWN})
    assert list(answer.replaces) == ["environment"]


def test_a_variable_may_be_called_like_anything_of_mirrors(offline: Drive) -> None:
    variables = {name: plain(f"value of {name}") for name in AWKWARD}
    inputs, failures = offline(SiteProvider()).check({}, {**SITE, "variables": variables})
    assert failures == []
    # The engine keeps names that begin with two underscores to itself: it shows and compares none of them.
    assert [key for key in inputs if key.startswith("__")] == []
    given = {read_variable_name(key): value for key, value in inputs.items() if is_variable(key)}
    assert given == {name: f"value of {name}" for name in AWKWARD}
    assert {key for key in inputs if not is_variable(key)} == SITE.keys()


def test_a_key_is_made_once_and_its_mark_and_the_state_are_all_that_is_kept(offline: Drive) -> None:
    site, variables = offline(SiteProvider()), {"TOKEN": secret(CANARY), "SITE_ID": plain("2")}
    hints: dict[str, Any] = {
        "rollout": None,
        "turn": None,
        "observed": {},
        "databases": ["x"],
        "collected": None,
        "newest": "r-1",
    }
    news = {**SITE, **hints, "hmac_key": None, "found": {}, "release": "r-1", "variables": variables}
    first, _ = site.check({}, news)
    again, _ = site.check({}, news)
    key = first["hmac_key"]["value"]
    assert first["hmac_key"] == marked(key)
    assert key != again["hmac_key"]["value"]
    assert first["TOKEN"] != again["TOKEN"]
    assert CANARY not in str(first)
    assert first.keys() == {*SITE, "TOKEN", "SITE_ID"}
    assert site.check(in_clear(first), news) == (first, [])
    assert site.check(in_clear(first), {**news, "environment": "e-9"})[0]["hmac_key"] != first["hmac_key"]


def test_a_shared_value_may_rotate_and_may_not_point_elsewhere_unconfirmed(offline: Drive) -> None:
    original = offline(OriginalProvider())
    before = {**INPUTS[OriginalProvider], "variables": {"DATABASE_URL": f"postgres://u:{CANARY}@db/acme"}}
    rotated = before | {"variables": {"DATABASE_URL": f"postgres://u:{CANARY}-2@db/acme"}}
    assert original.check(before, rotated) == (rotated, [])
    moved = before | {"identities": {"DATABASE_URL": "postgres://db:5432/other"}}
    _, [(key, reason)] = original.check(before, moved)
    assert key == ""
    assert "postgres://db:5432/acme" in reason
    assert "pulumi config set mirrors:confirmDatabase postgres://db:5432/other" in reason
    assert CANARY not in reason
    assert original.check(before, {**moved, "confirmed": ["postgres://db:5432/other"]}) == (moved, [])


def test_any_change_of_a_value_that_cannot_be_compared_is_confirmed(offline: Drive) -> None:
    """If a file on the site's machine says where it connects, a new password may be a new database as well."""
    original, identity = offline(OriginalProvider()), "postgres:///acme?service=prod"
    before = {
        **INPUTS[OriginalProvider],
        "variables": {"DATABASE_URL": f"postgres://u:{CANARY}@/acme?service=prod"},
        "identities": {"DATABASE_URL": identity},
    }
    assert original.check(before, before) == (before, [])
    changed = before | {"variables": {"DATABASE_URL": f"postgres://u:{CANARY}-2@/acme?service=prod"}}
    _, [(key, reason)] = original.check(before, changed)
    assert key == ""
    assert f"'pulumi config set mirrors:confirmDatabase \"{identity}\"'" in reason
    assert CANARY not in reason
    assert original.check(before, {**changed, "confirmed": [identity]}) == (changed, [])


@pytest.mark.parametrize("before", ["unreadable", "postgres://db:5432/acme"])
def test_a_value_that_cannot_be_read_is_confirmed_by_its_place_and_by_no_other(offline: Drive, before: str) -> None:
    original, inputs = offline(OriginalProvider()), INPUTS[OriginalProvider]
    olds = {
        **inputs,
        "variables": {"DATABASE_URL": f"postgres://u:{CANARY}/1@db/acme"},
        "identities": {"DATABASE_URL": before},
    }
    news = olds | {
        "variables": {"DATABASE_URL": f"postgres://u:{CANARY}/2@db/acme"},
        "identities": {"DATABASE_URL": "unreadable"},
    }
    asked = {"slug": "acme", "stack": "acme-test"}
    for other in ("unreadable", "unreadable:acme-de:DATABASE_URL", "unreadable:acme:DEFAULT_STORAGE_DSN"):
        _, [(_, reason)] = original.check(olds, {**news, **asked, "confirmed": [other]})
        assert "'pulumi config set mirrors:confirmDatabase unreadable:acme:DATABASE_URL -s acme-test'" in reason
        assert CANARY not in reason
    assert original.check(olds, {**news, **asked, "confirmed": ["unreadable:acme:DATABASE_URL"]}) == (news, [])


def test_another_spelling_of_the_same_identity_is_no_change_and_confirms_as_well(offline: Drive) -> None:
    original = offline(OriginalProvider())
    before = {**INPUTS[OriginalProvider], "identities": {"DATABASE_URL": "postgresql://DB/acme"}}
    assert original.check(before, before | {"identities": {"DATABASE_URL": "postgres://db:5432/acme"}}) == (before, [])
    moved = before | {"identities": {"DATABASE_URL": "postgres://db:5432/other"}}
    assert original.check(before, {**moved, "confirmed": ["psql://db/other"]}) == (moved, [])
    assert len(original.check(before, {**moved, "confirmed": ["psql://db/others"]})[1]) == 1

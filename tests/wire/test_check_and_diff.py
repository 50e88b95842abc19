"""What all providers do alike before anything is sent: check and diff, with what is unknown, absent or a number."""

from collections.abc import Mapping
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from mirrors.resources.base import Provider, VariablesProvider
from mirrors.resources.deployment import DeploymentProvider
from mirrors.resources.environment_variables import EnvironmentVariablesProvider
from mirrors.resources.mirror import MirrorProvider
from mirrors.resources.original import OriginalProvider
from tests.wire.conftest import Drive
from tests.wire.platform import CANARY
from tests.wire.provider import UNKNOWN, marked

SITE = {"site": "acme-de (test)", "environment": "e-1", "secrets": ["DATABASE_URL"]}
WHERE = {"application": "u-1", "environment": "e-1"}
INPUTS: Mapping[type[Provider], dict[str, Any]] = {
    OriginalProvider: {
        **WHERE,
        "image_environment": "e-2",
        "release": UNKNOWN,
        "variables": {"DATABASE_URL": UNKNOWN, "OTHER": "x"},
        "identities": {"DATABASE_URL": "postgres://db:5432/acme"},
    },
    MirrorProvider: {**WHERE, "slug": "acme-de", "site_id": UNKNOWN, "found": {}},
    EnvironmentVariablesProvider: {
        **SITE,
        "found": UNKNOWN,
        "SITE_ID": {"value": UNKNOWN, "sensitive": False},
        "DATABASE_URL": {"value": "x", "sensitive": UNKNOWN},
        "WHOLE": UNKNOWN,
    },
    DeploymentProvider: {**SITE, "image_environment": "e-2", "release": UNKNOWN, "SITE_ID": UNKNOWN, "PLAIN": "1"},
}
IMMUTABLE = {
    OriginalProvider: ["application", "environment"],
    MirrorProvider: ["application", "environment"],
    EnvironmentVariablesProvider: ["environment"],
    DeploymentProvider: ["environment"],
}
AWKWARD = ("site", "environment", "secrets", "found", "url", "deployment", "release", "id", "urn", "__provider", "__x")
every_provider = pytest.mark.parametrize("provider", INPUTS, ids=lambda item: item.__name__)


@every_provider
def test_check_passes_on_what_is_not_known_yet(offline: Drive, provider: type[Provider]) -> None:
    news = INPUTS[provider]
    assert offline(provider()).check({}, news) == (news, [])


@every_provider
def test_check_leaves_out_what_is_absent(offline: Drive, provider: type[Provider]) -> None:
    given = {key: value for key, value in INPUTS[provider].items() if key != "release"} | {"release": None}
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


@pytest.mark.parametrize("provider", [EnvironmentVariablesProvider, DeploymentProvider])
def test_a_variable_may_be_called_like_anything_of_ours(offline: Drive, provider: type[VariablesProvider]) -> None:
    flat = provider.flattened({name: f"value of {name}" for name in AWKWARD})
    # The engine keeps names that begin with two underscores to itself: it shows and compares none of them.
    reserved = {*provider.inputs, *provider.outputs, "id", "urn"}
    assert [key for key in flat if key in reserved or key.startswith("__")] == []
    news = {key: value for key, value in INPUTS[provider].items() if key in provider.inputs} | flat
    inputs, failures = offline(provider()).check({}, news)
    assert (inputs, failures) == (news, [])
    assert provider.variables_in(inputs) == {name: f"value of {name}" for name in AWKWARD}


def test_what_was_found_is_decided_once_and_kept_for_ever(offline: Drive) -> None:
    mirror = offline(MirrorProvider())
    news = {**INPUTS[MirrorProvider], "found": None}
    first, _ = mirror.check({}, {**news, "observed": {"SITE_ID": {"sensitive": False}}})
    assert first["found"] == {"SITE_ID": {"sensitive": False}}
    assert "observed" not in first
    later, _ = mirror.check(first, {**news, "observed": {"SITE_ID": {"sensitive": False}, "OURS": {"sensitive": True}}})
    assert later["found"] == first["found"]
    nothing, _ = mirror.check({}, {**news, "observed": {}})
    assert mirror.check(nothing, {**news, "observed": {"OURS": {"sensitive": True}}})[0]["found"] == {}
    elsewhere, _ = mirror.check(first, {**news, "environment": "e-9", "observed": {}})
    assert elsewhere["found"] == {}


def test_what_a_mirrors_database_may_be_is_decided_once_with_what_was_found(offline: Drive) -> None:
    mirror = offline(MirrorProvider())
    news = {key: value for key, value in INPUTS[MirrorProvider].items() if key != "found"}
    first, _ = mirror.check({}, {**news, "observed": {}, "databases": ["postgres://db:5432/a"]})
    assert first["databases"] == ["postgres://db:5432/a"]
    later = {**news, "observed": {}, "databases": ["postgres://db:5432/b"]}
    assert mirror.check(first, later) == (first, [])
    before, _ = mirror.check({}, {**news, "observed": {}})
    assert mirror.check(before, later) == (before, [])


def test_a_secret_mark_in_the_state_is_no_obstacle(offline: Drive) -> None:
    """The engine takes marks off before it asks; a state that was edited by hand may still have one."""
    news = INPUTS[EnvironmentVariablesProvider]
    assert offline(EnvironmentVariablesProvider()).check({"DATABASE_URL": marked("x")}, news) == (news, [])


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
    """Where a file on the site's machine says where it connects, a new password may be a new database as well."""
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

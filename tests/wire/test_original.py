"""``Original`` on a real platform: it reads, and writes nothing."""

from typing import Any

import pytest

from mirrors.planning.variables.dsn import identify_service
from mirrors.resources.original import OriginalProvider
from tests.wire.conftest import Drive
from tests.wire.platform import CANARY, SHARED, Site
from tests.wire.provider import Wire, marked


@pytest.fixture
def shared(site: Site) -> dict[str, Any]:
    """Return an original's inputs. A mirror's application takes its place, so that each test has one of its own."""
    site.deployed_by_hand(site.live)
    release = site.deployed_by_hand()
    frozen = site.frozen(release)
    return {
        "application": site.application,
        "environment": site.environment,
        "image_environment": site.live,
        "release": site.platform.divio.deployments.list(site.live)[0].uuid,
        "variables": {name: frozen[name] for name in SHARED},
        "identities": {name: identify_service(frozen[name] or "") for name in SHARED},
    }


@pytest.fixture
def original_wire(drive: Drive) -> Wire:
    return drive(OriginalProvider())


def with_marks(shared: dict[str, Any]) -> dict[str, Any]:
    return shared | {"variables": {name: marked(value) for name, value in shared["variables"].items()}}


def test_reading_an_original_marks_every_shared_value(original_wire: Wire, site: Site, shared: dict[str, Any]) -> None:
    site.forget_requests()
    _, stored = original_wire.create(shared)
    assert stored == shared
    assert site.requests() == []
    expected = with_marks(shared)
    assert original_wire.read(stored, site.environment) == (site.environment, expected, expected)
    assert site.writes() == []


def test_a_rotated_password_and_a_new_release_are_seen_once_they_are_deployed(
    original_wire: Wire, site: Site, shared: dict[str, Any]
) -> None:
    before = shared["variables"]["DATABASE_URL"]
    scheme, _, address = before.rpartition("@")
    rotated = f"{scheme.rpartition(':')[0]}:{CANARY}-rotated@{address}"
    assert identify_service(rotated) == identify_service(before)
    site.by_hand("DATABASE_URL", rotated, sensitive=True)
    assert original_wire.read(shared)[2] == with_marks(shared)
    site.deployed_by_hand()
    release = site.deployed_by_hand(site.live)
    _, outs, inputs = original_wire.read(shared)
    variables = {**shared["variables"], "DATABASE_URL": rotated}
    assert outs == inputs == with_marks(shared | {"variables": variables, "release": release})


def test_a_rotated_password_is_seen_where_the_state_spells_the_identity_otherwise(
    original_wire: Wire, shared: dict[str, Any]
) -> None:
    identity = shared["identities"]["DATABASE_URL"]
    shared["identities"]["DATABASE_URL"] = identity.replace("postgres://", "postgresql://")
    assert shared["identities"]["DATABASE_URL"] != identity
    before = shared["variables"]["DATABASE_URL"]
    shared["variables"]["DATABASE_URL"] = before.replace(":", f":{CANARY}", 2)
    assert original_wire.read(shared)[2]["variables"]["DATABASE_URL"] == marked(before)


def test_a_value_that_cannot_be_compared_is_not_taken_over_where_it_changes(
    original_wire: Wire, site: Site, shared: dict[str, Any]
) -> None:
    """It reaches no mirror before ``check`` has seen it confirmed."""
    shared["identities"]["DATABASE_URL"] = "postgres:///acme?service=prod"
    shared["variables"]["DATABASE_URL"] = "postgres://u:old@/acme?service=prod"
    site.by_hand("DATABASE_URL", f"postgres://u:{CANARY}@/acme?service=prod", sensitive=True)
    site.deployed_by_hand()
    assert original_wire.read(shared)[2]["variables"] == with_marks(shared)["variables"]


def test_a_deployment_that_failed_changes_nothing(original_wire: Wire, site: Site, shared: dict[str, Any]) -> None:
    site.by_hand("DATABASE_URL", "postgres://elsewhere/x")
    site.will_meet("deployment-fails")
    site.platform.divio.deployments.start(site.environment)
    assert original_wire.read(shared)[1] == with_marks(shared)


def test_what_an_original_that_is_gone_pointed_at_is_what_its_successor_is_held_against(
    original_wire: Wire, shared: dict[str, Any]
) -> None:
    gone = shared | {"environment": "a" * 26}
    assert original_wire.read(gone)[1] == with_marks(gone)
    identities = {**shared["identities"], "DATABASE_URL": "postgres://another:5432/acme"}
    [(_, reason)] = original_wire.check(gone, {**shared, "identities": identities})[1]
    assert "confirmDatabase postgres://another:5432/acme" in reason

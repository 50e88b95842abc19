"""The registry: the owner of each id, and the declarations that count."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from django_mirrors.conf import ORIGINAL, CurrentSite
from django_mirrors.errors import SiteTakenError
from django_mirrors.registry import EXTERNAL, FORGOTTEN, GRACE, Registry
from django_mirrors.registry_table import TABLE, RegistryTable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper

    from tests.databases import Database

NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
MINUTE = timedelta(minutes=1)
ACME = CurrentSite(1, ORIGINAL, "test", "db.example:5432/acme", "acme.example")
GERMANY = CurrentSite(2, "acme-de", "test", "db.example:5432/acme", "acme-de.example")


@pytest.fixture
def connection(database: Database) -> Iterator[BaseDatabaseWrapper]:
    with database.connected() as connection:
        RegistryTable(connection).create_if_missing()
        yield connection


@pytest.fixture
def registry(connection: BaseDatabaseWrapper) -> Registry:
    return Registry.for_site(connection, GERMANY)


def fingerprints(registry: Registry, now: datetime) -> dict[str, str]:
    return {entry.fingerprint: entry.state for entry in registry.entries(now)}


def test_a_release_is_pending_until_a_server_process_of_it_has_started(registry: Registry) -> None:
    registry.register_release(GERMANY, "one", {"tables": []}, NOON)
    assert fingerprints(registry, NOON) == {"one": "pending"}
    registry.confirm_release(GERMANY, "one", {"tables": []}, NOON + MINUTE)
    assert fingerprints(registry, NOON + MINUTE) == {"one": "running"}


def test_the_release_before_counts_until_15_minutes_after_the_next_is_confirmed(registry: Registry) -> None:
    registry.register_release(GERMANY, "one", {}, NOON)
    registry.confirm_release(GERMANY, "one", {}, NOON)
    registry.register_release(GERMANY, "two", {}, NOON + MINUTE)
    registry.confirm_release(GERMANY, "two", {}, NOON + 2 * MINUTE)
    end = NOON + 2 * MINUTE + GRACE
    registry.delete_superseded(end - timedelta(seconds=1))
    assert fingerprints(registry, end - timedelta(seconds=1)) == {"one": "running", "two": "running"}
    assert fingerprints(registry, end) == {"two": "running"}
    registry.delete_superseded(end)
    assert fingerprints(registry, NOON) == {"two": "running"}


def test_a_release_that_never_started_drops_nothing(registry: Registry) -> None:
    registry.register_release(GERMANY, "one", {}, NOON)
    registry.confirm_release(GERMANY, "one", {}, NOON)
    registry.register_release(GERMANY, "two", {}, NOON + MINUTE)
    assert fingerprints(registry, NOON + 100 * GRACE) == {"one": "running", "two": "pending"}


def test_a_worker_that_the_old_container_starts_anew_drops_nothing(registry: Registry) -> None:
    registry.register_release(GERMANY, "one", {}, NOON)
    registry.confirm_release(GERMANY, "one", {}, NOON)
    registry.register_release(GERMANY, "two", {}, NOON + MINUTE)
    registry.confirm_release(GERMANY, "two", {}, NOON + MINUTE)
    registry.confirm_release(GERMANY, "one", {}, NOON + 2 * MINUTE)
    assert fingerprints(registry, NOON + 2 * GRACE) == {"two": "running"}
    registry.delete_superseded(NOON + 2 * GRACE)
    registry.confirm_release(GERMANY, "one", {}, NOON + 3 * GRACE)
    assert fingerprints(registry, NOON + 9 * GRACE) == {"one": "running", "two": "running"}


def test_a_rollback_is_a_release_that_has_to_be_confirmed_again(registry: Registry) -> None:
    registry.register_release(GERMANY, "one", {}, NOON)
    registry.confirm_release(GERMANY, "one", {}, NOON)
    registry.register_release(GERMANY, "two", {}, NOON + MINUTE)
    registry.confirm_release(GERMANY, "two", {}, NOON + MINUTE)
    registry.register_release(GERMANY, "one", {}, NOON + 2 * MINUTE)
    assert fingerprints(registry, NOON + GRACE) == {"one": "pending", "two": "running"}
    registry.confirm_release(GERMANY, "one", {}, NOON + 3 * MINUTE)
    assert fingerprints(registry, NOON + 3 * MINUTE + GRACE) == {"one": "running"}


def test_the_same_release_again_does_not_bring_back_what_it_has_superseded(registry: Registry) -> None:
    registry.register_release(GERMANY, "one", {}, NOON)
    registry.confirm_release(GERMANY, "one", {}, NOON)
    registry.register_release(GERMANY, "two", {}, NOON + MINUTE)
    registry.confirm_release(GERMANY, "two", {}, NOON + MINUTE)
    registry.register_release(GERMANY, "two", {}, NOON + 2 * GRACE)
    assert fingerprints(registry, NOON + 2 * GRACE) == {"two": "pending"}


def test_a_site_drops_only_what_is_its_own(registry: Registry) -> None:
    registry.register_release(ACME, "one", {}, NOON)
    registry.register_release(GERMANY, "two", {}, NOON + MINUTE)
    registry.confirm_release(GERMANY, "two", {}, NOON + MINUTE)
    assert {entry.site_id for entry in registry.entries(NOON + 2 * GRACE)} == {1, 2}


def test_an_id_has_one_owner(registry: Registry) -> None:
    registry.claim(GERMANY)
    registry.claim(replace(GERMANY, domain="new.example"))
    with pytest.raises(SiteTakenError, match="SITE_ID 2 belongs to acme-de"):
        registry.claim(replace(GERMANY, application="acme-fr"))
    assert [(site.application, site.domain) for site in registry.sites()] == [("acme-de", "new.example")]


@pytest.mark.parametrize("status", [EXTERNAL, FORGOTTEN])
def test_a_marked_site_needs_nothing_and_its_id_can_be_claimed(registry: Registry, status: str) -> None:
    registry.claim(GERMANY)
    registry.register_release(GERMANY, "one", {}, NOON)
    registry.set_status(2, status, "acme-de.example")
    assert [site.status for site in registry.sites()] == [status]
    assert not registry.entries(NOON)
    registry.claim(replace(GERMANY, application="acme-fr"))
    assert [site.application for site in registry.sites()] == ["acme-fr"]


@pytest.mark.parametrize(
    "elsewhere", [replace(GERMANY, stage="live"), replace(GERMANY, database="old.example:5432/acme")]
)
def test_entries_that_came_with_a_copy_are_ignored_and_that_is_said(registry: Registry, elsewhere: CurrentSite) -> None:
    there = Registry(registry.table.connection, elsewhere.stage, elsewhere.database)
    there.claim(elsewhere)
    there.register_release(elsewhere, "one", {}, NOON)
    assert not registry.sites()
    assert not registry.entries(NOON)
    [sentence] = registry.foreign_warnings()
    assert f"2 entries of STAGE {elsewhere.stage} on {elsewhere.database}" in sentence
    registry.claim(replace(GERMANY, application="acme-fr"))
    assert [site.application for site in there.sites()] == ["acme-de"]


def test_what_a_later_companion_wrote_beside_is_kept(registry: Registry) -> None:
    registry.claim(GERMANY)
    registry.register_release(GERMANY, "one", {}, NOON)
    for kind in ("site", "declaration"):
        [row] = registry.table.all(kind)
        assert registry.table.replace(row, {**row.document, "later": {"key": 1}})
    registry.claim(replace(GERMANY, domain="new.example"))
    registry.register_release(GERMANY, "one", {"tables": []}, NOON + MINUTE)
    registry.confirm_release(GERMANY, "one", {}, NOON + MINUTE)
    for kind in ("site", "declaration"):
        [row] = registry.table.all(kind)
        assert row.document["later"] == {"key": 1}


def test_a_change_that_someone_made_in_between_is_not_overwritten(registry: Registry) -> None:
    registry.claim(GERMANY)
    [row] = registry.table.all("site")
    assert registry.table.replace(row, {"domain": "first.example"})
    assert not registry.table.replace(row, {"domain": "second.example"})
    assert not registry.table.delete(row)
    assert [found.document for found in registry.table.all("site")] == [{"domain": "first.example"}]


def test_rows_of_a_kind_that_only_a_later_companion_knows_do_no_harm(registry: Registry, database: Database) -> None:
    database.query(f"INSERT INTO {TABLE} VALUES ('x', 'later', 3, 1, '{{}}')")  # noqa: S608
    assert not registry.sites()
    assert not registry.foreign_warnings()


def test_a_database_without_the_table_is_an_empty_registry(database: Database) -> None:
    with database.connected() as connection:
        registry = Registry.for_site(connection, GERMANY)
        assert not registry.sites()
        assert not registry.foreign_warnings()
        assert not registry.table.exists()

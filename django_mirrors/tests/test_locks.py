"""One deployment at a time, and none that continues without the lock."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Callable, Union

import psycopg
import pytest
from django.db import connections
from django.db.utils import ConnectionHandler

from django_mirrors.errors import LockLostError
from django_mirrors.locks import EXPIRY, AdvisoryLock, RowLock, lock_key, migration_lock
from django_mirrors.migrate_runner import LockTimeoutError, lock_timeout, run_migrate
from tests.databases import django_settings
from tests.site import Site, finish

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.databases import Database
    from tests.released import Templates

AnyLock = Union[AdvisoryLock, RowLock]


@pytest.fixture
def new_lock(database: Database) -> Iterator[Callable[[], AnyLock]]:
    """Make locks of one database, each on a connection of its own."""
    with ExitStack() as stack:

        def make() -> AnyLock:
            connection = stack.enter_context(database.connected())
            return AdvisoryLock(connection) if connection.vendor == "postgresql" else RowLock(connection)

        yield make


def test_only_one_holds_the_lock_until_it_is_released(new_lock: Callable[[], AnyLock]) -> None:
    first, second = new_lock(), new_lock()
    assert first.acquire(0)
    first.verify()
    assert not second.acquire(0)
    assert not second.acquire(0.05)
    first.release()
    assert second.acquire(30)  # a session ends a moment after its connection
    second.verify()


def test_a_lock_that_was_never_obtained_is_not_held(new_lock: Callable[[], AnyLock]) -> None:
    first, second = new_lock(), new_lock()
    assert first.acquire(0)
    second.acquire(0)
    with pytest.raises(LockLostError):
        second.verify()


def test_a_row_that_expired_is_taken_over_and_its_owner_notices(sqlite: Database) -> None:
    now = 1000.0
    with sqlite.connected() as one, sqlite.connected() as other:
        slow, quick = RowLock(one, lambda: now), RowLock(other, lambda: now)
        assert slow.acquire(0)
        now += EXPIRY - 1
        slow.verify()  # renews the expiry
        now += EXPIRY - 1
        assert not quick.acquire(0)
        now += 2
        assert quick.acquire(0)
        with pytest.raises(LockLostError, match="its row expired and another process took it"):
            slow.verify()
        slow.release()
        quick.verify()


def test_a_limit_that_the_role_has_for_statements_does_not_end_the_wait(postgresql: Database) -> None:
    name = postgresql.url.rpartition("/")[2]
    postgresql.query(f'ALTER DATABASE "{name}" SET statement_timeout = 50')
    with postgresql.connected() as one, postgresql.connected() as other:
        assert AdvisoryLock(one).acquire(0)
        assert not AdvisoryLock(other).acquire(1)


def test_connections_that_follow_one_that_a_migration_closed_do_not_wait_for_long_either(postgresql: Database) -> None:
    with postgresql.connected() as connection, lock_timeout(connection, 7):
        for _ in range(2):
            with connection.cursor() as cursor:
                cursor.execute("SHOW lock_timeout")
                assert cursor.fetchone() == ("7s",)
            connection.close()


def test_a_session_that_was_ended_holds_nothing(postgresql: Database) -> None:
    with postgresql.connected() as connection:
        lock = AdvisoryLock(connection)
        assert lock.acquire(0)
        postgresql.query(f"SELECT pg_terminate_backend({lock.session})")
        with pytest.raises(LockLostError, match="its session has ended"):
            lock.verify()


def test_behind_a_pooler_that_changes_the_session_the_lock_is_not_held(postgresql: Database) -> None:
    with postgresql.connected() as connection:
        lock = AdvisoryLock(connection)
        assert lock.acquire(0)
        connection.close()  # another session gets the next statement
        with pytest.raises(LockLostError, match="its session is another one"):
            lock.verify()


def test_the_key_holds_the_name_of_the_database_and_fits_the_function() -> None:
    keys = {lock_key(name) for name in ("acme", "acme-test", "a")}
    assert len(keys) == 3
    assert all(-(2**63) <= key < 2**63 for key in keys)


def test_a_waiting_process_says_so_and_ends_with_an_error(original: Site, new_lock: Callable[[], AnyLock]) -> None:
    holder = new_lock()
    assert holder.acquire(0)
    output = original.refused("mirrors_migrate", "--wait", "1")
    assert "Another deployment is migrating" in output
    assert "waiting for it, 1 seconds at most" in output
    assert "has not ended. Nothing was changed" in output


def test_a_waiting_process_plans_anew_when_its_turn_comes(original: Site, new_lock: Callable[[], AnyLock]) -> None:
    holder = new_lock()
    assert holder.acquire(0)
    waiting = original.at(2).start("tests/project/manage.py", "mirrors_migrate")
    assert waiting.stdout is not None
    assert "waiting for it" in waiting.stdout.readline()
    original.at(2).manage("migrate")
    holder.release()
    code, output = finish(waiting)
    assert code == 0, output
    assert "No migration is pending." in output


def test_a_release_that_lost_its_lock_fails(postgresql: Database, templates: Templates) -> None:
    """The lock's session ends while a migration waits for a table. No other deployment runs."""
    original = templates.release(postgresql)
    with psycopg.connect(postgresql.url) as reader:
        reader.execute("SELECT * FROM gallery_picture")
        release = original.at(2).start("tests/project/manage.py", "mirrors_migrate")
        assert release.stdout is not None
        line = next(line for line in release.stdout if "another transaction uses" in line)
        assert "gallery.0002_picture_caption waits for a table" in line
        postgresql.query(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
    code, output = finish(release)
    assert code == 1, output
    assert "The lock was lost while this deployment migrated" in output
    assert "Traceback" not in output


def test_a_migration_that_waits_for_a_table_lets_the_others_pass_and_is_tried_again(
    postgresql: Database, templates: Templates
) -> None:
    original = templates.release(postgresql)
    with psycopg.connect(postgresql.url) as reader:
        reader.execute("SELECT * FROM gallery_picture")
        release = original.at(2).start("tests/project/manage.py", "mirrors_migrate")
        assert release.stdout is not None
        assert any("another transaction uses" in line for line in release.stdout)
        assert postgresql.query("SELECT count(*) FROM gallery_picture") == [(0,)]
    code, output = finish(release)
    assert code == 0, output
    assert "1 of 1 pending migrations applied." in output


class Held:
    """A lock that is held."""

    def verify(self) -> None:
        """Return at once."""


def test_a_table_that_is_never_free_ends_the_release(postgresql: Database) -> None:
    Site(postgresql).manage("migrate", "contenttypes")
    said: list[str] = []
    pauses: list[float] = []
    with postgresql.connected() as connection, psycopg.connect(postgresql.url) as other:
        other.execute("LOCK TABLE django_migrations")
        connections["default"], former = connection, connections["default"]
        try:
            with pytest.raises(LockTimeoutError, match="gave up waiting for a table that another transaction uses"):
                run_migrate(connection, Held(), said.append, pauses.append, verbosity=0)
        finally:
            connections["default"] = former
    assert len(said) == len(pauses) == 8


def test_the_lock_is_free_after_an_error_in_the_block(database: Database) -> None:
    # In a file or on the server: Django closes no connection to a database in memory.
    connections.settings["locked"] = ConnectionHandler({"default": django_settings(database.url)}).settings["default"]
    try:
        with pytest.raises(ZeroDivisionError), migration_lock("locked", print, 0):
            raise ZeroDivisionError
        with migration_lock("locked", print, 0) as lock:
            lock.verify()
    finally:
        del connections.settings["locked"]

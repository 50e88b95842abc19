"""One deployment at a time, and none that continues without the lock."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Callable

import psycopg
import pytest
from django.db import connections
from django.db.utils import ConnectionHandler

from django_mirrors.errors import LockLostError
from django_mirrors.locks import ObtainableLock, migration_lock, new_lock
from django_mirrors.migrate_runner import LockTimeoutError, lock_timeout, run_migrate
from django_mirrors.registry_table import RegistryTable
from django_mirrors.row_lock import EXPIRY, RowLock
from django_mirrors.session_locks import SECONDS_OF_SESSION, AdvisoryLock, NamedLock, lock_key, lock_name
from tests.databases import django_settings, mariadb_session, new_database
from tests.site import Site, finish

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from django.db.backends.base.base import BaseDatabaseWrapper

    from tests.databases import Database
    from tests.released import Templates


MakeLock = Callable[[], ObtainableLock]


@pytest.fixture
def make_lock(database: Database) -> Iterator[MakeLock]:
    """Make locks of one database, each on a connection of its own."""
    with ExitStack() as stack:
        yield lambda: new_lock(stack.enter_context(database.connected()))


@pytest.mark.each_version
def test_only_one_holds_the_lock_until_it_is_released(make_lock: MakeLock) -> None:
    first, second = make_lock(), make_lock()
    assert first.acquire(0)
    first.verify()
    assert not second.acquire(0)
    assert not second.acquire(0.05)
    first.release()
    assert second.acquire(30)  # a session ends a moment after its connection
    second.verify()


def test_a_lock_that_was_never_obtained_is_not_held(make_lock: MakeLock) -> None:
    first, second = make_lock(), make_lock()
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


@pytest.mark.parametrize(
    ("kind", "limit"),
    [
        ("postgresql", {"options": "-c statement_timeout=50"}),
        ("mariadb", {"init_command": "SET SESSION max_statement_time = 0.05"}),
    ],
)
def test_a_limit_for_statements_does_not_end_the_wait(tmp_path: Path, kind: str, limit: dict[str, str]) -> None:
    with new_database(kind, tmp_path) as server, server.connected() as one, server.connected() as other:
        other.settings_dict["OPTIONS"] = limit
        assert new_lock(one).acquire(0)
        assert not new_lock(other).acquire(1)


def test_the_server_keeps_the_idle_session_of_a_lock(mariadb: Database) -> None:
    with mariadb.connected() as connection:
        connection.settings_dict["OPTIONS"] = {"init_command": "SET SESSION wait_timeout = 1"}
        assert new_lock(connection).acquire(0)
        with connection.cursor() as cursor:
            cursor.execute("SELECT @@wait_timeout")
            assert cursor.fetchone() == (SECONDS_OF_SESSION,)


@pytest.mark.parametrize(
    ("kind", "shows"),
    [("postgresql", "SHOW lock_timeout"), ("mariadb", "SELECT concat(@@lock_wait_timeout, 's')")],
)
def test_connections_that_follow_one_that_a_migration_closed_do_not_wait_for_long_either(
    tmp_path: Path, kind: str, shows: str
) -> None:
    with new_database(kind, tmp_path) as server, server.connected() as connection, lock_timeout(connection, 7):
        for _ in range(2):
            with connection.cursor() as cursor:
                cursor.execute(shows)
                assert cursor.fetchone() == ("7s",)
            connection.close()


def held(connection: BaseDatabaseWrapper) -> AdvisoryLock | NamedLock:
    """Return the lock, held by the session of ``connection``."""
    lock = new_lock(connection)
    assert isinstance(lock, (AdvisoryLock, NamedLock))
    assert lock.acquire(0)
    return lock


def test_a_session_that_was_ended_holds_nothing(server: Database) -> None:
    with server.connected() as connection, server.connected() as other:
        lock = held(connection)
        server.end_session(lock.session)
        with pytest.raises(LockLostError, match="its session has ended"):
            lock.verify()
        assert new_lock(other).acquire(30)


def test_behind_a_pooler_that_changes_the_session_the_lock_is_not_held(server: Database) -> None:
    with server.connected() as connection:
        lock = held(connection)
        connection.close()  # another session gets the next statement
        with pytest.raises(LockLostError, match="its session is another one"):
            lock.verify()


def test_the_key_holds_the_name_of_the_database_and_fits_the_function() -> None:
    keys = {lock_key(name) for name in ("acme", "acme-test", "a")}
    assert len(keys) == 3
    assert all(-(2**63) <= key < 2**63 for key in keys)


def test_a_locks_name_holds_the_name_of_the_database_and_fits_the_limit() -> None:
    names = {lock_name(name) for name in ("acme", "acme-test", "a" * 64)}
    assert len(names) == 3
    assert max(map(len, names)) <= 64


def test_two_databases_of_one_server_have_two_locks(mariadb: Database, tmp_path: Path) -> None:
    with new_database("mariadb", tmp_path) as other, mariadb.connected() as one, other.connected() as two:
        assert new_lock(one).acquire(0)
        assert new_lock(two).acquire(0)


def test_a_waiting_process_says_so_and_ends_with_an_error(original: Site, make_lock: MakeLock) -> None:
    holder = make_lock()
    assert holder.acquire(0)
    output = original.refused("mirrors_migrate", "--wait", "1")
    assert "Another deployment is migrating" in output
    assert "waiting for it, 1 seconds at most" in output
    assert "has not ended. Nothing was changed" in output


def test_a_waiting_process_plans_anew_when_its_turn_comes(original: Site, make_lock: MakeLock) -> None:
    holder = make_lock()
    assert holder.acquire(0)
    waiting = original.at(2).start("tests/project/manage.py", "mirrors_migrate")
    assert waiting.stdout is not None
    assert "waiting for it" in waiting.stdout.readline()
    original.at(2).manage("migrate")
    holder.release()
    code, output = finish(waiting)
    assert code == 0, output
    assert "No migration is pending." in output


HOLDERS = {
    "postgresql": "SELECT pid FROM pg_locks WHERE locktype = 'advisory'"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    "mariadb": "SELECT IS_USED_LOCK('{name}')",
}


def test_a_release_that_lost_its_lock_fails(server: Database, templates: Templates) -> None:
    """The lock's session ends while a migration waits for a table. No other deployment runs."""
    original = templates.release(server)
    with server.in_use("gallery_picture"):
        release = original.at(2).start("tests/project/manage.py", "mirrors_migrate")
        assert release.stdout is not None
        line = next(line for line in release.stdout if "another transaction uses" in line)
        assert "gallery.0002_picture_caption waits for a table" in line
        ((session,),) = server.query(HOLDERS[server.kind].format(name=lock_name(server.name)))
        server.end_session(session)
    code, output = finish(release)
    assert code == 1, output
    assert "The lock was lost while this deployment migrated" in output
    assert "Traceback" not in output


def test_a_migration_that_waits_for_a_table_lets_the_others_pass_and_is_tried_again(
    server: Database, templates: Templates
) -> None:
    original = templates.release(server)
    with server.in_use("gallery_picture"):
        release = original.at(2).start("tests/project/manage.py", "mirrors_migrate")
        assert release.stdout is not None
        assert any("another transaction uses" in line for line in release.stdout)
        assert server.query("SELECT count(*) FROM gallery_picture") == [(0,)]
    code, output = finish(release)
    assert code == 0, output
    assert "1 of 1 pending migrations applied." in output


class Held:
    """A lock that is held."""

    def verify(self) -> None:
        """Return at once."""


def migrating(database: Database, pauses: list[float]) -> str:
    """Run ``migrate`` against a table that is never free, and return the message."""
    said: list[str] = []
    with database.connected() as connection:
        RegistryTable(connection).create_if_missing()
        connections["default"], former = connection, connections["default"]
        try:
            with pytest.raises(LockTimeoutError) as caught:
                run_migrate(connection, Held(), said.append, pauses.append, verbosity=0)
        finally:
            connections["default"] = former
    assert len(said) == len(pauses)
    return str(caught.value)


def test_a_table_that_is_never_free_ends_the_release(postgresql: Database) -> None:
    Site(postgresql).manage("migrate", "contenttypes")
    pauses: list[float] = []
    with psycopg.connect(postgresql.url) as other:
        other.execute("LOCK TABLE django_migrations")
        message = migrating(postgresql, pauses)
    assert "gave up waiting for a table that another transaction uses, after 9 attempts" in message
    assert "It was not applied. Find the long transaction (pg_stat_activity), then deploy again." in message
    assert len(pauses) == 8


def test_a_table_that_is_never_free_ends_a_release_half_way(mariadb: Database) -> None:
    Site(mariadb).manage("migrate", "contenttypes")
    pauses: list[float] = []
    with mariadb_session(mariadb.url) as other:
        other.execute("LOCK TABLES django_migrations READ")
        message = migrating(mariadb, pauses)
    assert "gave up waiting for a table that another transaction uses. Find the long transaction" in message
    assert "(information_schema.innodb_trx)" in message
    assert "stopped half-way, and this database keeps what was applied." in message
    assert not pauses


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

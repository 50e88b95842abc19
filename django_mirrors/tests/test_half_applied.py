"""Migrations that stop half-way, where the database keeps each statement that changes the schema."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.db import DatabaseError

from django_mirrors.database_identity import database_identity
from django_mirrors.half_applied import HalfApplied, HalfAppliedMigrations
from django_mirrors.migrate_runner import lock_timeout
from django_mirrors.registry import Registry, utc_now
from django_mirrors.registry_table import RegistryTable
from django_mirrors.schema_statements import SchemaStatements, watch_statements
from tests.site import Site, finish

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper

    from tests.databases import Database
    from tests.released import Templates

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "migrations" / "half-applied.md"
ALBUM = "gallery.0002_album"
UNDONE = (
    "ALTER TABLE gallery_picture DROP COLUMN caption",
    "SELECT 'nothing: the default goes with the column'",
    "DROP TABLE gallery_album",
    "DROP INDEX caption ON gallery_picture",
    "SELECT 'nothing: the foreign key goes with the table'",
)
"""Statements that undo those of the migration."""


@pytest.fixture
def on_mariadb(mariadb: Database, templates: Templates) -> Site:
    """Return the original, released on MariaDB, whose code has a pending migration of several statements."""
    return templates.release(mariadb).at(6)


def planned(site: Site) -> list[str]:
    """Return the statements of the migration, as Django shows them."""
    return [line for line in site.manage("sqlmigrate", "gallery", "0002_album").splitlines() if line.endswith(";")]


def killed(site: Site, place: str) -> None:
    """Run the release command until the process is killed."""
    code, output = finish(site.having(KILLED=place).start("tests/project/manage.py", "mirrors_migrate"))
    assert code == -signal.SIGKILL, output


def records(database: Database) -> Sequence[HalfApplied]:
    """Return the records of migrations that stopped half-way."""
    with database.connected() as connection:
        return HalfAppliedMigrations(connection).all()


def recorded(half: HalfApplied) -> list[str]:
    """Return the recorded statements. The record has none of their values."""
    return [f"{statement};".replace("%s", "'x'") for statement in (*half.done, half.sent)]


def columns(database: Database) -> set[tuple[object, ...]]:
    """Return all columns, keys and indexes of the gallery."""
    return {
        *database.query(
            "SELECT table_name, column_name, column_type, is_nullable, column_default FROM information_schema.columns"
            " WHERE table_schema = DATABASE() AND table_name LIKE 'gallery%'"
        ),
        *database.query(
            "SELECT table_name, column_name, index_name FROM information_schema.statistics"
            " WHERE table_schema = DATABASE() AND table_name LIKE 'gallery%'"
        ),
    }


def serving(database: Database) -> list[str]:
    """Return the states of the registered releases."""
    with database.connected() as connection:
        return [entry.state for entry in Registry(connection, "test", database_identity(connection)).entries(utc_now())]


@pytest.mark.once
@pytest.mark.parametrize("number", range(1, 6))
def test_a_release_that_is_killed_before_a_statement_is_finished_by_hand(on_mariadb: Site, number: int) -> None:
    database, statements = on_mariadb.database, planned(on_mariadb)
    killed(on_mariadb, f"before {number}")
    (half,) = records(database)
    assert recorded(half) == statements[:number]
    assert serving(database) == ["pending"]
    said = on_mariadb.manage("mirrors_migrate", "--check")
    assert f"Warning: {half.text}" in said
    if len(half.done) == 2:
        assert f"```text\n{half.text}\n```" in PAGE.read_text()
    for statement in statements[number - 1 :]:
        database.query(statement)
    on_mariadb.manage("migrate", "--fake", "gallery", "0002_album")
    said = on_mariadb.manage("mirrors_migrate")
    assert "No migration is pending." in said
    assert "stopped half-way" not in said
    assert not records(database)
    assert serving(database) == ["pending", "pending"]


@pytest.mark.once
@pytest.mark.parametrize("number", range(1, 6))
def test_a_release_that_is_killed_after_a_statement_is_undone_by_hand(on_mariadb: Site, number: int) -> None:
    database, statements, before = on_mariadb.database, planned(on_mariadb), columns(on_mariadb.database)
    killed(on_mariadb, f"after {number}")
    (half,) = records(database)
    assert recorded(half) == statements[:number]
    assert columns(database) != before
    for statement in reversed(UNDONE[:number]):
        database.query(statement)
    assert columns(database) == before
    said = on_mariadb.manage("mirrors_migrate")
    assert "1 of 1 pending migrations applied." in said
    assert not records(database)


@pytest.mark.once
def test_a_release_that_comes_again_before_anyone_has_looked_fails_and_keeps_the_record(on_mariadb: Site) -> None:
    killed(on_mariadb, "after 3")
    before = records(on_mariadb.database)
    said = on_mariadb.refused("mirrors_migrate")
    assert f"{ALBUM} failed: (1060, \"Duplicate column name 'caption'\")" in said
    assert "  Applied or not, as no answer arrived:\n    CREATE TABLE `gallery_album`" in said
    assert "migrate --fake gallery 0002_album" in said
    assert records(on_mariadb.database) == before
    assert serving(on_mariadb.database) == ["pending"]


def test_a_statement_that_is_refused_half_way_is_named_with_those_before_it(on_mariadb: Site) -> None:
    on_mariadb.database.query("CREATE TABLE gallery_album (id integer)")
    said = on_mariadb.refused("mirrors_migrate")
    assert f"{ALBUM} failed: (1050, " in said
    assert f"{ALBUM} stopped half-way" in said
    assert "  Applied:\n    ALTER TABLE `gallery_picture` ADD COLUMN `caption`" in said
    assert "CREATE TABLE" not in said
    (half,) = records(on_mariadb.database)
    assert (len(half.done), half.sent) == (2, "")


def test_a_part_of_a_migration_is_no_news_to_a_release_that_has_the_other_part(on_mariadb: Site) -> None:
    """The record has the statements of both attempts."""
    killed(on_mariadb, "after 3")
    on_mariadb.database.query("ALTER TABLE gallery_picture DROP COLUMN caption")
    said = on_mariadb.refused("mirrors_migrate")
    (half,) = records(on_mariadb.database)
    assert len(half.done) == 2
    assert "CREATE TABLE `gallery_album`" in half.before[-1]
    assert "  Applied by an earlier attempt, unless someone has undone it:" in said


@contextmanager
def watched(database: Database, pauses: Sequence[float]) -> Iterator[tuple[BaseDatabaseWrapper, SchemaStatements]]:
    """Yield a connection whose statements are watched, and the watch, at the beginning of a migration."""
    with database.connected() as connection, database.connected() as own, lock_timeout(connection, 1):
        RegistryTable(own).create_if_missing()
        statements = SchemaStatements(HalfAppliedMigrations(own), pauses, lambda *_: None)
        statements.begin(ALBUM)
        with connection.execute_wrapper(statements):
            yield connection, statements


def execute(connection: BaseDatabaseWrapper, *statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def test_a_statement_that_waits_for_a_table_in_vain_leaves_no_record(mariadb: Database) -> None:
    mariadb.query("CREATE TABLE busy (id integer)")
    with watched(mariadb, [0.0]) as (connection, statements), mariadb.in_use("busy"):
        with pytest.raises(DatabaseError, match="Lock wait timeout exceeded"):
            execute(connection, "ALTER TABLE busy ADD COLUMN more integer")
        assert statements.gave_up
        assert statements.repeatable
        assert not statements.half_applied()
    assert not records(mariadb)


def test_after_a_statement_that_waited_in_vain_those_before_it_remain_recorded(mariadb: Database) -> None:
    mariadb.query("CREATE TABLE busy (id integer)")
    with watched(mariadb, []) as (connection, statements), mariadb.in_use("busy"):
        execute(connection, "CREATE TABLE other (id integer)")
        with pytest.raises(DatabaseError, match="Lock wait timeout exceeded"):
            execute(connection, "ALTER TABLE busy ADD COLUMN more integer")
        assert statements.half_applied() == HalfApplied(ALBUM, ("CREATE TABLE other (id integer)",))
    mariadb.query("CREATE TABLE django_migrations (app varchar(9), name varchar(9))")
    assert records(mariadb) == [HalfApplied(ALBUM, ("CREATE TABLE other (id integer)",))]


def test_a_migration_that_has_changed_rows_cannot_start_again(mariadb: Database) -> None:
    mariadb.query("CREATE TABLE things (id integer)")
    with watched(mariadb, []) as (connection, statements):
        execute(connection, "SELECT * FROM things", "SET SESSION foreign_key_checks = 0")
        assert statements.repeatable
        execute(connection, "INSERT INTO things VALUES (1)")
        assert not statements.repeatable
        assert not statements.half_applied()


def test_where_the_database_takes_back_a_migration_that_fails_nothing_is_recorded(sqlite: Database) -> None:
    with sqlite.connected() as connection, watch_statements(connection, [], lambda *_: None) as statements:
        assert statements is None

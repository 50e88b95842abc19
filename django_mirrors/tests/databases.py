"""Databases for the tests: SQLite files, and databases on the servers that the environment names."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pymysql
import pytest
from django.db.utils import ConnectionHandler
from psycopg import sql

from tests.database_settings import KINDS, django_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["KINDS", "MARIADB", "ONCE", "Database", "django_settings", "mariadb_session", "new_database"]

POSTGRES, MARIADB = "MIRRORS_TEST_POSTGRES", "MIRRORS_TEST_MARIADB"

ONCE = "MIRRORS_TEST_ONCE" in os.environ
"""``.ci/run`` sets it: most of MariaDB is tested with the newest version of Django alone, and fewer odd projects."""


@dataclass(frozen=True)
class Database:
    """A database. ``url`` is the value of ``DATABASE_URL`` on a platform."""

    url: str

    @property
    def kind(self) -> str:
        """Return one of :data:`KINDS`."""
        scheme = self.url.partition(":")[0]
        return {"sqlite": "sqlite", "mysql": "mariadb"}.get(scheme, "postgresql")

    @property
    def name(self) -> str:
        """Return its name on the server."""
        return self.url.rpartition("/")[2]

    def query(self, statement: str) -> Sequence[tuple[Any, ...]]:
        """Execute a statement outside of Django, and return the rows, if any."""
        if self.kind == "sqlite":
            connection = sqlite3.connect(self._path)
            try:
                with connection:
                    return connection.execute(statement).fetchall()
            finally:
                connection.close()
        if self.kind == "mariadb":
            with mariadb_session(self.url) as cursor:
                cursor.execute(statement)
                return list(cursor.fetchall())
        with psycopg.connect(self.url, autocommit=True) as session:
            found = session.execute(statement.encode())
            return found.fetchall() if found.description else []

    def become(self, template: Database) -> None:
        """Make it a copy of another database of its kind that is not in use."""
        if self.kind == "sqlite":
            shutil.copy(template._path, self._path)
        elif self.kind == "mariadb":
            _copy_tables(template, self)
        else:
            name, source = (sql.Identifier(database.name) for database in (self, template))
            with psycopg.connect(os.environ[POSTGRES], autocommit=True) as session:
                session.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
                session.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, source))

    @contextmanager
    def connected(self) -> Iterator[BaseDatabaseWrapper]:
        """Yield a connection of Django's, separate from those of the process's settings."""
        connection = ConnectionHandler({"default": django_settings(self.url)})["default"]
        try:
            yield connection
        finally:
            connection.close()

    @contextmanager
    def in_use(self, table: str) -> Iterator[None]:
        """Read the table in a transaction that stays open in the block, so that no statement can alter the table."""
        if self.kind == "mariadb":
            with mariadb_session(self.url) as cursor:
                cursor.execute("BEGIN")
                cursor.execute(f"SELECT * FROM {table}")  # noqa: S608
                yield
            return
        with psycopg.connect(self.url) as session:
            session.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table)))
            yield

    def end_session(self, number: int) -> None:
        """End a session of the server, as an administrator may."""
        self.query(f"KILL {number}" if self.kind == "mariadb" else f"SELECT pg_terminate_backend({number})")

    @property
    def _path(self) -> str:
        return self.url[len("sqlite:///") :]


def new_database(kind: str, folder: Path) -> AbstractContextManager[Database]:
    """Return a context with an empty database of the kind. ``folder`` is for a file."""
    return MAKERS[kind](folder)


@contextmanager
def sqlite_database(folder: Path) -> Iterator[Database]:
    """Yield a database in a file that does not exist yet."""
    yield Database(f"sqlite:///{folder / 'shared.db'}")


@contextmanager
def postgresql_database() -> Iterator[Database]:
    """Yield a new database on the server, and drop it at the end in spite of open connections."""
    if POSTGRES not in os.environ:
        raise RuntimeError(f"{POSTGRES} must be the URL of a PostgreSQL server: run make companion")
    server, name = os.environ[POSTGRES], f"companion_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as session:
        session.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield Database(server.rpartition("/")[0] + f"/{name}")
        finally:
            session.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def mariadb_database() -> Iterator[Database]:
    """Yield a new database on the server, and drop it at the end. Skip the test where no server is installed."""
    if MARIADB not in os.environ:
        pytest.skip("no MariaDB server is installed: make mariadb installs one, as root on Debian")
    server, name = os.environ[MARIADB], f"companion_{uuid4().hex}"
    with mariadb_session(server) as cursor:
        cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    try:
        yield Database(server.rpartition("/")[0] + f"/{name}")
    finally:
        with mariadb_session(server) as cursor:
            _end_sessions(cursor, name)
            cursor.execute(f"DROP DATABASE {name}")


MAKERS: dict[str, Callable[[Path], AbstractContextManager[Database]]] = {
    "sqlite": sqlite_database,
    "postgresql": lambda _: postgresql_database(),
    "mariadb": lambda _: mariadb_database(),
}


@contextmanager
def mariadb_session(url: str) -> Iterator[pymysql.cursors.Cursor]:
    """Yield a cursor of a session that commits each statement."""
    parts = urlsplit(url)
    session = pymysql.connect(
        host=parts.hostname,
        port=parts.port or 0,
        user=parts.username,
        password=parts.password or "",
        database=parts.path[1:],
        autocommit=True,
    )
    with closing(session), session.cursor() as cursor:
        yield cursor


def _end_sessions(cursor: pymysql.cursors.Cursor, name: str) -> None:
    """End the sessions that use the database: DROP would wait for what they hold."""
    cursor.execute("SELECT id FROM information_schema.processlist WHERE db = %s", [name])
    for (number,) in cursor.fetchall():
        cursor.execute(f"KILL {number}")


def _copy_tables(source: Database, target: Database) -> None:
    """Copy all tables with their rows. A reference names a table of its own database."""
    with mariadb_session(target.url) as cursor:
        cursor.execute("SET SESSION foreign_key_checks = 0")
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = %s", [source.name])
        for (table,) in cursor.fetchall():
            cursor.execute(f"SHOW CREATE TABLE {source.name}.{table}")
            found = cursor.fetchone()
            assert found
            cursor.execute(found[1])
            cursor.execute(f"INSERT INTO {table} SELECT * FROM {source.name}.{table}")  # noqa: S608

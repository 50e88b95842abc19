"""Databases for the tests: SQLite files, and databases on the PostgreSQL server that the environment names."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
from django.db.utils import ConnectionHandler
from psycopg import sql

from tests.database_settings import django_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["Database", "django_settings", "postgresql_database", "sqlite_database"]

SERVER = "MIRRORS_TEST_POSTGRES"


@dataclass(frozen=True)
class Database:
    """A database. ``url`` is the value of ``DATABASE_URL`` on a platform."""

    url: str

    @property
    def vendor(self) -> str:
        """Return Django's name for the kind."""
        return "sqlite" if self.url.startswith("sqlite") else "postgresql"

    def query(self, statement: str) -> Sequence[tuple[Any, ...]]:
        """Execute a statement outside of Django, and return the rows, if any."""
        if self.vendor == "sqlite":
            connection = sqlite3.connect(self.url[len("sqlite:///") :])
            try:
                with connection:
                    return connection.execute(statement).fetchall()
            finally:
                connection.close()
        with psycopg.connect(self.url, autocommit=True) as session:
            cursor = session.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def become(self, template: Database) -> None:
        """Make it a copy of another database of its kind that is not in use."""
        if self.vendor == "sqlite":
            shutil.copy(template.url[len("sqlite:///") :], self.url[len("sqlite:///") :])
            return
        name, source = (sql.Identifier(url.rpartition("/")[2]) for url in (self.url, template.url))
        with psycopg.connect(os.environ[SERVER], autocommit=True) as session:
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
def sqlite_database(folder: Path) -> Iterator[Database]:
    """Yield a database in a file that does not exist yet."""
    yield Database(f"sqlite:///{folder / 'shared.db'}")


@contextmanager
def postgresql_database() -> Iterator[Database]:
    """Yield a new database on the server, and drop it at the end in spite of open connections."""
    if SERVER not in os.environ:
        raise RuntimeError(f"{SERVER} must be the URL of a PostgreSQL server: run make companion")
    server, name = os.environ[SERVER], f"companion_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as session:
        session.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield Database(server.rpartition("/")[0] + f"/{name}")
        finally:
            session.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

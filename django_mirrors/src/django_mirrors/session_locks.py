"""Locks that belong to a session of the database, so that they end with it: a killed process blocks no deployment."""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING

from django.db import Error, OperationalError

from django_mirrors.errors import LockLostError
from django_mirrors.vendors import lock_timed_out

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["AdvisoryLock", "NamedLock", "lock_key", "lock_name"]

ENDED = "its session has ended"
OTHER = "its session is another one, as behind a pooler in transaction mode"

SECONDS_OF_SESSION = 24 * 60 * 60
"""Seconds for which the server keeps the idle session of a lock. Servers are set to end idle sessions far sooner."""


class AdvisoryLock:
    """PostgreSQL's lock, held by the session of ``connection``."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        self.key = 0
        self.session = 0

    def acquire(self, seconds: float) -> bool:
        """Wait for the lock. Return False if it was not free in time."""
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', '0', false)")  # the role's is for requests
            cursor.execute("SELECT current_database(), pg_backend_pid()")
            database, self.session = cursor.fetchone()
            self.key = lock_key(database)
            if not seconds:
                cursor.execute("SELECT pg_try_advisory_lock(%s)", [self.key])
                return bool(cursor.fetchone()[0])
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{max(int(seconds * 1000), 1)}ms"])
            try:
                cursor.execute("SELECT pg_advisory_lock(%s)", [self.key])
            except OperationalError as error:
                if not lock_timed_out(self.connection, error):
                    raise
                return False
        return True

    def verify(self) -> None:
        """Verify that this is the session that took the lock. See :class:`django_mirrors.locks.Lock`."""
        statement = (
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND pid = pg_backend_pid() AND pid = %s"
            " AND objsubid = 1 AND (classid::bigint << 32) | objid::bigint = %s"
        )
        _verify(self.connection, statement, [self.session, self.key])

    def release(self) -> None:
        """Close the session, which ends the lock."""
        self.connection.close()


class NamedLock:
    """The lock that ``GET_LOCK`` of MySQL and MariaDB takes, held by the session of ``connection``."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        self.name = ""
        self.session = 0

    def acquire(self, seconds: float) -> bool:
        """Wait for the lock, whole seconds at least. Return False if it was not free in time."""
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT DATABASE(), CONNECTION_ID()")
            database, self.session = cursor.fetchone()
            self.name = lock_name(database)
            cursor.execute(f"SET SESSION wait_timeout = {SECONDS_OF_SESSION}, SESSION {self._no_limit()} = 0")
            cursor.execute("SELECT GET_LOCK(%s, %s)", [self.name, math.ceil(seconds)])
            return bool(cursor.fetchone()[0] == 1)  # NULL is an error

    def verify(self) -> None:
        """Verify that this is the session that took the lock. See :class:`django_mirrors.locks.Lock`."""
        statement = "SELECT IS_USED_LOCK(%s) = CONNECTION_ID() AND CONNECTION_ID() = %s"
        _verify(self.connection, statement, [self.name, self.session])

    def release(self) -> None:
        """Close the session, which ends the lock."""
        self.connection.close()

    def _no_limit(self) -> str:
        """Return the variable that limits the time of a statement: ``GET_LOCK`` is part of one."""
        return "max_statement_time" if self.connection.mysql_is_mariadb else "max_execution_time"  # type: ignore[attr-defined]


def lock_key(database: str) -> int:
    """Return a signed number of 64 bits for this app and the database's name."""
    return int.from_bytes(_digest(database)[:8], "big", signed=True)


def lock_name(database: str) -> str:
    """Return a name for this app and the database: the names belong to the server, and have 64 characters at most."""
    return f"django_mirrors:{_digest(database).hex()[:40]}"


def _digest(database: str) -> bytes:
    return hashlib.sha256(f"django_mirrors\0{database}".encode()).digest()


def _verify(connection: BaseDatabaseWrapper, statement: str, values: list[object]) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            held = cursor.fetchone()[0]
    except Error as error:
        raise LockLostError(ENDED) from error
    if not held:
        raise LockLostError(OTHER)

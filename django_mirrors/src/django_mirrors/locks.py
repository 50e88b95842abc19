"""The lock that lets one deployment migrate at a time.

PostgreSQL has session locks, which end with the session, so a killed process blocks no deployment. The lock has a
session of its own, because migrations may close the connection that they use. On other databases, a row of the
registry's table names the owner and the expiry.

Either lock can be lost: a pooler in transaction mode gives each statement another session, an administrator ends
sessions, a row expires. A process can only detect that, so the lock is verified before each migration and at the end.
"""

from __future__ import annotations

import hashlib
import os
import socket
import time
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from django.db import DatabaseError, OperationalError, connections

from django_mirrors.errors import LockLostError, LockNotObtainedError
from django_mirrors.registry_table import RegistryRow, RegistryTable, is_busy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["MAX_WAIT", "Lock", "migration_lock", "private_connection"]

MAX_WAIT = 25 * 60.0
"""Seconds. A platform ends a release command after 30 minutes, so a clear message has to come before."""

EXPIRY = 35 * 60.0
"""Seconds without a renewal after which another process may take the row. Each migration that starts renews it.

One migration may take as long as a platform lets a release command run, so this is more than those 30 minutes.
"""

REPORT = 30.0  # seconds between two reports while waiting
POLL = 0.5  # seconds between two reads of the row: no statement can wait for it


class Lock(Protocol):
    """A lock that is held."""

    def verify(self) -> None:
        """Return while the lock is held.

        Raises:
            LockLostError: the lock is no longer held.
        """


@contextmanager
def migration_lock(alias: str, report: Callable[[str], None], wait: float = MAX_WAIT) -> Iterator[Lock]:
    """Hold the lock of the database ``alias`` in the block. Report while waiting.

    Args:
        alias: the database's alias.
        report: prints a line.
        wait: seconds to wait at most.

    Raises:
        LockNotObtainedError: another deployment held the lock all the time.
    """
    connection = private_connection(alias)
    try:
        lock = AdvisoryLock(connection) if connection.vendor == "postgresql" else RowLock(connection)
        _acquire(lock, str(connection.settings_dict["NAME"]), report, wait)
        try:
            yield lock
        finally:
            lock.release()
    finally:
        connection.close()


def private_connection(alias: str) -> BaseDatabaseWrapper:
    """Return a new connection to the database ``alias`` that no other code uses or closes."""
    connection = connections.create_connection(alias)
    if connection.vendor == "sqlite":
        options = {"timeout": 30, **connection.settings_dict["OPTIONS"]}
        connection.settings_dict = {**connection.settings_dict, "OPTIONS": options}
    return connection


def _acquire(lock: AdvisoryLock | RowLock, database: str, report: Callable[[str], None], wait: float) -> None:
    deadline = time.monotonic() + wait
    if lock.acquire(0):
        return
    report(f"Another deployment is migrating {database}: waiting for it, {_minutes(wait)} at most.")
    while (left := deadline - time.monotonic()) > 0:
        if lock.acquire(min(left, REPORT)):
            return
        report(f"Still waiting for the other deployment: {_minutes(max(deadline - time.monotonic(), 0))} left.")
    raise LockNotObtainedError(
        f"Another deployment has been migrating {database} for {_minutes(wait)} and has not ended. "
        "Nothing was changed. Check that deployment, then deploy again."
    )


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 90 else f"{seconds:.0f} seconds"


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
                if not lock_timed_out(error):
                    raise
                return False
        return True

    def verify(self) -> None:
        """Verify that this is the session that took the lock. See :class:`Lock`."""
        statement = (
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND pid = pg_backend_pid() AND pid = %s"
            " AND objsubid = 1 AND (classid::bigint << 32) | objid::bigint = %s"
        )
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(statement, [self.session, self.key])
                held = cursor.fetchone()[0]
        except DatabaseError as error:
            raise LockLostError(_lost("its session has ended")) from error
        if not held:
            raise LockLostError(_lost("its session is another one, as behind a pooler in transaction mode"))

    def release(self) -> None:
        """Close the session, which ends the lock."""
        self.connection.close()


class RowLock:
    """A row that names its owner and its expiry."""

    def __init__(self, connection: BaseDatabaseWrapper, clock: Callable[[], float] = time.time) -> None:
        self.rows = RegistryTable(connection)
        self.clock = clock
        self.key = hashlib.sha256(f"lock\0{connection.settings_dict['NAME']}".encode()).hexdigest()
        self.owner = f"{socket.gethostname()} {os.getpid()} {uuid.uuid4()}"

    def acquire(self, seconds: float) -> bool:
        """Wait for the row. Return False if it was not free in time."""
        deadline = time.monotonic() + seconds
        while not self._take():
            if time.monotonic() >= deadline:
                return False
            time.sleep(POLL)
        return True

    def verify(self) -> None:
        """Verify the lock and extend its expiry. See :class:`Lock`."""
        row = self.rows.get(self.key)
        if row is None or row.document["owner"] != self.owner or not self.rows.replace(row, self._document()):
            raise LockLostError(_lost("its row expired and another process took it"))

    def release(self) -> None:
        """Delete the row if this process still owns it."""
        row = self.rows.get(self.key)
        if row and row.document["owner"] == self.owner:
            self.rows.delete(row)

    def _take(self) -> bool:
        """Create the row, or take over an expired one. Return False if it is taken or the database is busy."""
        try:
            self.rows.create_if_missing()
            row = self.rows.get(self.key)
            if row is None:
                return self.rows.insert(RegistryRow(self.key, "lock", 0, 1, self._document()))
            return bool(row.document["expires"] < self.clock()) and self.rows.replace(row, self._document())
        except OperationalError as error:
            if not is_busy(error):
                raise
            return False

    def _document(self) -> dict[str, object]:
        return {"owner": self.owner, "expires": self.clock() + EXPIRY}


def lock_key(database: str) -> int:
    """Return a signed number of 64 bits for this app and the database's name."""
    return int.from_bytes(hashlib.sha256(f"django_mirrors\0{database}".encode()).digest()[:8], "big", signed=True)


def sqlstate(error: BaseException) -> str:
    """Return PostgreSQL's code of an error, whichever driver raised it, or "" on other databases."""
    cause = error.__cause__
    return str(getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None) or "")


def lock_timed_out(error: BaseException) -> bool:
    """Return whether ``lock_timeout`` ended the statement (PostgreSQL's ``lock_not_available``)."""
    return sqlstate(error) == "55P03"


def _lost(why: str) -> str:
    return (
        f"The lock was lost while this deployment migrated: {why}. "
        "Another deployment may have migrated at the same time. Check that no other deployment runs, then deploy again."
    )

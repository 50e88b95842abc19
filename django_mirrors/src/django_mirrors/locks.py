"""One deployment migrates at a time.

PostgreSQL has locks of a session, which end with it: a process that is killed blocks nobody. The session is one of its
own, because migrations may close the connection that they use. Elsewhere a row of the registry's table says who
migrates and until when.

Either may be lost: a pooler in transaction mode gives each statement another session, an administrator ends sessions, a
row expires. Nothing can be done then but notice it, so both are looked at before each migration and at the end.
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
from django_mirrors.rows import Row, RowTable, is_busy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["WAIT", "Lock", "migration_lock", "own_connection"]

WAIT = 25 * 60.0
"""Seconds. A platform ends a release command after 30 minutes; a clear message before that says more."""

EXPIRY = 35 * 60.0
"""Seconds without a sign of life after which somebody else takes the row. Each migration that starts is one. More than
the 30 minutes after which a platform ends a release command: one migration may take as long."""

REPORT = 30.0  # seconds between two lines that say that we wait
POLL = 0.5  # seconds between two looks at the row: a row cannot be waited for


class Lock(Protocol):
    """What the holder has in hand."""

    def verify(self) -> None:
        """Returns while the lock is held.

        :raises LockLostError: it is not
        """


@contextmanager
def migration_lock(alias: str, say: Callable[[str], None], wait: float = WAIT) -> Iterator[Lock]:
    """Holds the lock of the database ``alias`` in the block. While it waits it says so.

    :param wait: seconds
    :raises LockNotObtainedError: somebody else held it all the time
    """
    connection = own_connection(alias)
    try:
        lock = AdvisoryLock(connection) if connection.vendor == "postgresql" else RowLock(connection)
        _obtain(lock, str(connection.settings_dict["NAME"]), say, wait)
        try:
            yield lock
        finally:
            lock.release()
    finally:
        connection.close()


def own_connection(alias: str) -> BaseDatabaseWrapper:
    """A new connection to the database ``alias``, that nobody else uses or closes."""
    connection = connections.create_connection(alias)
    if connection.vendor == "sqlite":
        options = {"timeout": 30, **connection.settings_dict["OPTIONS"]}
        connection.settings_dict = {**connection.settings_dict, "OPTIONS": options}
    return connection


def _obtain(lock: AdvisoryLock | RowLock, database: str, say: Callable[[str], None], wait: float) -> None:
    deadline = time.monotonic() + wait
    if lock.obtain(0):
        return
    say(f"Another deployment is migrating {database}: waiting for it, {_minutes(wait)} at most.")
    while (left := deadline - time.monotonic()) > 0:
        if lock.obtain(min(left, REPORT)):
            return
        say(f"Still waiting for the other deployment: {_minutes(max(deadline - time.monotonic(), 0))} left.")
    raise LockNotObtainedError(
        f"Another deployment has been migrating {database} for {_minutes(wait)} and has not ended. "
        "Nothing was changed: see what that deployment does, then deploy again."
    )


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 90 else f"{seconds:.0f} seconds"


class AdvisoryLock:
    """PostgreSQL's, of the session of ``connection``."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        self.key = 0
        self.session = 0

    def obtain(self, seconds: float) -> bool:
        """Waits for the lock; False if it was not free in time."""
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', '0', false)")  # that of the role is for visitors
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
        """See :class:`Lock`. A session that is not the one that took the lock does not hold it."""
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
        """The lock ends with its session."""
        self.connection.close()


class RowLock:
    """A row that names its owner and when it expires."""

    def __init__(self, connection: BaseDatabaseWrapper, clock: Callable[[], float] = time.time) -> None:
        self.rows = RowTable(connection)
        self.clock = clock
        self.key = hashlib.sha256(f"lock\0{connection.settings_dict['NAME']}".encode()).hexdigest()
        self.owner = f"{socket.gethostname()} {os.getpid()} {uuid.uuid4()}"

    def obtain(self, seconds: float) -> bool:
        """Waits for the row; False if it was not free in time."""
        deadline = time.monotonic() + seconds
        while not self._take():
            if time.monotonic() >= deadline:
                return False
            time.sleep(POLL)
        return True

    def verify(self) -> None:
        """See :class:`Lock`; also puts the expiry off."""
        row = self.rows.get(self.key)
        if row is None or row.document["owner"] != self.owner or not self.rows.replace(row, self._document()):
            raise LockLostError(_lost("its row has expired and somebody else has taken it"))

    def release(self) -> None:
        """Deletes the row, if it is still ours."""
        row = self.rows.get(self.key)
        if row and row.document["owner"] == self.owner:
            self.rows.delete(row)

    def _take(self) -> bool:
        """Makes the row, or takes over an expired one. A database that is busy is taken for a lock that is held."""
        try:
            self.rows.ensure()
            row = self.rows.get(self.key)
            if row is None:
                return self.rows.insert(Row(self.key, "lock", 0, 1, self._document()))
            return bool(row.document["expires"] < self.clock()) and self.rows.replace(row, self._document())
        except OperationalError as error:
            if not is_busy(error):
                raise
            return False

    def _document(self) -> dict[str, object]:
        return {"owner": self.owner, "expires": self.clock() + EXPIRY}


def lock_key(database: str) -> int:
    """A signed number of 64 bits that stands for this app and the database's name."""
    return int.from_bytes(hashlib.sha256(f"django_mirrors\0{database}".encode()).digest()[:8], "big", signed=True)


def sqlstate(error: BaseException) -> str:
    """PostgreSQL's code of an error, whichever driver raised it; empty elsewhere."""
    cause = error.__cause__
    return str(getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None) or "")


def lock_timed_out(error: BaseException) -> bool:
    """Whether ``lock_timeout`` ended the statement (PostgreSQL's ``lock_not_available``)."""
    return sqlstate(error) == "55P03"


def _lost(why: str) -> str:
    return (
        f"The lock was lost while this deployment migrated: {why}. "
        "Another deployment may have migrated at the same time. See that no other deployment runs, then deploy again."
    )

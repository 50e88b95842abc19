"""The lock that lets one deployment migrate at a time.

It has a session of its own, because migrations may close the connection that they use. Any lock can be lost: a pooler
in transaction mode gives each statement another session, an administrator ends sessions, a row expires. A process can
only detect that, so the lock is verified before each migration and at the end.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from django.db import connections

from django_mirrors.errors import LockNotObtainedError
from django_mirrors.row_lock import RowLock
from django_mirrors.session_locks import AdvisoryLock, NamedLock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["MAX_WAIT", "Lock", "ObtainableLock", "migration_lock", "new_lock", "private_connection"]

MAX_WAIT = 25 * 60.0
"""Seconds. A platform ends a release command after 30 minutes, so a clear message has to come before."""

REPORT = 30.0  # seconds between two reports while waiting


class Lock(Protocol):
    """A lock that is held."""

    def verify(self) -> None:
        """Return while the lock is held.

        Raises:
            LockLostError: the lock is no longer held.
        """


class ObtainableLock(Lock, Protocol):
    """A lock that a process can wait for."""

    def acquire(self, seconds: float) -> bool:
        """Wait for the lock. Return False if it was not free in time."""

    def release(self) -> None:
        """Let another process have the lock."""


LOCKS: dict[str, Callable[[BaseDatabaseWrapper], ObtainableLock]] = {"postgresql": AdvisoryLock, "mysql": NamedLock}
"""The lock of each kind of database. Other kinds have a row."""


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
        lock = new_lock(connection)
        _acquire(lock, str(connection.settings_dict["NAME"]), report, wait)
        try:
            yield lock
        finally:
            lock.release()
    finally:
        connection.close()


def new_lock(connection: BaseDatabaseWrapper) -> ObtainableLock:
    """Return the lock of the connection's database, which it does not hold yet."""
    return LOCKS.get(connection.vendor, RowLock)(connection)


def private_connection(alias: str) -> BaseDatabaseWrapper:
    """Return a new connection to the database ``alias`` that no other code uses or closes."""
    connection = connections.create_connection(alias)
    if connection.vendor == "sqlite":
        options = {"timeout": 30, **connection.settings_dict["OPTIONS"]}
        connection.settings_dict = {**connection.settings_dict, "OPTIONS": options}
    return connection


def _acquire(lock: ObtainableLock, database: str, report: Callable[[str], None], wait: float) -> None:
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

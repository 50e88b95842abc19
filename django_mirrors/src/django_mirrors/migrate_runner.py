"""Django's ``migrate``, with checks of the lock, and without long waits for other sites.

A statement that waits for a table's lock blocks every later statement, even reads: one ALTER behind one long
transaction stops all sites. On PostgreSQL the statement therefore gives up after some seconds. The command
tries again after a pause, in which the other statements run.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.core.management import call_command, get_commands, load_command_class
from django.db import OperationalError
from django.db.backends.signals import connection_created

from django_mirrors.conf import read_setting
from django_mirrors.errors import MirrorsError
from django_mirrors.locks import lock_timed_out, sqlstate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.core.management.base import BaseCommand
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration

    from django_mirrors.locks import Lock

__all__ = ["PAUSES", "LockTimeoutError", "lock_timeout", "run_migrate"]

LOCK_TIMEOUT = 5.0
"""Seconds that one statement waits for a lock. The setting ``MIRRORS_LOCK_TIMEOUT`` overrides it."""

PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0, 15.0)
"""Seconds between two attempts."""


class LockTimeoutError(MirrorsError):
    """A table was in use during all attempts."""


class _LockVerifyingMigrate:
    """Mixin for the project's ``migrate`` that verifies the lock before each migration."""

    lock: Lock
    current: Migration | None = None
    applied = 0

    def migration_progress_callback(self, action: str, migration: Migration | None = None, fake: bool = False) -> None:
        """Verify the lock and track the progress. Django calls this before and after each migration."""
        if action == "apply_start":
            self.lock.verify()
            self.current = migration
        elif action == "apply_success":
            self.current = None
            self.applied += 1
        super().migration_progress_callback(action, migration, fake)  # type: ignore[misc]


def run_migrate(
    connection: BaseDatabaseWrapper,
    lock: Lock,
    report: Callable[[str], None],
    pause: Callable[[float], None] = time.sleep,
    **options: Any,
) -> int:
    """Apply the pending migrations and return their number.

    Args:
        connection: to the database that is migrated.
        lock: the migration lock, which this process holds.
        report: prints a line.
        pause: waits for a number of seconds.
        options: options of ``migrate``.

    Raises:
        LockTimeoutError: a table was in use during all attempts.
        LockLostError: the lock was lost before a migration. Those before it are applied.
    """
    command = _migrate_command(lock)
    with lock_timeout(connection, float(read_setting("MIRRORS_LOCK_TIMEOUT", LOCK_TIMEOUT))):
        for seconds in (*PAUSES, 0.0):
            if _run_once(command, connection.alias, options, last=not seconds):
                break
            report(f"{_name(command)} waits for a table that another transaction uses: again in {seconds:.0f} seconds.")
            pause(seconds)
    return int(command.applied)


def _run_once(command: Any, alias: str, options: dict[str, Any], last: bool) -> bool:
    """Run ``migrate``. Return False if it timed out at a lock and another attempt is useful."""
    try:
        call_command(command, database=alias, interactive=False, skip_checks=False, **options)
    except OperationalError as error:
        if not (lock_timed_out(error) or sqlstate(error) == "40P01"):  # a deadlock is handled alike
            raise
        if last or (command.current is not None and not command.current.atomic):
            raise LockTimeoutError(_timeout_message(command)) from error
        return False
    return True


def _timeout_message(command: Any) -> str:
    if command.current is not None and not command.current.atomic:
        return (
            f"{_name(command)} gave up waiting for a table that another transaction uses. It is not atomic, so a part "
            "of it may have been applied, and it was not tried again. Check the schema, then deploy again."
        )
    return (
        f"{_name(command)} gave up waiting for a table that another transaction uses, after {len(PAUSES) + 1} "
        "attempts. It was not applied. Find the long transaction (pg_stat_activity), then deploy again."
    )


def _name(command: Any) -> str:
    migration = command.current
    return f"{migration.app_label}.{migration.name}" if migration else "A step of migrate"


def _migrate_command(lock: Lock) -> Any:
    """Return this project's ``migrate`` command, which may be a custom one."""
    application = get_commands()["migrate"]
    found: BaseCommand = application if not isinstance(application, str) else load_command_class(application, "migrate")
    command = type("Command", (_LockVerifyingMigrate, type(found)), {"__module__": type(found).__module__})()
    command.lock = lock
    return command


@contextmanager
def lock_timeout(connection: BaseDatabaseWrapper, seconds: float) -> Iterator[None]:
    """Set the timeout on PostgreSQL, for this connection and those that replace it when migrations close it."""
    if connection.vendor != "postgresql":
        yield
        return

    def limit(connection: BaseDatabaseWrapper, **_: Any) -> None:
        if connection.vendor != "postgresql":
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{int(seconds * 1000)}ms"])

    connection_created.connect(limit, weak=False)
    try:
        limit(connection)
        yield
    finally:
        connection_created.disconnect(limit)
        connection.close()

"""Django's ``migrate``, with checks of the lock, and without long waits for other sites.

A statement that waits for a table's lock blocks every later statement, even reads: one ALTER behind one long
transaction stops all sites. On PostgreSQL, MySQL and MariaDB the statement therefore gives up after some seconds. The
command tries again after a pause, in which the other statements run.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.core.management import call_command, get_commands, load_command_class
from django.db import DatabaseError
from django.db.backends.signals import connection_created

from django_mirrors.conf import read_setting
from django_mirrors.errors import HalfAppliedError, MirrorsError
from django_mirrors.schema_statements import watch_statements
from django_mirrors.vendors import needs_new_attempt, vendor_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.core.management.base import BaseCommand
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration

    from django_mirrors.half_applied import HalfApplied
    from django_mirrors.locks import Lock
    from django_mirrors.schema_statements import SchemaStatements

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
    statements: SchemaStatements | None = None
    current: Migration | None = None
    applied = 0

    def migration_progress_callback(self, action: str, migration: Migration | None = None, fake: bool = False) -> None:
        """Verify the lock and track the progress. Django calls this before and after each migration."""
        if action == "apply_start":
            self.lock.verify()
            self.current = migration
            if self.statements:
                self.statements.begin(_name(self))
        elif action == "apply_success":
            self.current = None
            self.applied += 1
            if self.statements:
                self.statements.end()
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
        HalfAppliedError: a migration failed, and the database keeps a part of it.
    """
    command = _migrate_command(lock)

    def wait(name: str, seconds: float) -> None:
        report(f"{name} waits for a table that another transaction uses: again in {seconds:.0f} seconds.")
        pause(seconds)

    seconds = float(read_setting("MIRRORS_LOCK_TIMEOUT", LOCK_TIMEOUT))
    with lock_timeout(connection, seconds), watch_statements(connection, PAUSES, wait) as command.statements:
        for seconds in (*PAUSES, 0.0):
            if _run_once(command, connection, options, last=not seconds):
                break
            wait(_name(command), seconds)
    return int(command.applied)


def _run_once(command: Any, connection: BaseDatabaseWrapper, options: dict[str, Any], last: bool) -> bool:
    """Run ``migrate``. Return False if it timed out at a lock and another attempt is useful."""
    try:
        call_command(command, database=connection.alias, interactive=False, skip_checks=False, **options)
    except MirrorsError:
        raise
    except Exception as error:
        if isinstance(error, DatabaseError) and needs_new_attempt(connection, error):
            if last or not _can_start_again(command):
                raise LockTimeoutError(_timeout_message(command, vendor_of(connection).transactions)) from error
            return False
        half = _half_applied(command)
        if half:
            raise HalfAppliedError(f"{_name(command)} failed: {error}\n{half.text}") from error
        raise
    return True


def _can_start_again(command: Any) -> bool:
    """Return whether nothing of the current migration is applied, and no statement of it was tried again already."""
    if command.current is None:
        return True
    statements = command.statements
    return bool(statements.repeatable and not statements.gave_up if statements else command.current.atomic)


def _half_applied(command: Any) -> HalfApplied | None:
    found: HalfApplied | None = command.statements.half_applied() if command.statements else None
    return found


def _timeout_message(command: Any, transactions: str) -> str:
    gave_up = f"{_name(command)} gave up waiting for a table that another transaction uses"
    half = _half_applied(command)
    if half:
        return f"{gave_up}. Find the long transaction ({transactions}).\n{half.text}"
    if not (_can_start_again(command) or (command.statements and command.statements.gave_up)):
        return (
            f"{gave_up}. It is not atomic, so a part of it may have been applied, and it was not tried again. "
            "Check the schema, then deploy again."
        )
    return (
        f"{gave_up}, after {len(PAUSES) + 1} attempts. It was not applied. Find the long transaction ({transactions}), "
        "then deploy again."
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
    """Set the timeout, for this connection and those that replace it when migrations close it."""
    if not vendor_of(connection).limit_waits:
        yield
        return

    def limit(connection: BaseDatabaseWrapper, **_: Any) -> None:
        statement = vendor_of(connection).limit_waits
        if statement:
            with connection.cursor() as cursor:
                cursor.execute(statement.format(seconds=max(round(seconds), 1), milliseconds=int(seconds * 1000)))

    connection_created.connect(limit, weak=False)
    try:
        limit(connection)
        yield
    finally:
        connection_created.disconnect(limit)
        connection.close()

"""Django's ``migrate``, that keeps an eye on the lock and never makes other sites wait for long.

A statement that waits for a table's lock makes every later one wait behind it, reading ones too: one ALTER behind one
long transaction stops all sites. So on PostgreSQL it gives up after some seconds, and is tried again after a pause in
which the others get on.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.core.management import call_command, get_commands, load_command_class
from django.db import OperationalError
from django.db.backends.signals import connection_created

from django_mirrors.conf import setting
from django_mirrors.errors import MirrorsError
from django_mirrors.locks import lock_timed_out, sqlstate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.core.management.base import BaseCommand
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration

    from django_mirrors.locks import Lock

__all__ = ["PAUSES", "LockTimeoutError", "lock_timeout", "migrate"]

LOCK_TIMEOUT = 5.0
"""Seconds that one statement waits for a lock; the setting ``MIRRORS_LOCK_TIMEOUT`` overrides it."""

PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0, 15.0)
"""Seconds between two tries."""


class LockTimeoutError(MirrorsError):
    """A table was in use during all tries."""


class _Watched:
    """Mixed into the project's ``migrate``: looks after the lock before each migration."""

    lock: Lock
    current: Migration | None = None
    applied = 0

    def migration_progress_callback(self, action: str, migration: Migration | None = None, fake: bool = False) -> None:
        """What Django calls before and after each migration."""
        if action == "apply_start":
            self.lock.verify()
            self.current = migration
        elif action == "apply_success":
            self.current = None
            self.applied += 1
        super().migration_progress_callback(action, migration, fake)  # type: ignore[misc]


def migrate(
    connection: BaseDatabaseWrapper,
    lock: Lock,
    say: Callable[[str], None],
    pause: Callable[[float], None] = time.sleep,
    **options: Any,
) -> int:
    """Applies what is pending and gives the number of migrations that were applied.

    :param options: those of ``migrate``
    :raises LockTimeoutError: a table was in use during all tries
    :raises LockLostError: before a migration; those before it are applied
    """
    command = _watched_migrate(lock)
    with lock_timeout(connection, float(setting("MIRRORS_LOCK_TIMEOUT", LOCK_TIMEOUT))):
        for seconds in (*PAUSES, 0.0):
            if _tried(command, connection.alias, options, last=not seconds):
                break
            say(f"{_name(command)} waits for a table that another transaction uses: again in {seconds:.0f} seconds.")
            pause(seconds)
    return int(command.applied)


def _tried(command: Any, alias: str, options: dict[str, Any], last: bool) -> bool:
    """Runs ``migrate``; False if a lock was not to be had and another try makes sense."""
    try:
        call_command(command, database=alias, interactive=False, skip_checks=False, **options)
    except OperationalError as error:
        if not (lock_timed_out(error) or sqlstate(error) == "40P01"):  # a deadlock ends alike
            raise
        if last or (command.current is not None and not command.current.atomic):
            raise LockTimeoutError(_gave_up(command)) from error
        return False
    return True


def _gave_up(command: Any) -> str:
    if command.current is not None and not command.current.atomic:
        return (
            f"{_name(command)} waited in vain for a table that another transaction uses. It is not atomic, so a part "
            "of it may have been applied and it was not tried again: see what is there, then deploy again."
        )
    return (
        f"{_name(command)} waited in vain for a table that another transaction uses, {len(PAUSES) + 1} times. "
        "It was not applied: find the long transaction (pg_stat_activity), then deploy again."
    )


def _name(command: Any) -> str:
    migration = command.current
    return f"{migration.app_label}.{migration.name}" if migration else "A step of migrate"


def _watched_migrate(lock: Lock) -> Any:
    """The ``migrate`` of this project, which may have one of its own."""
    application = get_commands()["migrate"]
    found: BaseCommand = application if not isinstance(application, str) else load_command_class(application, "migrate")
    command = type("Command", (_Watched, type(found)), {"__module__": type(found).__module__})()
    command.lock = lock
    return command


@contextmanager
def lock_timeout(connection: BaseDatabaseWrapper, seconds: float) -> Iterator[None]:
    """On PostgreSQL: for the connection, and for those that follow it when migrations close it."""
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

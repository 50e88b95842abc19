"""Statements that change the schema, on databases that commit with each of them (MySQL and MariaDB).

The registry records each of them. If one waits too long for a table, Mirrors tries that statement again: its migration
cannot start again.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError

from django_mirrors.half_applied import HalfApplied, HalfAppliedMigrations
from django_mirrors.vendors import lock_timed_out

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["SchemaStatements", "watch_statements"]

CHANGES_SCHEMA = re.compile(r"\s*(ALTER|CREATE|DROP|RENAME|TRUNCATE)\b", re.IGNORECASE)
ONLY_READS = re.compile(r"\s*(SELECT|SET|SHOW|SAVEPOINT|RELEASE SAVEPOINT|ROLLBACK TO SAVEPOINT)\b", re.IGNORECASE)
LONGEST = 1000  # characters of a statement that are recorded


class SchemaStatements:
    """The statements of the current migration, as an ``execute_wrapper`` of Django's.

    ``pauses`` are the seconds between two attempts. ``wait`` waits for one of them, and reports it.
    """

    def __init__(
        self, records: HalfAppliedMigrations, pauses: Sequence[float], wait: Callable[[str, float], None]
    ) -> None:
        self.records = records
        self.pauses = pauses
        self.wait = wait
        self.migration = ""
        self.done: tuple[str, ...] = ()
        self.earlier: HalfApplied | None = None
        self.repeatable = True  # whether the migration has changed nothing, so that it can start again
        self.gave_up = False  # whether a statement waited too long in all its attempts

    def begin(self, migration: str) -> None:
        """Begin a migration."""
        self.migration, self.done, self.repeatable, self.gave_up = migration, (), True, False
        self.earlier = self.records.get(migration)

    def end(self) -> None:
        """End the migration: it is applied as a whole."""
        if self.done or self.earlier:
            self.records.forget(self.migration)
        self.migration, self.done, self.earlier = "", (), None

    def half_applied(self) -> HalfApplied | None:
        """Return what the current migration left, now or in an earlier process, or None."""
        return self._record() if self.done else self.earlier

    def _record(self, sent: str = "") -> HalfApplied:
        return HalfApplied(self.migration, self.done, sent, self.earlier.statements if self.earlier else ())

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        """Execute a statement of the current migration."""
        if not self.migration or ONLY_READS.match(sql):
            return execute(sql, params, many, context)
        if not CHANGES_SCHEMA.match(sql):
            self.repeatable = False
            return execute(sql, params, many, context)
        return self._change(sql, lambda: execute(sql, params, many, context), context["connection"])

    def _change(self, sql: str, execute: Callable[[], Any], connection: BaseDatabaseWrapper) -> Any:
        statement = sql.strip().rstrip(";")[:LONGEST]
        self.records.save(self._record(statement))
        try:
            result = self._attempt(execute, connection)
        except DatabaseError:
            self._restore()
            raise
        self.repeatable = False
        self.done = (*self.done, statement)
        return result

    def _attempt(self, execute: Callable[[], Any], connection: BaseDatabaseWrapper) -> Any:
        for seconds in self.pauses:
            answered, result = _try(execute, connection)
            if answered:
                return result
            self.wait(self.migration, seconds)
        self.gave_up = True  # unless this last attempt succeeds
        result = execute()
        self.gave_up = False
        return result

    def _restore(self) -> None:
        """Record what is left after a statement that the database refused."""
        half = self.half_applied()
        if half:
            self.records.save(half)
        else:
            self.records.forget(self.migration)


def _try(execute: Callable[[], Any], connection: BaseDatabaseWrapper) -> tuple[bool, Any]:
    """Return whether the database answered, and the answer. It does not if the statement waited too long."""
    try:
        return True, execute()
    except DatabaseError as error:
        if not lock_timed_out(connection, error):
            raise
        return False, None


@contextmanager
def watch_statements(
    connection: BaseDatabaseWrapper, pauses: Sequence[float], wait: Callable[[str, float], None]
) -> Iterator[SchemaStatements | None]:
    """Watch the statements of ``connection`` in the block, unless the database takes back a migration that fails."""
    if connection.features.can_rollback_ddl:
        yield None
        return
    own = connection.copy()  # the migration's may be in a transaction
    statements = SchemaStatements(HalfAppliedMigrations(own), pauses, wait)
    try:
        with connection.execute_wrapper(statements):
            yield statements
    finally:
        own.close()

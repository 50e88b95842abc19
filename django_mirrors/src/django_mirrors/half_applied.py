"""Migrations that stopped half-way, on databases that commit with each statement that changes the schema.

A migration is recorded in the registry with its first such statement and forgotten when it is applied. So a killed
process leaves a record of what it did.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django_mirrors.registry_table import RegistryRow, RegistryTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["HalfApplied", "HalfAppliedMigrations"]

KIND = "migration"
VERSION = 1


@dataclass(frozen=True)
class HalfApplied:
    """A migration of which the database has a part.

    ``sent`` is a statement without an answer, or "". ``before`` contains the statements of attempts before this one.
    """

    migration: str  # "gallery.0002_picture_caption"
    done: tuple[str, ...] = ()
    sent: str = ""
    before: tuple[str, ...] = ()

    @property
    def statements(self) -> tuple[str, ...]:
        """Return every statement that may have been applied, once."""
        return tuple(dict.fromkeys(filter(None, (*self.before, *self.done, self.sent))))

    @property
    def text(self) -> str:
        """Return what is known, and the two ways to go on."""
        app, _, name = self.migration.partition(".")
        steps = (
            f"  Either undo this by hand. Or run the rest of `manage.py sqlmigrate {app} {name}` by hand, and then "
            f"`manage.py migrate --fake {app} {name}`. Then deploy again."
        )
        return "\n".join(
            [
                f"{self.migration} stopped half-way, and this database keeps what was applied.",
                *_listed("Applied", self.done),
                *_listed("Applied or not, as no answer arrived", filter(None, [self.sent])),
                *_listed("Applied by an earlier attempt, unless someone has undone it", self.before),
                steps,
            ]
        )


def _listed(head: str, statements: Iterable[str]) -> Iterator[str]:
    lines = [f"    {statement};" for statement in statements]
    yield from [f"  {head}:", *lines] if lines else []


class HalfAppliedMigrations:
    """The records in the registry of ``connection``, which must be in autocommit mode."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.table = RegistryTable(connection)

    def all(self) -> Sequence[HalfApplied]:
        """Return the migrations that stopped half-way, by name, except those that are applied by now."""
        rows = self.table.all(KIND)
        applied = self._applied() if rows else set()
        found = (_half_applied(row.document) for row in rows)
        return sorted((half for half in found if half.migration not in applied), key=lambda half: half.migration)

    def get(self, migration: str) -> HalfApplied | None:
        """Return the record of one migration."""
        row = self.table.get(_key(migration))
        return _half_applied(row.document) if row else None

    def save(self, half: HalfApplied) -> None:
        """Write the record."""
        document = {
            "version": VERSION,
            "migration": half.migration,
            "done": list(half.done),
            "sent": half.sent,
            "before": list(half.before),
        }
        self.table.merge(RegistryRow(_key(half.migration), KIND, 0, 1, document), lambda _: document)

    def forget(self, migration: str) -> None:
        """Delete the record, if there is one."""
        row = self.table.get(_key(migration))
        if row:
            self.table.delete(row)

    def forget_applied(self) -> None:
        """Delete the records of migrations that are applied: someone finished them by hand."""
        rows = self.table.all(KIND)
        applied = self._applied() if rows else set()
        for row in rows:
            if row.document["migration"] in applied:
                self.table.delete(row)

    def _applied(self) -> set[str]:
        with self.table.connection.cursor() as cursor:
            cursor.execute("SELECT app, name FROM django_migrations")
            return {f"{app}.{name}" for app, name in cursor.fetchall()}


def _key(migration: str) -> str:
    return hashlib.sha256(f"{KIND}\0{migration}".encode()).hexdigest()


def _half_applied(document: Mapping[str, Any]) -> HalfApplied:
    return HalfApplied(document["migration"], tuple(document["done"]), document["sent"], tuple(document["before"]))

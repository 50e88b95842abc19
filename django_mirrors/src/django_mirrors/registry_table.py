"""The registry's table: rows of text that every release of the companion can read and write.

It is no model of the project: the migration that creates it would have to pass the guard, which needs the table. The
table never changes. Later releases add keys to the documents, and unknown keys are kept.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from django.apps.registry import Apps
from django.db import DatabaseError, IntegrityError, OperationalError, connections, models

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["TABLE", "RegistryRow", "RegistryTable", "is_busy"]

TABLE = "django_mirrors_registry"
_COLUMNS = "id, kind, site_id, revision, document"
_CREATING = 0x6D6972726F7273  # any number that no other program locks in this database


@dataclass(frozen=True)
class RegistryRow:
    """A row. ``revision`` counts its changes, so that no process overwrites a change that it has not read."""

    key: str
    kind: str
    site_id: int
    revision: int
    document: Mapping[str, Any]


class RegistryTable:
    """The table in the database of ``connection``, which must be in autocommit mode."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection

    def exists(self) -> bool:
        """Return whether the table exists."""
        with self.connection.cursor() as cursor:
            return TABLE in self.connection.introspection.table_names(cursor)

    def create_if_missing(self) -> None:
        """Create the table unless it exists. Several processes may call this at the same time."""
        while not self.exists():
            self._try_to_create()

    def _try_to_create(self) -> None:
        """Create the table. Do nothing if another process was quicker or is writing."""
        try:
            self._create()
        except DatabaseError as error:
            if not is_busy(error) and not self.exists():
                raise

    def _create(self) -> None:
        # The editor's transaction uses the alias's shared connection. With another connection it would hold SQLite's
        # write lock, if transactions take it as they begin, and so block the statement that creates the table.
        shared = connections[self.connection.alias] is self.connection
        with self.connection.schema_editor(atomic=shared) as editor:
            if self.connection.vendor == "postgresql":
                # Without the lock, the second of two processes gets an error, which the server logs.
                editor.execute("SELECT pg_advisory_xact_lock(%s)", [_CREATING])
                if self.exists():
                    return
            editor.create_model(_model())

    def get(self, key: str) -> RegistryRow | None:
        """Return the row of this key."""
        found = self._select("WHERE id = %s", [key])
        return found[0] if found else None

    def all(self, kind: str) -> Sequence[RegistryRow]:
        """Return all rows of a kind, or none if the table does not exist."""
        return self._select("WHERE kind = %s ORDER BY site_id, id", [kind]) if self.exists() else []

    def insert(self, row: RegistryRow) -> bool:
        """Write a new row. Return False if the key exists."""
        values = [row.key, row.kind, row.site_id, row.revision, json.dumps(row.document)]
        try:
            self._execute(f"INSERT INTO {TABLE} ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s)", values)  # noqa: S608
        except IntegrityError:
            if self.get(row.key) is None:
                raise
            return False
        return True

    def replace(self, row: RegistryRow, document: Mapping[str, Any]) -> bool:
        """Change the row's document. Return False if the row was changed or deleted since it was read."""
        values = [json.dumps(document), row.revision + 1, row.key, row.revision]
        statement = f"UPDATE {TABLE} SET document = %s, revision = %s WHERE id = %s AND revision = %s"  # noqa: S608
        return self._execute(statement, values) == 1

    def delete(self, row: RegistryRow) -> bool:
        """Delete the row. Return False if it was changed or deleted since it was read."""
        return self._execute(f"DELETE FROM {TABLE} WHERE id = %s AND revision = %s", [row.key, row.revision]) == 1  # noqa: S608

    def merge(self, row: RegistryRow, change: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> RegistryRow:
        """Write ``row``, or merge ``change`` of the stored document into it. All other keys remain."""
        while True:
            known = self.get(row.key)
            if known is None:
                if self.insert(row):
                    return row
                continue
            document = {**known.document, **change(known.document)}
            if document == known.document or self.replace(known, document):
                return RegistryRow(known.key, known.kind, known.site_id, known.revision + 1, document)

    def _select(self, condition: str, values: Sequence[Any]) -> Sequence[RegistryRow]:
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT {_COLUMNS} FROM {TABLE} {condition}", values)  # noqa: S608
            return [
                RegistryRow(key, kind, site_id, revision, json.loads(document))
                for key, kind, site_id, revision, document in cursor.fetchall()
            ]

    def _execute(self, statement: str, values: Sequence[Any]) -> int:
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values)
            return int(cursor.rowcount)


def is_busy(error: DatabaseError) -> bool:
    """Return whether SQLite gave up because another process writes."""
    return isinstance(error, OperationalError) and "locked" in str(error)


@cache
def _model() -> type[models.Model]:
    """Return a model of the table in a separate app registry, invisible to the project and ``makemigrations``."""

    class Registry(models.Model):
        id = models.CharField(max_length=64, primary_key=True)
        kind = models.CharField(max_length=20)
        site_id = models.BigIntegerField()
        revision = models.BigIntegerField()
        document = models.TextField()

        class Meta:
            apps = Apps()
            app_label = "django_mirrors"
            db_table = TABLE

    return Registry

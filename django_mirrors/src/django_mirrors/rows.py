"""The one table of the companion: rows of text, which every release of the companion can read and write.

It is no model of the project's, since a migration that made it would have to pass the guard that needs it. It never
changes: what a later release has to say goes into the documents, whose unknown keys are kept.
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

__all__ = ["TABLE", "Row", "RowTable", "is_busy"]

TABLE = "django_mirrors_registry"
_COLUMNS = "id, kind, site_id, revision, document"
_CREATING = 0x6D6972726F7273  # any number that nothing else in the database locks


@dataclass(frozen=True)
class Row:
    """``revision`` counts the changes, so that none is overwritten unseen."""

    key: str
    kind: str
    site_id: int
    revision: int
    document: Mapping[str, Any]


class RowTable:
    """The table in the database of ``connection``, which must be in autocommit mode."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection

    def exists(self) -> bool:
        """Whether :meth:`ensure` was called, by anyone."""
        with self.connection.cursor() as cursor:
            return TABLE in self.connection.introspection.table_names(cursor)

    def ensure(self) -> None:
        """Makes the table unless it is there. Several processes may do so at once."""
        while not self.exists():
            self._try_to_create()

    def _try_to_create(self) -> None:
        """Fails without an error where another process was quicker, or writes just now."""
        try:
            self._create()
        except DatabaseError as error:
            if not is_busy(error) and not self.exists():
                raise

    def _create(self) -> None:
        # The editor's transaction is one of the alias's shared connection. On any other it would hold SQLite's write
        # lock, where transactions take it as they begin, against the very statement that is to make the table.
        shared = connections[self.connection.alias] is self.connection
        with self.connection.schema_editor(atomic=shared) as editor:
            if self.connection.vendor == "postgresql":
                # Without it the second of two gets an error, and the database's administrators a line in their log.
                editor.execute("SELECT pg_advisory_xact_lock(%s)", [_CREATING])
                if self.exists():
                    return
            editor.create_model(_model())

    def get(self, key: str) -> Row | None:
        """The row of this key."""
        found = self._select("WHERE id = %s", [key])
        return found[0] if found else None

    def all(self, kind: str) -> Sequence[Row]:
        """All rows of a kind; none if there is no table yet."""
        return self._select("WHERE kind = %s ORDER BY site_id, id", [kind]) if self.exists() else []

    def insert(self, row: Row) -> bool:
        """Writes a new row; False if there is one of this key already."""
        values = [row.key, row.kind, row.site_id, row.revision, json.dumps(row.document)]
        try:
            self._execute(f"INSERT INTO {TABLE} ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s)", values)  # noqa: S608
        except IntegrityError:
            if self.get(row.key) is None:
                raise
            return False
        return True

    def replace(self, row: Row, document: Mapping[str, Any]) -> bool:
        """Changes the row's document; False if somebody has changed or deleted the row since it was read."""
        values = [json.dumps(document), row.revision + 1, row.key, row.revision]
        statement = f"UPDATE {TABLE} SET document = %s, revision = %s WHERE id = %s AND revision = %s"  # noqa: S608
        return self._execute(statement, values) == 1

    def delete(self, row: Row) -> bool:
        """Deletes the row; False if somebody has changed or deleted it since it was read."""
        return self._execute(f"DELETE FROM {TABLE} WHERE id = %s AND revision = %s", [row.key, row.revision]) == 1  # noqa: S608

    def merge(self, row: Row, change: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> Row:
        """Writes ``row``, or lays ``change`` of what is there over what is there; keys that it does not name stay."""
        while True:
            known = self.get(row.key)
            if known is None:
                if self.insert(row):
                    return row
                continue
            document = {**known.document, **change(known.document)}
            if document == known.document or self.replace(known, document):
                return Row(known.key, known.kind, known.site_id, known.revision + 1, document)

    def _select(self, condition: str, values: Sequence[Any]) -> Sequence[Row]:
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT {_COLUMNS} FROM {TABLE} {condition}", values)  # noqa: S608
            return [
                Row(key, kind, site_id, revision, json.loads(document))
                for key, kind, site_id, revision, document in cursor.fetchall()
            ]

    def _execute(self, statement: str, values: Sequence[Any]) -> int:
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values)
            return int(cursor.rowcount)


def is_busy(error: DatabaseError) -> bool:
    """Whether SQLite gave up because another process writes."""
    return isinstance(error, OperationalError) and "locked" in str(error)


@cache
def _model() -> type[models.Model]:
    """The table as a model of a registry of its own: neither the project's code nor ``makemigrations`` sees it."""

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

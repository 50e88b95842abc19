"""A lock for databases without session locks: a row of the registry's table that expires."""

from __future__ import annotations

import hashlib
import os
import socket
import time
import uuid
from typing import TYPE_CHECKING

from django.db import OperationalError

from django_mirrors.errors import LockLostError
from django_mirrors.registry_table import RegistryRow, RegistryTable, is_busy

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["EXPIRY", "RowLock"]

EXPIRY = 35 * 60.0
"""Seconds without a renewal after which another process may take the row. Each migration that starts renews it.

One migration may take as long as a platform lets a release command run, so this is more than those 30 minutes.
"""

POLL = 0.5  # seconds between two reads of the row: no statement can wait for it


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
        """Verify the lock and extend its expiry. See :class:`django_mirrors.locks.Lock`."""
        row = self.rows.get(self.key)
        if row is None or row.document["owner"] != self.owner or not self.rows.replace(row, self._document()):
            raise LockLostError("its row expired and another process took it")

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

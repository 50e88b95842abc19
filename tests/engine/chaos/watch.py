"""Looks at the platform's store whenever it changes: do invariants 1 to 4 hold at this moment?"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Protocol

from tests.engine.crash.store import TIMEOUT, Store

EVERY = 0.01  # seconds between two questions whether the store has changed


class Promise(Protocol):
    """The rule that must hold for one mirror."""

    def violations(self, now: Store) -> list[str]: ...


@dataclass(frozen=True)
class Untouched:
    """A mirror that is on no list, which Mirrors must not touch."""

    before: Store

    def violations(self, now: Store) -> list[str]:
        return [] if now == self.before else ["4: it is not on the list, and was changed"]


@dataclass
class Watch:
    """``breaches``: each once, in the order in which they were seen."""

    read: Callable[[], Mapping[str, Store]]
    promises: Mapping[str, Promise]
    looks: int = 0
    breaches: list[str] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def look(self) -> None:
        stores = self.read()
        found = [f"{slug}: {item}" for slug, kept in self.promises.items() for item in kept.violations(stores[slug])]
        with self._lock:
            self.looks += 1
            self.breaches.extend(item for item in found if item not in self.breaches)

    @contextmanager
    def watching(self, database: Path) -> Iterator[None]:
        """From another thread, at each change that anybody makes: a write may outlive the one who has sent it."""
        over, failed = Event(), list[Exception]()
        thread = Thread(target=self._follow, args=(database, over, failed))
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
        if failed:
            raise failed[0]

    def _follow(self, database: Path, over: Event, failed: list[Exception]) -> None:
        try:
            with closing(sqlite3.connect(database, timeout=TIMEOUT)) as connection:
                for _ in _changes(connection, over):
                    self.look()
        except Exception as error:  # noqa: BLE001 - it is raised again where the watch ends
            failed.append(error)


def _changes(connection: sqlite3.Connection, over: Event) -> Iterator[int]:
    """Yield the store's version whenever another connection has written; and once more at the end."""
    seen = None
    while not over.wait(EVERY):
        [version] = connection.execute("PRAGMA data_version").fetchone()
        if version != seen:
            seen = version
            yield version
    yield -1

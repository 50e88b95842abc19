"""Files that remember processes, so that the next start or stop of the sandbox finds and ends them."""

import json
import threading
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

from mirrors_sandbox.process import Recorded, end, record
from mirrors_sandbox.state import write_private

__all__ = ["ProcessRecords", "RecordsClosedError", "read_record", "write_record"]


def write_record(path: Path, recorded: Recorded) -> None:
    write_private(path, json.dumps(asdict(recorded)))


def read_record(path: Path) -> Recorded | None:
    """None if there is no such file, or none any more."""
    try:
        return Recorded(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None


class RecordsClosedError(Exception):
    """Everything is being stopped: no process may be started any more."""


class ProcessRecords:
    """A record of the running processes, one file each, so that the next start or stop can end all of them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._lock = threading.Lock()
        self._closed = False

    def __iter__(self) -> Iterator[Recorded]:
        records = map(read_record, sorted(self.directory.glob("*.json")))
        yield from (recorded for recorded in records if recorded is not None)

    def add(self, pid: int, kind: str, label: str, port: int = 0) -> Recorded:
        """Record a process that was just started.

        Raises:
            RecordsClosedError: it came too late, and was ended.
        """
        recorded = record(pid, kind, label, port)
        with self._lock:
            if not self._closed:
                write_record(self._path(recorded), recorded)
                return recorded
        end([recorded])
        raise RecordsClosedError

    def close(self) -> None:
        """End all, and whatever is added later at once."""
        with self._lock:
            self._closed = True
        self.end(list(self))

    def remove(self, recorded: Recorded) -> None:
        self._path(recorded).unlink(missing_ok=True)

    def end(self, recorded: Iterable[Recorded], timeout: float = 10.0) -> list[Recorded]:
        """End processes and forget them; returns those that had been alive."""
        chosen = list(recorded)
        ended = end(chosen, timeout)
        for item in chosen:
            self.remove(item)
        return ended

    def _path(self, recorded: Recorded) -> Path:
        return self.directory / f"{recorded.pid}.json"

"""Measure the memory of a command's processes, from beside, a few times a second."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import psutil

from tools.bench.sample import Memory, Seen

EVERY = 0.25  # seconds: a look costs some milliseconds
_HIGHEST = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)
_KINDS = {"pulumi.dynamic": "provider", "pulumi-language-python-exec": "program"}


class Watch:
    """One process, the engine's, and what it starts."""

    def __init__(self, pid: int) -> None:
        self._engine = psutil.Process(pid)
        self._peaks: dict[str, dict[int, int]] = {"engine": {}, "program": {}, "provider": {}}
        self._busy: dict[str, dict[int, float]] = {kind: {} for kind in self._peaks}

    def look(self) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            self._note("engine", self._engine)
            for process in self._engine.children(recursive=True):
                self._look_at(process)

    def seen(self) -> Seen:
        highest = {kind: max(peaks.values(), default=0) for kind, peaks in self._peaks.items()}
        busy = {kind: sum(seconds.values()) for kind, seconds in self._busy.items()}
        return Seen(Memory(**highest), len(self._peaks["provider"]), busy)

    def _look_at(self, process: psutil.Process) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            words = {Path(word).name for word in process.cmdline()}
            for word in words & _KINDS.keys():
                self._note(_KINDS[word], process)

    def _note(self, kind: str, process: psutil.Process) -> None:
        peaks = self._peaks[kind]
        peaks[process.pid] = max(peaks.get(process.pid, 0), _peak(process))
        times = process.cpu_times()
        self._busy[kind][process.pid] = times.user + times.system


def _peak(process: psutil.Process) -> int:
    """Return a process's peak. Linux remembers it; elsewhere it is the highest value seen."""
    try:
        found = _HIGHEST.search(Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8"))
    except (FileNotFoundError, ProcessLookupError):
        found = None
    return int(found[1]) * 1024 if found else int(process.memory_info().rss)


@contextlib.contextmanager
def watched(pid: int) -> Iterator[Watch]:
    """Look until the end of the context."""
    watch, over = Watch(pid), Event()

    def look() -> None:
        while not over.wait(EVERY):
            watch.look()

    watch.look()
    thread = Thread(target=look, daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        over.set()
        thread.join()

"""The lock of a stack in a backend of files: the process that holds it, and whether that still runs."""

import json
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mirrors.cli.doctor.files import find_backend_folder
from mirrors.problems import Problem
from mirrors.problems.findings import CheckFinding, ok_finding, problem_finding, warning_finding


@dataclass(frozen=True)
class StackLock:
    """The process that works on a stack, or did when it was killed."""

    pid: int
    host: str
    since: str

    @property
    def stale(self) -> bool | None:
        """True if that process has ended; None for a process of another machine, which Mirrors cannot see."""
        if self.host != socket.gethostname() or self.pid <= 0:
            return None
        try:
            os.kill(self.pid, 0)  # signal 0 only asks whether the process exists
        except ProcessLookupError:
            return True
        except PermissionError:  # the process runs, and belongs to another user
            return False
        return False


def find_locks(url: str, project: str, stack: str) -> Sequence[StackLock] | None:
    """Return the locks of a stack in a backend of files; None for other backends, which show theirs otherwise."""
    root = find_backend_folder(url)
    if root is None:
        return None
    folder = root / ".pulumi" / "locks" / "organization" / project / stack.rpartition("/")[2]
    return [_read_lock(path) for path in sorted(folder.glob("*.json"))]


def _read_lock(path: Path) -> StackLock:
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
        return StackLock(int(content["pid"]), str(content["hostname"]), str(content["timestamp"])[:19])
    except (OSError, ValueError, KeyError, TypeError):  # another process writes it now, or another version wrote it
        return StackLock(0, "an unknown host", "an unknown time")


def check_lock(found: Sequence[StackLock] | None, stack: str) -> CheckFinding:
    if found is None:
        return ok_finding("lock", "kept by the backend; a command that meets one says so")
    if not found:
        return ok_finding("lock", "free")
    one = found[0]
    who = f"held by process {one.pid} on {one.host} since {one.since}"
    cancel = f"pulumi cancel --yes {stack}"
    if one.stale:
        return problem_finding("lock", _lock_problem(f"{who}, which has ended", cancel))
    if one.stale is None:
        return problem_finding("lock", _lock_problem(who, f"if that process has ended: {cancel}"))
    return warning_finding(
        "lock", _lock_problem(f"{who}, which is running", f"wait for it; only if it is stuck: {cancel}")
    )


def _lock_problem(said: str, remedy: str) -> Problem:
    return Problem("stack-locked", said, remedy)

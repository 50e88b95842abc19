"""What ``docs/operations.md`` says to do after a command was interrupted, done by somebody who reads what is said."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.engine.crash.world import World
from tests.engine.project import Done

LOCKED = "pulumi cancel"
UNREADABLE = "failed to load checkpoint"
PATIENCE = 4
"""How often ``up`` is run before a fleet counts as stuck."""


@dataclass
class Repair:
    """``commands``: those that were run. ``refreshes``: whether pending creations are cleared where it was locked."""

    world: World
    refreshes: bool
    commands: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    def until_it_succeeds(self) -> bool:
        """Whether one of so many ``up`` did."""
        return any(self._succeeds() for _ in range(PATIENCE))

    def _succeeds(self) -> bool:
        done = self._run("up", self.world.up())
        if done.code == 0:
            return True
        if UNREADABLE in done.text:
            self.files.extend(repaired(self.world.backend))
            self.commands.append("files")
        if LOCKED in done.text or UNREADABLE in done.text:
            self._unlock()
        return False

    def _unlock(self) -> None:
        self._run("cancel", self.world.stack.pulumi("cancel", "--yes"))
        if self.refreshes:
            options = ("--clear-pending-creates", "--run-program=false", "--yes", "--skip-preview")
            self._run("refresh", self.world.stack.refresh(*options))

    def _run(self, name: str, done: Done) -> Done:
        self.commands.append(name if done.code == 0 else f"{name} ({done.code})")
        self.said.append(done.text)
        return done


def repaired(backend: Path) -> Iterator[str]:
    """A killed engine may leave empty files in a backend of files, which no command reads. Says what was done.

    An empty ``….attrs`` is removed, an empty ``….json`` replaced by the ``….json.bak`` beside it.
    """
    for path in sorted((backend / ".pulumi" / "stacks").rglob("*")):
        if not path.is_file() or path.stat().st_size:
            continue
        backup = path.with_name(f"{path.name}.bak")
        if path.suffix == ".attrs":
            path.unlink()
            yield f"removed {path.name}"
        elif path.suffix == ".json" and backup.exists():
            shutil.copy(backup, path)
            yield f"{backup.name} over {path.name}"

"""The repair after an interrupted command, as ``docs/how-to/operations`` and the messages say."""

from dataclasses import dataclass, field
from pathlib import Path

from mirrors.cli.doctor.files import check_files
from tests.engine.crash.world import World
from tests.engine.project import Done

LOCKED = "pulumi cancel"
UNREADABLE = ("failed to load checkpoint", "unexpected end of JSON input")
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
        """Return whether one of so many ``up`` succeeded."""
        return any(self._succeeds() for _ in range(PATIENCE))

    def _succeeds(self) -> bool:
        done = self._run("up", self.world.up())
        if done.code == 0:
            return True
        unreadable = any(words in done.text for words in UNREADABLE)
        if unreadable:
            self._mend_files()
        if unreadable or LOCKED in done.text:
            self._unlock()
        return False

    def _mend_files(self) -> None:
        for remedy in remedies(self.world.backend):
            self.files.append(remedy)
            self._run("file", self.world.project.run("sh", "-c", remedy))

    def _unlock(self) -> None:
        self._run("cancel", self.world.stack.pulumi("cancel", "--yes"))
        if self.refreshes:
            options = ("--clear-pending-creates", "--run-program=false", "--yes", "--skip-preview")
            self._run("refresh", self.world.stack.refresh(*options))

    def _run(self, name: str, done: Done) -> Done:
        self.commands.append(name if done.code == 0 else f"{name} ({done.code})")
        self.said.append(done.text)
        return done


def remedies(backend: Path) -> list[str]:
    """Return what ``mirrors doctor`` says to do about a backend of files that cannot be read: one command a file."""
    return [finding.remedy.partition("; then ")[0] for finding in check_files(f"file://{backend}")]

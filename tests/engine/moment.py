"""A moment to which everything can be taken back: the platform's store, Pulumi's state, and the project's files."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mirrors_sandbox.control import Sandbox

from tests.engine.project import Project

STORE = "sandbox.sqlite3"


class Place(Protocol):
    """A project, and the sandbox that it is on."""

    @property
    def project(self) -> Project: ...

    @property
    def sandbox(self) -> Sandbox: ...


@dataclass(frozen=True)
class Moment:
    """A copy of everything, as files in a directory."""

    directory: Path

    def keep(self, place: Place) -> "Moment":
        shutil.rmtree(self.directory, ignore_errors=True)
        shutil.copytree(place.project.state / "pulumi", self.directory / "pulumi")
        (self.directory / "project").mkdir()
        for path in _files(place.project.directory):
            shutil.copy(path, self.directory / "project")
        (self.directory / "environment.json").write_text(json.dumps(place.project.environment), encoding="utf-8")
        _copy(place.sandbox.state / STORE, self.directory / STORE)
        return self

    def restore(self, place: Place) -> None:
        """The sandbox goes on running: its store is overwritten in one transaction."""
        project = place.project
        shutil.rmtree(project.state / "pulumi")
        shutil.copytree(self.directory / "pulumi", project.state / "pulumi")
        for path in _files(project.directory):
            path.unlink()
        for path in _files(self.directory / "project"):
            shutil.copy(path, project.directory)
        project.environment.clear()
        project.environment.update(json.loads((self.directory / "environment.json").read_text(encoding="utf-8")))
        _copy(self.directory / STORE, place.sandbox.state / STORE)
        (place.sandbox.state / "fidelity.json").unlink(missing_ok=True)


def _files(directory: Path) -> Iterator[Path]:
    return (path for path in list(directory.iterdir()) if path.is_file())


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source, timeout=20)) as read, closing(sqlite3.connect(target, timeout=20)) as written:
        read.backup(written)

"""The contenders that the bench measures: this checkout, and others beside it.

``revision``: another revision of the repository, with its own packages and in the environment that it recommends.
``floor``: one resource of one number a mirror, whose provider does nothing. The engine takes at least that.
``script``: the same changes with ``requests``, one call after another. No state, no preview, no refresh.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from tools.bench.builds import HERE, Build
from tools.bench.command import timed
from tools.bench.platform import Platform
from tools.bench.project import RELEASE, ROTATION, Project
from tools.bench.sample import Sample

PRODUCT, REVISION, FLOOR, SCRIPT = "Mirrors", "revision", "floor", "script"

BEFORE = {ROTATION: Platform.rotate, RELEASE: Platform.release_live}
"""A change of the original before an operation, which is not measured."""


class Contender(Protocol):
    def measure(self, operation: str) -> Sample:
        """Carry the operation out, in the order in which a stack goes through them.

        Raises:
            BenchError: a command fails.
        """


class Fleet:
    """The project as a build has it."""

    def __init__(
        self,
        build: Build,
        platform: Platform,
        directory: Path,
        rollout: Mapping[str, Any] | None = None,
        more: Mapping[str, str] | None = None,
    ) -> None:
        """Make a project. ``rollout``: of the configuration; ``more``: variables of its commands."""
        platform.restore()
        self.platform = platform
        variables = {**platform.variables, **(more or {})}
        self.project = Project.of(build, directory, platform.mirrors, rollout or {}, **variables)

    def measure(self, operation: str) -> Sample:
        if operation in BEFORE:
            BEFORE[operation](self.platform)
        with self.platform.counted() as counts:
            taken = self.project.run(operation)
        return Sample.of(taken, *counts, state=self.project.state())


class Script:
    def __init__(self, platform: Platform, directory: Path) -> None:
        platform.restore()
        self.platform = platform
        directory.mkdir(parents=True)
        self.directory = directory
        self.variables = {**HERE.environment(directory), **platform.variables}
        (directory / "mirrors.json").write_text(json.dumps(platform.mirrors), encoding="utf-8")

    def measure(self, operation: str) -> Sample:
        if operation in BEFORE:
            BEFORE[operation](self.platform)
        command = (str(HERE.prefix / "bin" / "python"), "-m", "tools.bench.programs.script", operation)
        with self.platform.counted() as counts:
            taken = timed(command, self.directory, self.variables)
        return Sample.of(taken, *counts)


class Floor:
    def __init__(self, mirrors: list[str], directory: Path) -> None:
        self.rounds = 0
        self.project = Project.other(HERE, directory, "minimal")
        (directory / "mirrors.json").write_text(json.dumps(mirrors), encoding="utf-8")

    def measure(self, operation: str) -> Sample:
        self.rounds += operation in BEFORE
        (self.project.directory / "round").write_text(str(self.rounds), encoding="utf-8")
        return Sample.of(self.project.run(operation), state=self.project.state())

"""Who is measured: the project, and the three things beside it.

``floor``: a program that declares as many dynamic resources as ours has in its state, with the same inputs, whose
provider does nothing. What it takes the engine takes, whatever we do.
``script``: the same changes with ``requests``, one call after another. No state, no preview, no refresh.
``one a variable``: a program with a resource for each variable, which is how one would begin.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from tools.bench.command import environment, python, timed
from tools.bench.platform import Platform
from tools.bench.project import Project
from tools.bench.sample import Sample, Taken

OURS, FLOOR, SCRIPT, NAIVE = "ours", "floor", "script", "one a variable"
OPERATIONS = ("first up", "up with nothing to do", "rotation", "refresh", "destroy")
RELEASE = "new release"

BEFORE = {"rotation": Platform.rotate, RELEASE: Platform.release_live}
"""What happens at the original before an operation, and is not measured."""


class Contender(Protocol):
    def measure(self, operation: str) -> Sample:
        """Carries the operation out, in the order of OPERATIONS. Raises BenchError."""


class OnPlatform:
    """Whoever speaks to a platform of its own."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        platform.restore()

    def measure(self, operation: str) -> Sample:
        if operation in BEFORE:
            BEFORE[operation](self.platform)
        with self.platform.counted() as counts:
            taken = self.carry_out(operation)
        return Sample.of(taken, *counts)

    def carry_out(self, operation: str) -> Taken:
        raise NotImplementedError


class Ours(OnPlatform):
    def __init__(
        self,
        platform: Platform,
        directory: Path,
        rollout: Mapping[str, Any] | None = None,
        more: Mapping[str, str] | None = None,
    ) -> None:
        """``rollout``: of the configuration; ``more``: variables of its commands."""
        super().__init__(platform)
        variables = {**platform.variables, **(more or {})}
        self.project = Project.ours(directory, platform.mirrors, rollout or {}, **variables)

    def carry_out(self, operation: str) -> Taken:
        return self.project.run(operation)


class Naive(OnPlatform):
    def __init__(self, platform: Platform, directory: Path, more: Mapping[str, str]) -> None:
        super().__init__(platform)
        self.project = Project.other(directory, "naive", **platform.variables, **more)
        (directory / "mirrors.json").write_text(json.dumps(platform.mirrors), encoding="utf-8")

    def carry_out(self, operation: str) -> Taken:
        return self.project.run(operation)


class Script(OnPlatform):
    def __init__(self, platform: Platform, directory: Path) -> None:
        super().__init__(platform)
        directory.mkdir(parents=True)
        self.directory = directory
        (directory / "mirrors.json").write_text(json.dumps(platform.mirrors), encoding="utf-8")

    def carry_out(self, operation: str) -> Taken:
        command = python("-m", "tools.bench.programs.script", operation)
        variables = {**environment(self.directory), **self.platform.variables}
        return timed(command, self.directory, variables)


class Floor:
    """Declares what ours has in its state at the moment, so it is measured after ours."""

    def __init__(self, ours: Project, directory: Path, more: Mapping[str, str]) -> None:
        self._ours = ours
        self.project = Project.other(directory, "floor", **more)

    def measure(self, operation: str) -> Sample:
        if operation in ("first up", "rotation"):
            payload = self.project.directory / "payload.json"
            payload.write_text(json.dumps(self._ours.resources()), encoding="utf-8")
        return Sample.of(self.project.run(operation))

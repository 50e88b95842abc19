"""A Pulumi project in a directory of its own, with one stack."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tools.bench.builds import Build
from tools.bench.command import timed
from tools.bench.sample import Taken

STACK = "test"
FIRST, NOTHING, PREVIEW, ROTATION = "first up", "up with nothing to do", "preview with nothing to do", "rotation"
RELEASE, REFRESH, DESTROY = "new release", "refresh", "destroy"
_QUIET = ("--stack", STACK, "--non-interactive", "--color", "never")
_UP = ("up", "--yes", "--skip-preview", "--suppress-outputs")

COMMANDS = {
    FIRST: _UP,
    NOTHING: (*_UP, "--expect-no-changes"),
    PREVIEW: ("preview", "--suppress-outputs", "--expect-no-changes"),
    ROTATION: _UP,
    RELEASE: _UP,
    REFRESH: ("refresh", "--yes", "--skip-preview", "--suppress-outputs"),
    DESTROY: ("destroy", "--yes", "--skip-preview", "--suppress-outputs", "--exclude-protected"),
}
"""A user's command for each of the operations that are measured."""


@dataclass(frozen=True)
class Project:
    name: str
    directory: Path
    variables: Mapping[str, str]

    @classmethod
    def of(
        cls, build: Build, directory: Path, mirrors: Sequence[str], rollout: Mapping[str, Any], **more: str
    ) -> Project:
        """Return a copy of the build's own project with other mirrors. No site serves, so none has a health check."""
        document = _read(build.checkout / "Pulumi.yaml")
        document["config"]["mirrors:fleet"]["value"]["mirrors"] = [{"application": slug} for slug in mirrors]
        document["config"]["mirrors:rollout"] = {"value": {"health": False, **rollout}}
        return cls._made(build, directory, document, (build.checkout / "__main__.py").read_text(encoding="utf-8"), more)

    @classmethod
    def other(cls, build: Build, directory: Path, program: str, **more: str) -> Project:
        """Return a project whose program is a module of ``tools.bench.programs``."""
        document = {"name": program, "runtime": _read(build.checkout / "Pulumi.yaml")["runtime"]}
        text = f"from tools.bench.programs.{program} import declare\n\ndeclare()\n"
        return cls._made(build, directory, document, text, more)

    @classmethod
    def _made(
        cls, build: Build, directory: Path, document: Mapping[str, Any], program: str, more: Mapping[str, str]
    ) -> Project:
        (directory / ".state" / "pulumi").mkdir(parents=True)
        (directory / ".venv").symlink_to(build.prefix)
        settings = {
            "encryptionsalt": _read(build.checkout / "Pulumi.test.yaml")["encryptionsalt"],
            "config": {"mirrors:environment": STACK},
        }
        (directory / "Pulumi.yaml").write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
        (directory / "Pulumi.test.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
        (directory / "__main__.py").write_text(program, encoding="utf-8")
        project = cls(document["name"], directory, {**build.environment(directory), **more})
        project.pulumi("stack", "select", "--create")
        return project

    def run(self, operation: str) -> Taken:
        return self.pulumi(*COMMANDS[operation])

    def pulumi(self, *arguments: str) -> Taken:
        program = shutil.which("pulumi", path=self.variables["PATH"]) or "pulumi"
        return timed((program, *arguments, *_QUIET), self.directory, self.variables)

    def state(self) -> int:
        """Return the bytes of the stack's state."""
        stacks = self.directory / ".state" / "pulumi" / ".pulumi" / "stacks"
        return (stacks / self.name / f"{STACK}.json").stat().st_size


def _read(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return found

"""A Pulumi project in a directory of its own, with one stack."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tools.bench.command import CHECKOUT, environment, timed
from tools.bench.sample import Taken

STACK = "test"
_QUIET = ("--stack", STACK, "--non-interactive", "--color", "never")

COMMANDS = {
    "first up": ("up", "--yes", "--skip-preview", "--suppress-outputs"),
    "up with nothing to do": ("up", "--yes", "--skip-preview", "--suppress-outputs", "--expect-no-changes"),
    "rotation": ("up", "--yes", "--skip-preview", "--suppress-outputs"),
    "new release": ("up", "--yes", "--skip-preview", "--suppress-outputs"),
    "refresh": ("refresh", "--yes", "--skip-preview", "--suppress-outputs"),
    "destroy": ("destroy", "--yes", "--skip-preview", "--suppress-outputs", "--exclude-protected"),
}
"""What a user types for each of the operations that are measured."""


@dataclass(frozen=True)
class Project:
    directory: Path
    variables: Mapping[str, str]

    @classmethod
    def ours(cls, directory: Path, mirrors: list[str], rollout: Mapping[str, Any], **more: str) -> Project:
        """A copy of the checkout's own project with other mirrors. Nobody serves, so nobody is asked for health."""
        _prepare(directory)
        document = yaml.safe_load((CHECKOUT / "Pulumi.yaml").read_text(encoding="utf-8"))
        fleet = document["config"]["mirrors:fleet"]["value"]
        fleet["mirrors"] = [{"application": slug} for slug in mirrors]
        document["config"]["mirrors:rollout"] = {"value": {"health": False, **rollout}}
        (directory / "Pulumi.yaml").write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
        shutil.copy(CHECKOUT / "__main__.py", directory)
        return cls._with_stack(directory, more)

    @classmethod
    def other(cls, directory: Path, program: str, **more: str) -> Project:
        """A project like ours, except for its program: a module of ``tools.bench.programs``."""
        _prepare(directory)
        document = yaml.safe_load((CHECKOUT / "Pulumi.yaml").read_text(encoding="utf-8"))
        kept = {"name": program, "runtime": document["runtime"], "options": document["options"]}
        (directory / "Pulumi.yaml").write_text(yaml.safe_dump(kept), encoding="utf-8")
        lines = f"from tools.bench.programs.{program} import declare\n\ndeclare()\n"
        (directory / "__main__.py").write_text(lines, encoding="utf-8")
        return cls._with_stack(directory, more)

    @classmethod
    def _with_stack(cls, directory: Path, more: Mapping[str, str]) -> Project:
        project = cls(directory, {**environment(directory), **more})
        project.pulumi("stack", "select", "--create")
        return project

    def run(self, operation: str) -> Taken:
        return self.pulumi(*COMMANDS[operation])

    def pulumi(self, *arguments: str) -> Taken:
        return timed(("pulumi", *arguments, *_QUIET), self.directory, self.variables)

    def resources(self) -> list[dict[str, Any]]:
        """The state's resources, secrets in clear."""
        exported = self.pulumi("stack", "export", "--show-secrets")
        found: list[dict[str, Any]] = json.loads(exported.said)["deployment"]["resources"]
        return found


def _prepare(directory: Path) -> None:
    (directory / ".state" / "pulumi").mkdir(parents=True)
    (directory / ".venv").symlink_to(sys.prefix)
    salt = yaml.safe_load((CHECKOUT / "Pulumi.test.yaml").read_text(encoding="utf-8"))["encryptionsalt"]
    settings = {"encryptionsalt": salt, "config": {"mirrors:environment": STACK}}
    (directory / "Pulumi.test.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")

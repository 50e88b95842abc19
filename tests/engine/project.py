"""A Pulumi project in a directory of its own, driven by the real ``pulumi`` in the shell environment of ``make up``."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from mirrors_sandbox.process import end, record

from tools.shell_environment import variables

ROOT = Path(__file__).parents[2]
TOOLS = Path(os.environ.get("MIRRORS_TEST_TOOLS", ROOT / ".tools" / "bin"))
"""The Pulumi of the tests. The session ``oldest`` of the noxfile has another one."""

PROJECT_FILE = "Pulumi.yaml"
FILES = ("__main__.py", PROJECT_FILE, "Pulumi.test.yaml", "Pulumi.live.yaml")
TIMEOUT = 300.0  # seconds, for one command: far more than any takes
PREFIXES = ("PULUMI_", "DIVIO_", "MIRRORS_")  # of variables that would reach from the user's shell into a test

Change = Callable[[dict[str, Any]], object]


@dataclass(frozen=True)
class Done:
    """A command that has ended: its exit code, and what it said."""

    code: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        return self.stdout + self.stderr

    def json(self) -> Any:
        return json.loads(self.stdout)

    def succeeded(self) -> "Done":
        assert self.code == 0, self.text
        return self

    def failed(self) -> "Done":
        """It said what is wrong, and no more: no traceback."""
        assert self.code != 0, self.text
        assert "Traceback" not in self.text, self.text
        return self


@dataclass
class Project:
    """The directory; ``environment`` adds to the variables of its commands; ``said`` is all they have printed."""

    directory: Path
    environment: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    @classmethod
    def at(cls, directory: Path, environment: Mapping[str, str]) -> "Project":
        """Return a copy of the checkout's own project, with an empty backend and no stack."""
        (directory / ".state" / "pulumi").mkdir(parents=True)
        (directory / ".venv").symlink_to(sys.prefix)
        for name in FILES:
            shutil.copy(ROOT / name, directory)
        return cls(directory, dict(environment))

    @property
    def state(self) -> Path:
        """The folder of all that is not the user's own."""
        return self.directory / ".state"

    @property
    def variables(self) -> dict[str, str]:
        """The environment of a shell that has read ``.state/env``."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIXES)}
        path = os.pathsep.join([str(self.directory / ".venv" / "bin"), str(TOOLS), inherited.get("PATH", os.defpath)])
        return {**inherited, **variables(self.directory), "PATH": path, **self.environment}

    def run(self, *command: str, given: str | None = None, timeout: float = TIMEOUT) -> Done:
        """Run a command here; whatever happens, neither it nor what it has started is left."""
        with self.started(*command) as process:
            stdout, stderr = process.communicate(given, timeout)
        done = Done(process.returncode, stdout, stderr)
        self.said.append(done.text)
        return done

    @contextmanager
    def started(self, *command: str, **options: Any) -> Iterator["subprocess.Popen[str]"]:
        """Yield a command that runs beside the test, ended with all its children at the end of the context.

        ``options`` are those of ``Popen``, where they differ from the ones here.
        """
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        environ = options.pop("env", self.variables)
        process: subprocess.Popen[str] = subprocess.Popen(
            command, cwd=self.directory, env=environ, text=True, **(pipes | options)
        )
        with process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    end([record(process.pid)])

    def configure(self, change: Change, name: str = PROJECT_FILE) -> None:
        """Edit the configuration in one of the project's files; ``change`` gets what is under ``config``."""
        path = self.directory / name
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        change(document["config"])
        path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")

    @contextmanager
    def configured(self, change: Change, name: str = PROJECT_FILE) -> Iterator[None]:
        """Yield the same for a while: at the end of the context the file is as it was."""
        before = (self.directory / name).read_text(encoding="utf-8")
        try:
            self.configure(change, name)
            yield
        finally:
            (self.directory / name).write_text(before, encoding="utf-8")

    @contextmanager
    def with_environment(self, **variables: str) -> Iterator[None]:
        """Other variables for the commands of this context."""
        before = dict(self.environment)
        try:
            self.environment.update(variables)
            yield
        finally:
            self.environment.clear()
            self.environment.update(before)


@dataclass(frozen=True)
class Stack:
    """One stack of a project."""

    project: Project
    name: str

    def pulumi(self, command: str, *arguments: str, given: str | None = None) -> Done:
        return self.project.run(*self.command(*command.split(), *arguments), given=given)

    def command(self, *words: str) -> tuple[str, ...]:
        """Return the command to run in the project's directory."""
        return ("pulumi", *words, "--stack", self.name, "--non-interactive", "--color", "never")

    def preview(self, *arguments: str) -> Done:
        return self.pulumi("preview", *arguments)

    def up(self, *arguments: str) -> Done:
        """Without the preview that it usually begins with: tests ask for that by itself, and it takes as long again."""
        return self.pulumi("up", "--yes", "--skip-preview", *arguments)

    def update(self, *arguments: str) -> Done:
        """Run ``up`` without its refresh, too, where the platform is as the last command has left it."""
        return self.up("--refresh=false", *arguments)

    def preview_and_up(self, *arguments: str) -> Done:
        """Run what a user types."""
        return self.pulumi("up", "--yes", *arguments)

    def deploy(self, *sites: str) -> Done:
        """Run ``mirrors deploy`` for these sites with the output of Pulumi, without the preview that it begins with."""
        with self.project.with_environment(PULUMI_OPTION_SKIP_PREVIEW="true"):
            return self.project.run("mirrors", "deploy", *sites, "--stack", self.name, "--yes", "--plain")

    def refresh(self, *arguments: str) -> Done:
        return self.pulumi("refresh", *arguments)

    def destroy(self, *arguments: str) -> Done:
        return self.pulumi("destroy", "--yes", *arguments)

    def has_no_changes(self) -> bool:
        """Return whether an ``up`` would change nothing; a failure shows what it would change."""
        return self.preview("--expect-no-changes").succeeded().code == 0

    def checkpoint(self) -> dict[str, Any]:
        """Return what Pulumi's state holds, from its file: a command takes half a second."""
        backend = Path(self.project.variables["PULUMI_BACKEND_URL"].removeprefix("file://"))
        [path] = (backend / ".pulumi" / "stacks").rglob(f"{self.name}.json")
        return dict(json.loads(path.read_text(encoding="utf-8"))["checkpoint"].get("latest") or {})

    def resources(self) -> list[dict[str, Any]]:
        return list(self.checkpoint().get("resources", ()))

    def outputs(self) -> dict[str, Any]:
        """Return the outputs of the last update, none of which is a secret."""
        found = [item for item in self.resources() if item["type"] == "pulumi:pulumi:Stack"]
        return dict(found[0].get("outputs", {})) if found else {}

    def ledger(self) -> dict[str, Any]:
        """Return what the state remembers: the sites' SITE_IDs (the inputs of ``SiteIds``), and the stack's outputs."""
        [ids] = [item["inputs"] for item in self.resources() if item["type"].endswith(":SiteIds")]
        return {**{key: ids[key] for key in ("assignments", "retired", "highest")}, "outputs": self.outputs()}

    def urns(self) -> list[str]:
        """Return the URNs of all resources in the state."""
        return [item["urn"] for item in self.resources()]

    def status(self) -> tuple[int, dict[str, dict[str, Any]]]:
        """Return the exit code of ``mirrors status``, and its rows by application."""
        done = self.project.run("mirrors", "status", "--stack", self.name, "--json")
        return done.code, {row["application"]: row for row in done.json()}


def updates(done: Done) -> set[str]:
    """Return what a preview would update, e.g. ``Mirror acme-de ~SITE_ID``: resource, site, names."""
    found = re.findall(r"dynamic/mirrors:(\w+) (\S+) +update \[diff: ([^\]]+)\]", done.text)
    return {" ".join(item) for item in found}


def errors(done: Done) -> list[str]:
    """Return the errors that a command reports at its end, one entry each.

    The engine has a line of its own before the error of a resource that was updated in part.
    """
    _, _, diagnostics = done.text.partition("Diagnostics:\n")
    diagnostics = re.sub(r"error: 1 error occurred:\n\s+\* ", "error: ", diagnostics)
    return re.findall(r"^ +error: (.+)$", diagnostics, re.MULTILINE)

"""A fleet of its own for tests: a sandbox, and a project that converges it."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from mirrors_sandbox.control import Sandbox
from mirrors_sandbox.state import Runner

from tests.engine.project import PROJECT_FILE, Project, Stack
from tests.panel import Panel
from tests.sandboxes import change, get, running_sandbox

MIRRORS = ("acme-de", "acme-fr", "acme-ch")
MANAGED = {"SITE_ID", "MIRRORS_APPLICATION", "DATABASE_URL", "DEFAULT_STORAGE_DSN"}

NOBODY_SERVES = {"mirrors:rollout": {"value": {"health": False}}}
"""Configuration for a sandbox without processes: no site answers a health check."""

NO_FAULT: dict[str, Any] = {"method": "", "path": "", "probability": 1.0, "seed": 0, "remaining": None, "asked": 0}
ADD_FAULT = f"INSERT INTO sandbox_fault (kind, settings, {', '.join(NO_FAULT)}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608

Line = dict[str, Any]


def silently(_line: str) -> None:
    """For what reports to the terminal."""


@dataclass(frozen=True)
class Fleet:
    """The project acme, with the stacks test and live, and the platform that it is on."""

    project: Project
    sandbox: Sandbox

    @property
    def test(self) -> Stack:
        return Stack(self.project, "test")

    @property
    def live(self) -> Stack:
        return Stack(self.project, "live")

    @property
    def stacks(self) -> tuple[Stack, Stack]:
        return self.test, self.live

    def converge(self) -> None:
        for stack in self.stacks:
            stack.up().succeeded()

    def with_mirrors(self, *mirrors: dict[str, Any] | str) -> AbstractContextManager[None]:
        """Declare these mirrors in this order, for the time of the context."""
        listed = [{"application": item} if isinstance(item, str) else item for item in mirrors]
        return self.project.configured(lambda config: config["mirrors:fleet"]["value"].update(mirrors=listed))

    def writes(self) -> list[Line]:
        """Return the requests since the log was cleared that were no reading."""
        return [line for line in self.sandbox.requests_log() if line["method"] != "GET"]

    def written(self) -> list[tuple[str, str, str]]:
        """Return the same as (method, application, name of the variable); the name is empty for a deployment."""
        return [(line["method"], line["application"], line.get("name", "")) for line in self.writes()]

    def new_mirror(self, slug: str) -> None:
        """Make a fresh mirror, as a person does; a command of the sandbox takes a second."""
        [original] = get(self.sandbox, "applications/", slug="acme")["results"]
        self.panel.act("application", "make_a_mirror", original["uuid"], name_of_mirror=slug)

    @cached_property
    def panel(self) -> Panel:
        return Panel(self.sandbox.url, (self.sandbox.state / "admin_password").read_text(encoding="utf-8"))

    @contextmanager
    def fault(self, kind: str, settings: Any = None, **fields: Any) -> Iterator[None]:
        """Let the platform have this fault; ``fields`` are those of ``mirrors_sandbox.models.Fault``.

        The row is written here, since a command of the sandbox takes a second.
        """
        row = {**NO_FAULT, **fields}
        change(self.sandbox, ADD_FAULT, kind, json.dumps(settings or {}), *row.values())
        try:
            yield
        finally:
            change(self.sandbox, "DELETE FROM sandbox_fault")

    def variables(self, application: str, environment: str) -> dict[str, str | None]:
        """Return the custom variables of an environment; None where the platform shows no value."""
        uuid = get(self.sandbox, "applications/", slug=application)["results"][0]["uuid"]
        owner = get(self.sandbox, "environments/", application=uuid, slug=environment)["results"][0]["uuid"]
        listed = get(self.sandbox, "environment-variables/", environment=owner)["results"]
        return {item["name"]: item.get("value") for item in listed}


@contextmanager
def seeded_fleet(
    directory: Path, runner: Runner = "none", codebase: Path | None = None, python: Path | None = None
) -> Iterator[Fleet]:
    """Yield a seeded sandbox, and the stacks, never updated. At the end no process of it is left.

    ``python``: the virtual environment of the codebase.
    """
    project = Project.at(directory / "acme", {})
    with running_sandbox(project.state, runner=runner) as sandbox:
        sandbox.seed(codebase=codebase, python=python, report=silently)
        if runner == "none":
            with (project.directory / PROJECT_FILE).open("a", encoding="utf-8") as file:
                file.write("  mirrors:rollout: {value: {health: false}}\n")  # the file's comments stay
        project.environment.update(DIVIO_API_URL=sandbox.url, DIVIO_API_TOKEN=sandbox.token)
        fleet = Fleet(project, sandbox)
        for stack in fleet.stacks:
            project.run("pulumi", "stack", "select", "--create", stack.name).succeeded()
        if runner == "none":
            assert fleet.panel, "it is logged in for good: going back to a moment would end a later login"
        yield fleet

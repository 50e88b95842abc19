"""One site of the test project, with the environment of a deployment, in processes of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tests.forked import ROOT, TIMEOUT, run_command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.databases import Database


@dataclass(frozen=True)
class Site:
    """A site: the original, unless it has an application."""

    database: Database
    site_id: int | None = 1
    application: str = ""
    release: int = 1
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def domain(self) -> str:
        return f"site-{self.site_id}.example"

    def at(self, release: int) -> Site:
        """Return the same site with another release of the code."""
        return replace(self, release=release)

    def having(self, **variables: str) -> Site:
        """Return the same site with further environment variables. An empty one is unset."""
        return replace(self, variables={**self.variables, **variables})

    def environment(self) -> dict[str, str]:
        variables = {
            "PATH": os.defpath,
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": "tests.project.settings",
            "DATABASE_URL": self.database.url,
            "DOMAIN": self.domain,
            "RELEASE": str(self.release),
            "STAGE": "test",
            "MIRRORS_APPLICATION": self.application,
            "SITE_ID": "" if self.site_id is None else str(self.site_id),
            **self.variables,
        }
        return {name: value for name, value in variables.items() if value}

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Start a Python program. Its standard error goes to its output."""
        return subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=self.environment(),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def manage(self, *arguments: str) -> str:
        """Run a command of manage.py, which must succeed. Return its output."""
        code, output = run_command(arguments, self.environment())
        assert code == 0, output
        return output

    def refused(self, *arguments: str) -> str:
        """Run a command of manage.py, which must fail with a message. Return the message."""
        code, output = run_command(arguments, self.environment())
        assert code == 1, output
        assert "Traceback" not in output, output
        return output

    def answering(self, answer: str, *arguments: str) -> tuple[int, str]:
        """Run a command of manage.py that may ask one question. Without an answer there is no terminal."""
        return run_command(arguments, self.environment(), answer)


def deploy_together(sites: Sequence[Site]) -> list[tuple[int, str]]:
    """Run the release commands of all sites at the same time. Return their exit codes and outputs."""
    with ThreadPoolExecutor(len(sites)) as deployments:
        return list(deployments.map(lambda site: run_command(["mirrors_migrate"], site.environment()), sites))


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for a process. Return its exit code and output."""
    with process:  # closes its pipe in any case
        try:
            output, _ = process.communicate(timeout=TIMEOUT)
        finally:
            process.kill()
    return process.returncode, output

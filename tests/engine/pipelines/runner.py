"""A runner for one repository: a fresh clone for each job, a shell for each step, a cache between jobs."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.engine.project import TIMEOUT, TOOLS

FOREIGN = ("PULUMI_", "DIVIO_", "MIRRORS_", "GITHUB_", "GITLAB_", "CI_", "AWS_", "VIRTUAL_ENV")
"""Variables of the machine that a job does not see."""


@dataclass
class Runner:
    """``directory`` holds the job's clone and whatever outlives it; ``environment`` is what the machine gives each job.

    ``log`` is everything that steps have printed; ``steps`` are their names, in the order in which they ran.
    ``artifacts``: {name of the artifact, in GitLab of the file: what the last job kept}.
    ``cancels``: the steps (in GitLab: jobs) at which a person cancels the job.
    """

    directory: Path
    repository: Path
    environment: dict[str, str]
    log: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    artifacts: dict[str, str] = field(default_factory=dict)
    cancels: frozenset[str] = frozenset()

    @contextmanager
    def cancelling(self, *steps: str) -> Iterator[None]:
        self.cancels = frozenset(steps)
        try:
            yield
        finally:
            self.cancels = frozenset()

    @property
    def workspace(self) -> Path:
        return self.directory / "workspace"

    @property
    def cached(self) -> Path:
        return self.directory / "cached-venv"

    def machine(self) -> dict[str, str]:
        """Git, Python and Pulumi, as the actions and the image have them; nothing of the checkout's packages."""
        tools = self.directory / "tools"
        if not tools.exists():
            tools.mkdir()
            (tools / "python").symlink_to(Path(sys.base_prefix) / "bin" / "python3")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        path = os.pathsep.join([str(tools), str(TOOLS), os.defpath])
        return {**inherited, "PATH": path, **self.environment}

    def check_out(self, branch: str) -> None:
        shutil.rmtree(self.workspace, ignore_errors=True)
        clone = ("git", "clone", "--quiet", "--branch", branch, str(self.repository), str(self.workspace))
        subprocess.run(clone, check=True, timeout=TIMEOUT)

    def restore(self) -> bool:
        """Return whether an earlier job has left its packages; they are in the clone then."""
        if not self.cached.exists():
            return False
        self.cached.rename(self.workspace / ".venv")
        return True

    def save(self) -> None:
        if (self.workspace / ".venv" / "bin" / "mirrors").exists():
            (self.workspace / ".venv").rename(self.cached)

    def shell(self, name: str, script: str, environment: Mapping[str, str]) -> int:
        """Run a script as both forges' runners do: it ends with the first command that fails."""
        self.say(name, script)
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=self.workspace,
            env={**self.machine(), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        self.log.append(done.stdout)
        sys.stdout.write(f"{done.stdout}[exit {done.returncode}]\n")
        return done.returncode

    def say(self, name: str, script: str = "") -> None:
        """Pytest shows this with -s, and where a test fails."""
        self.steps.append(name)
        sys.stdout.write(f"\n=== {name}\n")
        sys.stdout.writelines(f"    {line}\n" for line in script.rstrip().splitlines())

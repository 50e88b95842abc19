"""A build of the project: this checkout, or another revision of its repository, prepared beside it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

from tools.bench.sample import BenchError

CHECKOUT = Path(__file__).resolve().parents[2]
PREFIXES = ("PULUMI_", "DIVIO_", "MIRRORS_", "PYTHON")
"""Prefixes of variables that would reach from the user's shell into a measurement."""

LINES = 30
_SDK = re.compile(r"^pulumi==(\S+)", re.MULTILINE)
_VARIABLES = """\
import json, pathlib, sys
from tools.shell_environment import variables
print(json.dumps(dict(variables(pathlib.Path(sys.argv[1])))))
"""


@dataclass(frozen=True)
class Build:
    """``name``: what the tables call it. ``prefix``: its virtual environment."""

    name: str
    checkout: Path
    prefix: Path

    @cached_property
    def sdk(self) -> str:
        """The version of Pulumi that its lock names."""
        found = _SDK.search((self.checkout / "requirements.lock").read_text(encoding="utf-8"))
        if found is None:
            raise BenchError(f"{self.name}: its requirements.lock has no pulumi")
        return found[1]

    def environment(self, directory: Path) -> dict[str, str]:
        """Return the environment of a shell in a project's directory that has read this build's ``.state/env``."""
        recommended = json.loads(self.run(str(self.prefix / "bin" / "python"), "-c", _VARIABLES, str(directory)))
        folders = [directory / ".venv" / "bin", self.checkout / ".tools" / "bin"]
        path = os.pathsep.join([*map(str, folders), os.environ.get("PATH", os.defpath)])
        return {**_inherited(), **recommended, "PATH": path, "PYTHONPATH": str(self.checkout)}

    def run(self, *command: str, more: Mapping[str, str] | None = None) -> str:
        """Run a command in the checkout and return its output.

        Raises:
            BenchError: the command fails.
        """
        ran = subprocess.run(
            command,
            cwd=self.checkout,
            env={**_inherited(), **(more or {})},
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode:
            last = "\n".join((ran.stdout + ran.stderr).splitlines()[-LINES:])
            raise BenchError(f"{self.name}: {' '.join(command[:3])} ended with {ran.returncode}:\n{last}")
        return ran.stdout

    def compile_modules(self) -> None:
        """Compile the modules, as an installation does: otherwise the first run compiles what it imports."""
        packages = self.prefix / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
        # Packages ship files that are no modules: what cannot be compiled is not imported either.
        compiler = [
            str(self.prefix / "bin" / "python"),
            "-m",
            "compileall",
            "-qq",
            "mirrors",
            "tools/bench",
            str(packages),
        ]
        subprocess.run(compiler, cwd=self.checkout, env=_inherited(), check=False)


def _inherited() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIXES)}


HERE = Build("here", CHECKOUT, Path(sys.prefix))


def cloned(revision: str, directory: Path) -> Build:
    """Clone this repository at the revision into the directory, without its environment.

    Raises:
        BenchError: git fails.
    """
    try:
        commit = HERE.run("git", "rev-parse", "--verify", "--short", f"{revision}^{{commit}}").strip()
    except BenchError as error:
        raise BenchError(f"no revision {revision!r} in this repository; git log --oneline shows them") from error
    # Shared: the objects stay here, so a commit that no branch has any more is found too.
    HERE.run("git", "clone", "--quiet", "--shared", "--no-checkout", str(CHECKOUT), str(directory))
    build = Build(commit, directory, directory / ".venv")
    build.run("git", "checkout", "--quiet", "--detach", commit)
    return build


def prepared(revision: str, directory: Path) -> Build:
    """Return the revision with its own packages, and with the engine that it is made for.

    Raises:
        BenchError: a command fails.
    """
    build = cloned(revision, directory)
    tools = CHECKOUT / ".tools"
    caches = {"PIP_CACHE_DIR": str(tools / "pip"), "UV_CACHE_DIR": str(tools / "uv")} | _inherited()
    build.run("make", "--no-print-directory", "venv", more=caches | {"PYTHON": sys.executable})
    if build.sdk == version("pulumi"):
        (directory / ".tools").mkdir(exist_ok=True)
        (directory / ".tools" / "bin").symlink_to((CHECKOUT / ".tools" / "bin").resolve())
    else:
        build.run(str(build.prefix / "bin" / "python"), "-m", "tools.pulumi_tools")
    build.compile_modules()
    return build

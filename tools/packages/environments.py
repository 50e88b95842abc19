"""Virtual environments for both sides of a pair, made by uv. Its cache has what was installed before."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Environment", "PackagesError", "build_companion", "run"]

CHECKOUT = Path(__file__).resolve().parents[2]
UV = Path(sys.executable).with_name("uv")
COMMON = ("psycopg[binary]", "setuptools<80")
"""The driver, and ``pkg_resources``, which some old releases import."""

LINES = 25
TIMEOUT = 900.0  # seconds, far more than any step takes


class PackagesError(Exception):
    """A pair cannot be judged. The text says at which step, with the end of what it printed."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment. ``installed`` has the versions by distribution, in lower case."""

    python: Path
    installed: dict[str, str]

    @classmethod
    def create(cls, folder: Path, requirements: Sequence[str]) -> Environment:
        """Make the environment.

        Raises:
            PackagesError: something cannot be installed.
        """
        python = folder / "bin" / "python"
        run("uv venv", [UV, "venv", "--quiet", "--python", sys.executable, folder])
        wanted = [*requirements, *COMMON]
        install: list[str | Path] = [UV, "pip", "install", "-q", "--python", python, *wanted]
        run(f"uv pip install {' '.join(requirements)}", install)
        listed = run("uv pip freeze", [UV, "pip", "freeze", "--python", python])
        return cls(python, dict(line.lower().split("==") for line in listed.splitlines() if "==" in line))


def build_companion(folder: Path) -> Path:
    """Build the companion's wheel with the locked build backend, and return its path."""
    command: list[str | Path] = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
    run("build of django_mirrors", command, cwd=CHECKOUT / "django_mirrors")
    [wheel] = folder.glob("*.whl")
    return wheel


def run(
    step: str, command: Sequence[str | Path], *, cwd: Path | None = None, variables: dict[str, str] | None = None
) -> str:
    """Run a command and return its output.

    Args:
        step: what it is, for the error.
        command: program and arguments.
        cwd: the working directory.
        variables: the whole environment. Without them it is that of this process.

    Raises:
        PackagesError: the command fails, or takes too long.
    """
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=dict(os.environ) if variables is None else variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise PackagesError(f"{step}: no end after {TIMEOUT:.0f} seconds") from None
    if done.returncode:
        last = "\n".join(done.stdout.splitlines()[-LINES:])
        raise PackagesError(f"{step} ended with {done.returncode}:\n{last}")
    return done.stdout

"""Find out whether the tools in a folder work, by running them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from semver import Version

from tools.pulumi_tools.layout import LANGUAGE_HOST, NAMES, PULUMI, Layout, UnavailableError

LIMIT_SECONDS = 60  # the first start of a 100 MB binary from a slow disk


def verify(layout: Layout, folder: Path) -> Version:
    """Return the version of the CLI in `folder`.

    Raises:
        UnavailableError: a tool is missing, broken or does not fit.
    """
    for name in NAMES:
        if not os.access(folder / name, os.X_OK):
            message = f"{folder} holds no executable {name}"
            raise UnavailableError(message)
    found = cli_version(layout, folder / PULUMI)
    if not layout.accepts(found):
        message = f"{folder / PULUMI} is {found}, and must be {layout.wanted}"
        raise UnavailableError(message)
    output(folder / LANGUAGE_HOST, "-help", environ=layout.tool_environ())  # it has no flag that prints a version
    return found


def cli_version(layout: Layout, pulumi: Path) -> Version:
    """Return what ``pulumi version`` prints."""
    text = output(pulumi, "version", environ=layout.tool_environ()).strip()
    try:
        return Version.parse(text.removeprefix("v"))
    except ValueError:
        message = f"`{pulumi} version` printed {text[:80]!r}, which is no version"
        raise UnavailableError(message) from None


def output(program: Path, *arguments: str, environ: Mapping[str, str]) -> str:
    """Return the standard output of a program that must end well and soon."""
    command = " ".join([str(program), *arguments])
    try:
        done = subprocess.run(
            [program, *arguments], env=environ, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=True
        )
    except subprocess.CalledProcessError as error:
        message = f"`{command}` ended with {error.returncode}: {last_line(error.stderr or error.stdout)}"
        raise UnavailableError(message) from None
    except (OSError, subprocess.TimeoutExpired) as error:
        message = f"`{command}` does not run: {error}"
        raise UnavailableError(message) from None
    return done.stdout


def last_line(text: str) -> str:
    """Return the last line that says something."""
    lines = text.strip().splitlines()
    return lines[-1] if lines else "(no output)"

"""The interpreter that the releases of a codebase run with: the sandbox's own, or that of a virtual environment."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["chosen", "problems_of"]

TIMEOUT = 60.0  # seconds
REQUIREMENTS = "requirements.txt"
REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(?:[<>=!~][^;]*)?(?:#.*)?")
LOOK = """
import importlib.metadata, importlib.util, json, sys

def installed(name):
    try:
        return bool(importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return importlib.util.find_spec(name.replace("-", "_").replace(".", "_").lower()) is not None

missing = [name for name in sys.argv[1:] if not installed(name)]
print(json.dumps({"venv": sys.prefix != sys.base_prefix, "django": installed("django"), "missing": missing}))
"""


def chosen(python: str | None) -> str:
    """The interpreter's path. ``python`` names it or its virtual environment; None: the sandbox's own."""
    if python is None:
        return sys.executable
    path = Path(python).absolute()
    return str(path if path.is_file() else path / "bin" / "python")


def problems_of(python: str | None, codebase: Path) -> Iterator[str]:
    """Why the codebase cannot run with it: there is none, or packages are missing that ``requirements.txt`` names.

    Only names are compared: versions, and lines that depend on the platform, are pip's business.
    """
    interpreter, named = chosen(python), f"--python {python}"
    try:
        found = _look(interpreter, codebase)
    except (OSError, subprocess.SubprocessError, ValueError):
        yield f"{named} is no virtual environment: there is no {interpreter} that runs"
        return
    lacks = ", ".join(found["missing"])
    if python is None:
        if lacks:
            yield f"the sandbox's own interpreter lacks {lacks}: name a virtual environment that has it with --python"
        return
    if not found["venv"]:
        yield f"{named} is no virtual environment: make one with python3 -m venv"
    if lacks:
        yield f"{named} lacks {lacks}: {interpreter} -m pip install -r {codebase / REQUIREMENTS}"
    elif not found["django"]:
        yield f"{named} has no Django: {interpreter} -m pip install django"


def _look(interpreter: str, codebase: Path) -> Any:
    command = [interpreter, "-I", "-c", LOOK, *_required(codebase / REQUIREMENTS)]
    ran = subprocess.run(command, check=True, capture_output=True, timeout=TIMEOUT)  # noqa: S603
    return json.loads(ran.stdout)


def _required(path: Path) -> Iterator[str]:
    """The names of packages; other lines (options, addresses, markers) are left out."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
    for line in lines:
        if found := REQUIREMENT.fullmatch(line):
            yield found[1]

"""The machine of a measurement: no names and no paths, but all that a number depends on."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

from tools.bench.builds import CHECKOUT

GIGABYTE = 1024**3
_MODEL = re.compile(r"^model name\s*: (.+)$", re.MULTILINE)


def described() -> str:
    """Return one line. The load is that of the minute before, which all contenders share."""
    return (
        f"{_processor()}, {os.cpu_count()} cores, {psutil.virtual_memory().total / GIGABYTE:.0f} GB;"
        f" Python {platform.python_version()}, Pulumi {_engine()} with SDK {version('pulumi')},"
        f" Mirrors {version('pulumi-mirrors')}; {datetime.now(UTC):%Y-%m-%d}, load before {os.getloadavg()[0]:.1f}"
    )


def _processor() -> str:
    """Return the processor's model on Linux, its kind on other systems."""
    try:
        found = _MODEL.search(Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    except FileNotFoundError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def _engine() -> str:
    path = os.pathsep.join([str(CHECKOUT / ".tools" / "bin"), os.environ.get("PATH", os.defpath)])
    said = subprocess.run(
        ["pulumi", "version"],  # noqa: S607 - the one that the measurements run
        env={**os.environ, "PATH": path, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        capture_output=True,
        text=True,
        check=True,
    )
    return said.stdout.strip()

"""The images: a small Debian with Python and PostgreSQL, and on it a database server and the example site."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.docker_engine.layout import CHECKOUT, Layout, UnavailableError, say

SUITE = "bookworm"
PYTHON = "3.11"
"""The Python of that suite."""

PACKAGES = ("python3", "python3-venv", "postgresql")
BASE = "mirrors-test-base"
POSTGRES = "mirrors-test-postgres:15"
ACME = "mirrors-test-acme:1"
TESTS = CHECKOUT / "tests" / "docker" / "images"
LEFT_OUT = ("./var/cache/apt/*", "./var/lib/apt/lists/*", "./usr/share/doc/*", "./usr/share/man/*")
BUILT_WITH = ("hatchling",)
"""Packages that build the companion app inside the image, which asks no registry."""


def build_images(layout: Layout, host: str) -> None:
    """Build the images. Docker builds no unchanged part again.

    Raises:
        UnavailableError: a command fails.
    """
    if not _there(host, f"{BASE}:{_name()}"):
        base = _base(layout)
        _run(host, "import", str(base), f"{BASE}:{_name()}")
    _run(
        host,
        *("build", "--quiet", "--tag", POSTGRES, "--build-arg", f"BASE={BASE}:{_name()}"),
        *("--file", str(TESTS / "postgres.Dockerfile"), str(TESTS)),
    )
    if not _there(host, f"{BASE}:wheels-{_name()}"):
        _with_wheels(host)
    _run(
        host,
        *("build", "--quiet", "--tag", ACME, "--build-arg", f"BASE={BASE}:wheels-{_name()}"),
        *("--file", str(CHECKOUT / "examples" / "acme" / "Dockerfile"), str(CHECKOUT)),
    )


def _name() -> str:
    """Return the tag of the base: other packages make another one."""
    wanted = [SUITE, *PACKAGES, (CHECKOUT / "examples" / "acme" / "requirements.txt").read_text(encoding="utf-8")]
    return hashlib.sha256("\n".join(wanted).encode()).hexdigest()[:12]


def _base(layout: Layout) -> Path:
    """Return the tree as an archive, one for all checkouts: making it takes a minute or more."""
    archive = layout.cache / f"base-{hashlib.sha256(' '.join([SUITE, *PACKAGES]).encode()).hexdigest()[:12]}.tar"
    if archive.is_file():
        return archive
    layout.cache.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="mirrors-base-", dir=layout.cache) as folder:
        root, part = Path(folder) / "root", Path(folder) / "base.tar"
        say("making a base image with debootstrap")
        _command("debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", SUITE, str(root))
        _command("tar", "-C", str(root), "-cf", str(part), *(f"--exclude={item}" for item in LEFT_OUT), ".")
        part.replace(archive)
        shutil.rmtree(root, ignore_errors=True)
    return archive


def _with_wheels(host: str) -> None:
    """Build the base with what the example site needs, fetched by this machine's pip with this machine's settings."""
    with TemporaryDirectory(prefix="mirrors-wheels-") as folder:
        wheels = Path(folder) / "wheels"
        requirements = [
            line
            for line in (CHECKOUT / "examples" / "acme" / "requirements.txt").read_text(encoding="utf-8").splitlines()
            if not line.startswith("django-mirrors")  # it is built from the checkout
        ]
        _command(
            *(sys.executable, "-m", "pip", "--quiet", "download", "--dest", str(wheels), "--only-binary=:all:"),
            *("--python-version", PYTHON, *BUILT_WITH, *requirements),
        )
        (Path(folder) / "Dockerfile").write_text(
            f"FROM {BASE}:{_name()}\nCOPY wheels /wheels\nENV PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels\n", encoding="utf-8"
        )
        _run(host, "build", "--quiet", "--tag", f"{BASE}:wheels-{_name()}", folder)


def _there(host: str, image: str) -> bool:
    asked = ["docker", "--host", host, "image", "inspect", image]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


def _run(host: str, *arguments: str) -> None:
    _command("docker", "--host", host, *arguments)


def _command(*arguments: str) -> None:
    """Run a command.

    Raises:
        UnavailableError: it fails; the message has the last lines of its output.
    """
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(arguments, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UnavailableError(f"{_shown(arguments)} failed:\n{_tail(done.stdout + done.stderr)}")


def _shown(arguments: Sequence[str]) -> str:
    return " ".join(arguments[:6])


def _tail(text: str, lines: int = 12) -> str:
    return "\n".join(text.strip().splitlines()[-lines:])

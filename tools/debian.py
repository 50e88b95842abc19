"""Packages of Debian, which only root can install."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir

__all__ = ["InstallError", "find_program", "install"]


class InstallError(Exception):
    """The packages cannot be installed here. The message says why."""


def find_program(name: str) -> str | None:
    """Return the path of an installed program, also of one that is for administrators."""
    return shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")


def install(packages: Sequence[str]) -> None:
    """Install packages, without those that they only recommend.

    Raises:
        InstallError: this is not root, there is no apt-get, or it fails.
    """
    if os.geteuid() != 0:
        raise InstallError(f"only root can install {', '.join(packages)}")
    if shutil.which("apt-get") is None:
        raise InstallError(f"there is no apt-get to install {', '.join(packages)} with")
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with _one_at_a_time():
        for arguments in (["update", "-qq"], ["install", "-qq", "--yes", "--no-install-recommends", *packages]):
            command = ["apt-get", *arguments]
            done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
            if done.returncode:
                raise InstallError(f"apt-get {arguments[0]} failed:\n{done.stderr.strip()[-1000:]}")


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Wait for another call in another process: ``apt-get update`` fails at once where one holds its lock."""
    with (Path(gettempdir()) / "mirrors-apt.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield

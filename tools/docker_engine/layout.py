"""The places of the engine of a checkout."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


class UnavailableError(Exception):
    """There is no engine to be had here; the message says why, and what would have to be there."""


def say(line: str) -> None:
    sys.stdout.write(f"docker: {line}\n")
    sys.stdout.flush()


@dataclass(frozen=True)
class Layout:
    """``state`` is the checkout's own; ``cache`` is shared by all checkouts of this user."""

    state: Path
    cache: Path

    @classmethod
    def of(cls, checkout: Path = CHECKOUT) -> Layout:
        home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        return cls(checkout / ".state" / "docker", home / "mirrors-docker")

    @property
    def host_file(self) -> Path:
        """Holds the engine's address while it is there."""
        return self.state / "host"

    @property
    def pid_file(self) -> Path:
        return self.state / "pid"

    @property
    def host(self) -> str | None:
        return self.host_file.read_text(encoding="utf-8").strip() if self.host_file.is_file() else None

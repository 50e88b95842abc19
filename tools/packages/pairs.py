"""The pairs of ``pairs.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["PAIRS", "Pair", "read_pairs"]

PAIRS = Path(__file__).with_name("pairs.toml")


class Pair(BaseModel):
    """Two releases of a package, and the smallest project that runs it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    package: str
    old: str
    new: str
    django: str
    extras: Sequence[str] = ()
    requires: Sequence[str] = ()
    """Requirements beside the package: those that it leaves to the project, and the releases that go with it."""
    apps: Sequence[str] = Field(min_length=1)
    middleware: Sequence[str] = ()
    context_processors: Sequence[str] = ()
    settings: Mapping[str, Any] = Field(default_factory=dict)

    def requirements(self, version: str) -> list[str]:
        """Return what the environment of a side needs."""
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        return [f"{self.package}{extras}=={version}", f"django=={self.django}", *self.requires]

    def project(self) -> dict[str, Any]:
        """Return what the settings of ``tools.packages.project`` read."""
        return self.model_dump(include={"apps", "middleware", "context_processors", "settings"})


def read_pairs(text: str) -> dict[str, Pair]:
    """Return the pairs by package.

    Raises:
        pydantic.ValidationError: an entry is malformed.
    """
    document = tomllib.loads(text)
    common = {"django": document["django"]}
    return {name: Pair(package=name, **{**common, **entry}) for name, entry in document["pairs"].items()}

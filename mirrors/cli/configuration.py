"""A stack's configuration as the commands read it: what the engine knows of it, beside the files that it stands in."""

import os
from pathlib import Path

from mirrors.cli.stacks import raw_configuration
from mirrors.config import Loaded, load
from mirrors.config.files import Files

__all__ = ["FLEET_KEYS", "loaded"]

FLEET_KEYS = frozenset({"fleet", "fleetFile"})


def loaded(stack: str, cwd: Path, *, secrets: bool = True) -> Loaded:
    """Without ``secrets`` nothing is decrypted unless the fleet is. Raises MirrorsError, e.g. for no such stack."""
    raw = raw_configuration(stack, cwd, secrets=secrets)
    if not secrets and not FLEET_KEYS & raw.keys():
        raw = raw_configuration(stack, cwd)
    return load(raw, stack, os.environ, Files.of(cwd, stack))

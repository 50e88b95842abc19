"""A stack's configuration as the commands read it: what the engine knows of it, beside the files that it stands in."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from mirrors.cli.stacks import NAMESPACE, of_mirrors, raw_configuration
from mirrors.config import Loaded, load
from mirrors.config.files import Files
from mirrors.problems import Problem

__all__ = ["FLEET_KEYS", "is_about_the_fleet", "loaded", "loaded_from"]

FLEET_KEYS = frozenset({"fleet", "fleetFile"})


def loaded(stack: str, cwd: Path, *, secrets: bool = True) -> Loaded:
    """Without ``secrets`` nothing is decrypted unless the fleet is. Raises MirrorsError, e.g. for no such stack."""
    raw = raw_configuration(stack, cwd, secrets=secrets)
    if not secrets and not FLEET_KEYS & raw.keys():
        raw = raw_configuration(stack, cwd)
    return _loaded(raw, stack, cwd)


def is_about_the_fleet(problem: Problem) -> bool:
    """Whether its path is one of the keys that declare the fleet, or below one."""
    key, *_ = re.split(r"[.\[]", problem.path or "")
    return key in {f"{NAMESPACE}:{name}" for name in FLEET_KEYS}


def loaded_from(configured: Mapping[str, str], stack: str, cwd: Path) -> Loaded:
    """The same of what is known already: the values of all namespaces."""
    return _loaded(of_mirrors(configured), stack, cwd)


def _loaded(raw: Mapping[str, str], stack: str, cwd: Path) -> Loaded:
    return load(raw, stack, os.environ, Files.of(cwd, stack))

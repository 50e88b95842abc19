"""A stack's configuration as the commands read it: from the engine, and from the files of the project."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from mirrors.cli.stacks import read_configuration, select_mirrors_keys
from mirrors.config import LoadedConfiguration, parse_configuration
from mirrors.config.base import CONFIG_NAMESPACE
from mirrors.config.files import ProjectFiles
from mirrors.problems import Problem

__all__ = ["FLEET_KEYS", "is_about_fleet", "load_from_values", "load_stack_configuration"]

FLEET_KEYS = frozenset({"fleet", "fleetFile"})


def load_stack_configuration(stack: str, cwd: Path, *, secrets: bool = True) -> LoadedConfiguration:
    """Load a stack's configuration.

    Args:
        secrets: Decrypt secrets. Without it Mirrors decrypts only a fleet that is itself a secret.

    Raises:
        MirrorsError: Pulumi cannot read it: for example, the stack does not exist.
    """
    raw = read_configuration(stack, cwd, secrets=secrets)
    if not secrets and not FLEET_KEYS & raw.keys():
        raw = read_configuration(stack, cwd)
    return _load_raw(raw, stack, cwd)


def is_about_fleet(problem: Problem) -> bool:
    """Return whether the problem's path is one of the keys that declare the fleet, or below one."""
    key, *_ = re.split(r"[.\[]", problem.path or "")
    return key in {f"{CONFIG_NAMESPACE}:{name}" for name in FLEET_KEYS}


def load_from_values(configured: Mapping[str, str], stack: str, cwd: Path) -> LoadedConfiguration:
    """Load a stack's configuration from values that were read before, of all namespaces."""
    return _load_raw(select_mirrors_keys(configured), stack, cwd)


def _load_raw(raw: Mapping[str, str], stack: str, cwd: Path) -> LoadedConfiguration:
    return parse_configuration(raw, stack, os.environ, ProjectFiles.find(cwd, stack))

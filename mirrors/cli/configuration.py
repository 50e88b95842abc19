"""A stack's configuration as the commands read it: from the engine, and from the files of the project."""

import os
import re
from pathlib import Path

from mirrors.cli.stacks import StackValues, read_configuration
from mirrors.config import LoadedConfiguration, Settings, parse_configuration
from mirrors.config.base import CONFIG_NAMESPACE
from mirrors.config.files import ProjectFiles
from mirrors.errors import ConfigurationError
from mirrors.problems import Problem

__all__ = ["FLEET_KEYS", "is_about_fleet", "load_from_values", "load_settings", "load_stack_configuration"]

FLEET_KEYS = frozenset({"fleet", "fleetFile"})


def load_stack_configuration(stack: str, cwd: Path, *, secrets: bool = True) -> LoadedConfiguration:
    """Load a stack's configuration.

    Args:
        secrets: Decrypt secrets, and check that they are set as such. Without it Mirrors decrypts only a fleet that is
            itself a secret.

    Raises:
        MirrorsError: Pulumi cannot read it: for example, the stack does not exist.
    """
    raw = read_configuration(stack, cwd, secrets=secrets)
    if not secrets and not FLEET_KEYS & raw.values.keys():
        raw = read_configuration(stack, cwd)
    return _load_raw(raw, stack, cwd, check_secrecy=secrets)


def load_settings(stack: str, cwd: Path) -> Settings:
    """Load a stack's configuration. Raises MirrorsError, with every problem of the configuration."""
    found = load_stack_configuration(stack, cwd)
    if found.settings is None or found.problems:
        raise ConfigurationError(*found.problems)
    return found.settings


def is_about_fleet(problem: Problem) -> bool:
    """Return whether the problem's path is one of the keys that declare the fleet, or below one."""
    key, *_ = re.split(r"[.\[]", problem.path or "")
    return key in {f"{CONFIG_NAMESPACE}:{name}" for name in FLEET_KEYS}


def load_from_values(configured: StackValues, stack: str, cwd: Path) -> LoadedConfiguration:
    """Load a stack's configuration from values that were read before, of all namespaces."""
    return _load_raw(configured.of_mirrors(), stack, cwd)


def _load_raw(raw: StackValues, stack: str, cwd: Path, *, check_secrecy: bool = True) -> LoadedConfiguration:
    secret = raw.secret_keys if check_secrecy else None
    return parse_configuration(raw.values, stack, os.environ, ProjectFiles.find(cwd, stack), secret)

"""A stack's configuration as the commands read it: from the engine, and from the files of the project."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from mirrors.cli.program_fleets import choose_program_fleet, read_program_fleets
from mirrors.cli.stacks import StackValues, read_configuration
from mirrors.config import FleetSettings, LoadedConfiguration, Settings, parse_configuration
from mirrors.config.files.project_files import ProjectFiles
from mirrors.config.models.base import CONFIG_NAMESPACE
from mirrors.config.program_fleet import ProgramFleet, declares_fleet
from mirrors.errors import ConfigurationError
from mirrors.problems import Problem

__all__ = [
    "is_about_fleet",
    "load_all_settings",
    "load_each_fleet",
    "load_fleet",
    "load_from_raw",
    "load_stack_configuration",
    "require_settings",
]


def load_stack_configuration(
    stack: str, cwd: Path, *, secrets: bool = True, fleet: str | None = None
) -> LoadedConfiguration:
    """Load the configuration of a stack's fleet. The state has the fleet if the configuration declares none.

    Args:
        secrets: Decrypt secrets, and check that they are set as such. Without it Mirrors decrypts only a fleet that is
            itself a secret.
        fleet: The name of a ``Fleet`` of the program. Without it the stack must have one fleet.

    Raises:
        MirrorsError: Pulumi cannot read it: for example, the stack does not exist. Or the stack has several fleets.
    """
    raw = read_configuration(stack, cwd, secrets=secrets)
    if not secrets and not declares_fleet(raw.values):
        raw = read_configuration(stack, cwd)
    declared = choose_program_fleet(raw.values.keys(), stack, cwd, fleet)
    return load_from_raw(raw, stack, cwd, check_secrecy=secrets, declared=declared)


def load_all_settings(stack: str, cwd: Path, fleet: str | None = None) -> tuple[Settings, ...]:
    """Load the configuration of each fleet of a stack, or of the named one.

    Raises:
        MirrorsError: Pulumi cannot read it, or it has problems. The error has every one of them.
    """
    return tuple(map(require_settings, load_each_fleet(read_configuration(stack, cwd), stack, cwd, fleet)))


def load_each_fleet(raw: StackValues, stack: str, cwd: Path, fleet: str | None = None) -> list[LoadedConfiguration]:
    """Load the configuration of each fleet of a stack, or of the named one, from values that were read before."""
    return [load_from_raw(raw, stack, cwd, item) for item in _find_declared_fleets(raw, stack, cwd, fleet)]


def _find_declared_fleets(raw: StackValues, stack: str, cwd: Path, fleet: str | None) -> Sequence[ProgramFleet | None]:
    """Return each fleet of a stack, or the named one. None is the fleet of the configuration."""
    if fleet is None and not declares_fleet(raw.values):
        return [*read_program_fleets(stack, cwd).values()] or [None]
    return [choose_program_fleet(raw.values.keys(), stack, cwd, fleet)]


def load_fleet(stack: str, cwd: Path, fleet: str | None = None) -> tuple[FleetSettings, str | None]:
    """Return the declared fleet, and the name of the ``Fleet`` whose arguments declare it; None if a file does.

    Secrets stay encrypted where the fleet has none.

    Raises:
        ConfigurationError: The configuration declares no valid fleet.
    """
    found = load_stack_configuration(stack, cwd, secrets=False, fleet=fleet)
    problems = [problem for problem in found.problems if is_about_fleet(problem)]
    if found.fleet is None or problems:
        raise ConfigurationError(*problems)
    return found.fleet, found.program_fleet


def load_from_raw(
    raw: StackValues, stack: str, cwd: Path, declared: ProgramFleet | None = None, *, check_secrecy: bool = True
) -> LoadedConfiguration:
    """Load the configuration of a fleet from values that were read before, of the namespace ``mirrors``.

    Args:
        declared: The fleet of the program's arguments; None for the configured one.
        check_secrecy: Check that secrets are set as such.
    """
    secret = raw.secret_keys if check_secrecy else None
    return parse_configuration(raw.values, stack, os.environ, ProjectFiles.find(cwd, stack), secret, declared)


def require_settings(found: LoadedConfiguration) -> Settings:
    """Return the settings. Raises ConfigurationError, with every problem of the configuration."""
    if found.settings is None or found.problems:
        raise ConfigurationError(*found.problems)
    return found.settings


def is_about_fleet(problem: Problem) -> bool:
    """Return whether the problem's path is one of the keys that declare the fleet, or below one."""
    key, *_ = re.split(r"[.\[]", problem.path or "")
    namespace, _, name = key.partition(":")
    return namespace == CONFIG_NAMESPACE and declares_fleet((name,))

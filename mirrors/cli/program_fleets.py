"""The fleets that a program declares in arguments, as the stack's state remembers them."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from mirrors.cli.state import StackState
from mirrors.config.messages.wording import suggest_known
from mirrors.config.program_fleet import ProgramFleet, declares_fleet
from mirrors.errors import MirrorsError
from mirrors.problems import Problem

__all__ = [
    "choose_named_fleet",
    "choose_program_fleet",
    "fleet_in_program_error",
    "read_program_fleets",
    "several_fleets_error",
]

FIRST_UPDATE = "Leave out --fleet if the configuration declares the fleet. If the program does, run mirrors up first"
"""The remedy for a state without a fleet of a program."""


def read_program_fleets(stack: str, cwd: Path) -> dict[str, ProgramFleet]:
    """Return {name: fleet} as the last update declared them. Raises MirrorsError if Pulumi cannot read the state."""
    return StackState.of(stack, cwd).program_fleets


def choose_program_fleet(keys: Collection[str], stack: str, cwd: Path, name: str | None) -> ProgramFleet | None:
    """Return the fleet of the program to work on; None for the configured fleet.

    Args:
        keys: The keys of the configuration that are set.
        name: The name that the user gave; None without one.

    Raises:
        MirrorsError: There are several fleets and no name, or no fleet of this name.
    """
    if name is None and declares_fleet(keys):
        return None
    found = read_program_fleets(stack, cwd)
    return choose_named_fleet(found, f"the state of the stack {stack}", name) if found or name else None


def choose_named_fleet(found: Mapping[str, ProgramFleet], where: str, name: str | None) -> ProgramFleet:
    """Return the named fleet; without a name the only one.

    Args:
        found: {name: fleet}.
        where: The place that has the fleets, for messages.
        name: The name that the user gave; None without one.

    Raises:
        MirrorsError: There are several fleets and no name, or no fleet of this name.
    """
    if name is None and len(found) > 1:
        raise several_fleets_error(where, found)
    chosen = found.get(name) if name is not None else next(iter(found.values()))
    if chosen is None:
        said = f"{where} has no fleet {name} that its program declares in arguments."
        raise MirrorsError(Problem("unknown-fleet", said, suggest_known(str(name), found) if found else FIRST_UPDATE))
    return chosen


def several_fleets_error(where: str, names: Iterable[str]) -> MirrorsError:
    """Return the error of a command that works on one fleet, and does not know on which."""
    said = f"{where} has several fleets: {', '.join(names)}."
    return MirrorsError(Problem("several-fleets", said, "Name one with --fleet"))


def fleet_in_program_error(fleet: str, remedy: str) -> MirrorsError:
    """Return the error of a command that would edit a file, although the program declares the fleet."""
    said = f"the program declares the fleet {fleet} in arguments, so no file has it. Nothing was written."
    return MirrorsError(Problem("fleet-in-program", said, remedy))

"""Plan the writes that make an environment's variables as declared, in a safe order."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from mirrors.planning.observed import ObservedVariable
from mirrors.planning.variables.names import DATABASE_URL, SITE_ID, SITE_VARIABLES, sort_for_removal, sort_for_writing

PROVIDER_PROPERTY = "__provider"
"""The property in which Pulumi's SDK keeps a provider's class."""


@dataclass(frozen=True, slots=True)
class DesiredVariable:
    """A value to set. ``sensitive`` is the platform's flag: the platform does not show a sensitive value again."""

    value: str = field(repr=False)
    sensitive: bool


@dataclass(frozen=True, slots=True)
class VariableWrite:
    """One request to write a variable. ``verify``: Mirrors reads it back before it sends the next one."""

    kind: Literal["create", "update", "delete"]
    name: str
    desired: DesiredVariable | None = None
    verify: bool = False


def is_different(desired: DesiredVariable, live: ObservedVariable | None, written: str | None) -> bool:
    """Return whether the platform's variable is not as declared.

    Args:
        desired: The declared variable.
        live: The platform's variable; None where there is none.
        written: The value that Mirrors wrote last, if known. It counts where the platform hides the value.
    """
    if live is None or live.sensitive != desired.sensitive:
        return True
    return (written if live.value is None else live.value) != desired.value


def plan_writes(
    desired: Mapping[str, DesiredVariable],
    live: Mapping[str, ObservedVariable],
    written: Mapping[str, str],
    obsolete: Collection[str] = (),
) -> list[VariableWrite]:
    """Plan the writes of one environment in their safe order.

    Removals come first, DATABASE_URL before the others. Then Mirrors writes SITE_ID and reads it back, and it writes
    DATABASE_URL last. A DATABASE_URL from before Mirrors stays, and then SITE_ID and MIRRORS_APPLICATION stay too.

    Args:
        desired: The declared variables.
        live: The platform's variables.
        written: {name: value} of the values that Mirrors wrote.
        obsolete: The names that Mirrors created and that are no longer declared.
    """
    keeps_database = DATABASE_URL in live and DATABASE_URL not in obsolete
    going = set(obsolete) - set(desired) - (set(SITE_VARIABLES) if keeps_database else set())
    removals = [VariableWrite("delete", name) for name in sort_for_removal(going) if name in live]
    changes = [
        VariableWrite("update" if name in live else "create", name, desired[name], verify=name == SITE_ID)
        for name in sort_for_writing(desired)
        if is_different(desired[name], live.get(name), written.get(name))
    ]
    return removals + changes


def find_unwritten(desired: Mapping[str, DesiredVariable], live: Mapping[str, ObservedVariable]) -> list[str]:
    """Return the names that are absent after writing, have another flag, or another plain value."""
    values = {name: item.value for name, item in desired.items()}
    flagged = {name for name, item in desired.items() if name in live and live[name].sensitive != item.sensitive}
    return sort_for_writing({*find_unset(values, live), *flagged})


def find_unset(declared: Mapping[str, str], live: Mapping[str, ObservedVariable]) -> list[str]:
    """Return the names that an environment lacks, or has with another plain value."""
    return [
        name
        for name in sort_for_writing(declared)
        if (observed := live.get(name)) is None or observed.value not in (None, declared[name])
    ]


def compare_values(
    declared: Mapping[str, str], running: Mapping[str, str | None], secrets: Collection[str] = ()
) -> tuple[list[str], list[str]]:
    """Compare declared values with the deployed ones.

    Args:
        declared: {name: value} as declared.
        running: {name: value} that a deployment runs with; None for a hidden value.
        secrets: The names that the platform may leave out of ``running``.

    Returns:
        The names that differ, and the names whose values the platform hides.
    """
    shown = _with_hidden(running, secrets)
    hidden = [name for name in declared if name in shown and shown[name] is None]
    different = [name for name, value in declared.items() if name not in hidden and shown.get(name) != value]
    return sort_for_writing(different), sort_for_writing(hidden)


def pick_deployed_values(
    names: Iterable[str], running: Mapping[str, str | None], secrets: Collection[str] = ()
) -> dict[str, str | None]:
    """Return {name: value} of these names that a deployment runs with; None for a hidden value."""
    shown = _with_hidden(running, secrets)
    return {name: shown[name] for name in names if name in shown}


def _with_hidden(running: Mapping[str, str | None], secrets: Collection[str]) -> Mapping[str, str | None]:
    """Return the deployed variables with None for those that the platform left out.

    A platform may leave sensitive variables out instead of hiding their values, and then it leaves out all of them.
    So if it shows one of them, another that is absent is really absent. DATABASE_URL always exists, since the
    platform gives each mirror one.
    """
    if any(name in running for name in secrets):
        return running
    return {**dict.fromkeys(secrets), **running}

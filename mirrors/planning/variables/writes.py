"""What an environment's variables shall be, and the writes that make them so."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from mirrors.planning.observed import ObservedVariable
from mirrors.planning.variables.names import DATABASE_URL, OWN, SITE_ID, removal_order, write_order

PROVIDER = "__provider"
"""The property in which the SDK keeps a provider's class."""


@dataclass(frozen=True, slots=True)
class Desired:
    """A value to set; ``sensitive`` is the platform's flag: a sensitive value cannot be read back."""

    value: str = field(repr=False)
    sensitive: bool


@dataclass(frozen=True, slots=True)
class Write:
    """One request. ``verify`` asks for reading it back before the next one is sent."""

    kind: Literal["create", "update", "delete"]
    name: str
    desired: Desired | None = None
    verify: bool = False


def differs(desired: Desired, live: ObservedVariable | None, written: str | None) -> bool:
    """Whether the platform's variable is not as declared.

    ``written`` is the value that we know to have written, if any: it stands in for a value that is not shown.
    """
    if live is None or live.sensitive != desired.sensitive:
        return True
    return (written if live.value is None else live.value) != desired.value


def plan_writes(
    desired: Mapping[str, Desired],
    live: Mapping[str, ObservedVariable],
    written: Mapping[str, str],
    obsolete: Collection[str] = (),
) -> list[Write]:
    """The writes in their safe order: what goes, from DATABASE_URL on; then SITE_ID, read back; DATABASE_URL last.

    Where DATABASE_URL stays, because it was there before us, so does what says whose site it serves.
    """
    keeps_database = DATABASE_URL in live and DATABASE_URL not in obsolete
    going = set(obsolete) - set(desired) - (set(OWN) if keeps_database else set())
    removals = [Write("delete", name) for name in removal_order(going) if name in live]
    changes = [
        Write("update" if name in live else "create", name, desired[name], verify=name == SITE_ID)
        for name in write_order(desired)
        if differs(desired[name], live.get(name), written.get(name))
    ]
    return removals + changes


def not_as_declared(desired: Mapping[str, Desired], live: Mapping[str, ObservedVariable]) -> list[str]:
    """Names that a read-back shows otherwise than declared: absent, flagged otherwise, or with another plain value."""
    values = {name: item.value for name, item in desired.items()}
    flagged = {name for name, item in desired.items() if name in live and live[name].sensitive != item.sensitive}
    return write_order({*not_set(values, live), *flagged})


def not_set(declared: Mapping[str, str], live: Mapping[str, ObservedVariable]) -> list[str]:
    """Names that an environment does not have, or has with another plain value."""
    return [
        name
        for name in write_order(declared)
        if (seen := live.get(name)) is None or seen.value not in (None, declared[name])
    ]


def different_names(
    declared: Mapping[str, str], running: Mapping[str, str | None], secrets: Collection[str] = ()
) -> tuple[list[str], list[str]]:
    """Compare declared values with the frozen ones of a deployment: (names that differ, names that are not shown)."""
    shown = _with_hidden(running, secrets)
    hidden = [name for name in declared if name in shown and shown[name] is None]
    different = [name for name, value in declared.items() if name not in hidden and shown.get(name) != value]
    return write_order(different), write_order(hidden)


def running_values(
    names: Iterable[str], running: Mapping[str, str | None], secrets: Collection[str] = ()
) -> dict[str, str | None]:
    """What a deployment runs with of these names; None for a value that is not shown."""
    shown = _with_hidden(running, secrets)
    return {name: shown[name] for name in names if name in shown}


def _with_hidden(running: Mapping[str, str | None], secrets: Collection[str]) -> Mapping[str, str | None]:
    """A platform may leave sensitive variables out of a deployment's instead of hiding their values.

    Then it leaves out all of them. Where one is shown, another that is absent is really absent; and DATABASE_URL is
    always there, since a mirror has one of its own from the platform.
    """
    if any(name in running for name in secrets):
        return running
    return {**dict.fromkeys(secrets), **running}

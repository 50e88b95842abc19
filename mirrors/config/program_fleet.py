"""A fleet that a program declares in arguments: data in place of the configuration's own."""

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Self

from mirrors.config.known_later import KnownLater
from mirrors.config.messages.wording import format_path
from mirrors.problems import Problem

__all__ = ["DECLARATION_OUTPUT", "PROGRAM_KEYS", "ProgramFleet", "declares_fleet"]

PROGRAM_KEYS = frozenset({"fleet", "fleetFile", "overrides", "secrets", "sharedValues"})
"""The keys at the top of the configuration that belong to one fleet. The arguments of a ``Fleet`` replace them."""

DECLARATION_OUTPUT = "declaration"
"""The output of a ``Fleet`` with arguments: ``{fleet, knownLater}``. ``ProgramFleet.from_state`` reads it."""


def declares_fleet(keys: Iterable[str]) -> bool:
    """Return whether one of the keys at the top of the configuration declares a fleet."""
    return not {"fleet", "fleetFile"}.isdisjoint(keys)


@dataclass(frozen=True)
class ProgramFleet:
    """A fleet as its program declares it.

    Args:
        name: The name of the ``Fleet``.
        fleet: The value of ``mirrors:fleet``, in the keys of a user's file. An ``Output`` is a ``KnownLater``.
        shared_values: The value of ``mirrors:sharedValues``.
        problems: The problems that the keys alone do not show.
    """

    name: str
    fleet: dict[str, Any] = field(repr=False)
    shared_values: dict[str, Any] = field(default_factory=dict, repr=False)
    problems: tuple[Problem, ...] = ()

    @classmethod
    def from_state(cls, name: str, output: Mapping[str, Any]) -> Self:
        """Return the fleet that the last update declared. The values of its Outputs are not known here."""
        fleet = deepcopy(dict(output["fleet"]))
        for *holders, key in output.get("knownLater") or ():
            holder: Any = fleet
            for step in holders:
                holder = holder[int(step)] if isinstance(holder, list) else holder.setdefault(step, {})
            holder[key] = KnownLater()
        return cls(name, fleet)

    @property
    def data(self) -> dict[str, Any]:
        """The keys at the top of the configuration that the arguments give."""
        return {"fleet": self.fleet, **({"sharedValues": self.shared_values} if self.shared_values else {})}

    @property
    def slugs(self) -> tuple[str, ...]:
        """The slugs of all sites, the original first. It takes a fleet that an update has declared."""
        sites = (self.fleet["original"], *(self.fleet.get("mirrors") or ()))
        return tuple(str(site["application"]) for site in sites)

    def drop_fleet_keys(self, raw: Mapping[str, str]) -> dict[str, str]:
        """Return the configuration without the keys that belong to another fleet, the configured one."""
        return {key: value for key, value in raw.items() if key not in PROGRAM_KEYS}

    def find_unread_keys(self, keys: Iterable[str]) -> Iterator[Problem]:
        """Yield a problem for each key that no fleet reads, because the configuration declares none."""
        keys = frozenset(keys)
        if declares_fleet(keys):
            return
        for key in sorted(keys & PROGRAM_KEYS):
            yield Problem(
                "key-without-effect",
                f"the program declares the fleet {self.name} in arguments, so Mirrors does not read this key.",
                "Pass its values in the arguments, and remove it here",
                path=format_path((key,)),
            )

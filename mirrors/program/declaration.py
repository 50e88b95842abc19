"""Arguments as the data that the models check, and as the data that the state remembers of them."""

from collections.abc import Awaitable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, fields
from typing import Any

import pulumi
from pydantic.alias_generators import to_camel

from mirrors.config.known_later import KnownLater
from mirrors.config.messages.argument_paths import MAPS_BY_NAME
from mirrors.config.messages.wording import problem_at
from mirrors.config.models.base import KeyPath
from mirrors.config.program_fleet import ProgramFleet
from mirrors.problems import Problem
from mirrors.program.arguments import FleetArgs, FleetArgsDict, MirrorArgs, OriginalArgs

__all__ = ["make_program_fleet"]

_MAPS_BY_NAME = frozenset(map(to_camel, MAPS_BY_NAME))


def make_program_fleet(name: str | None, args: FleetArgs | FleetArgsDict) -> ProgramFleet:
    """Return a fleet's arguments with the keys of ``mirrors:fleet``.

    The models check them later. Here only a key is refused that an object has in two spellings.

    Args:
        name: The name of the ``Fleet``; None for that of its original.
    """
    conversion = _Conversion()
    data = conversion.convert(args, ("fleet",))
    arguments = data if isinstance(data, dict) else {}
    shared_values, original = arguments.pop("sharedValues", {}), arguments.get("original")
    own = original.get("application") if isinstance(original, dict) else None
    return ProgramFleet(name or str(own), data, shared_values, tuple(conversion.problems))


@dataclass(frozen=True)
class _Conversion:
    """A conversion to the data that YAML would give. A value that it does not know stays, and the models refuse it."""

    problems: list[Problem] = field(default_factory=list)

    def convert(self, value: Any, place: KeyPath) -> Any:
        if isinstance(value, pulumi.Output | Awaitable):
            return KnownLater(pulumi.Output.from_input(value))
        if isinstance(value, Mapping) and place[-1] in _MAPS_BY_NAME:
            return {str(name): self.convert(item, (*place, str(name))) for name, item in value.items()}
        if isinstance(value, Mapping | FleetArgs | OriginalArgs | MirrorArgs):
            return self._convert_object(value, place)
        if isinstance(value, Iterable) and not isinstance(value, str | bytes):
            items = sorted(value, key=_rank) if isinstance(value, Set) else value
            return [self.convert(item, (*place, number)) for number, item in enumerate(items)]
        return value

    def _convert_object(self, value: Any, place: KeyPath) -> dict[str, Any]:
        """Return the keys that are set, in camelCase. None means absent, as null does in YAML."""
        found: dict[str, Any] = {}
        for name, item in _list_items(value):
            key = to_camel(name)
            if key in found and item is not None:
                said = "the key is set twice, once in another spelling."
                self.problems.append(problem_at((*place, key), "key-written-twice", said, "Remove one of the two"))
            elif item is not None:
                found[key] = self.convert(item, (*place, key))
        return found


def _list_items(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        yield from ((str(key), item) for key, item in value.items())
    else:
        yield from ((item.name, getattr(value, item.name)) for item in fields(value))


def _rank(item: Any) -> tuple[int, str]:
    """Return a sort key for the items of a set, which has no order: numbers by size, others by their text."""
    return (item if isinstance(item, int) else 0, repr(item))

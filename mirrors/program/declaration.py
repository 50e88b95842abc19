"""Arguments as the data that the models check, and as the data that the state remembers of them."""

from collections.abc import Awaitable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

import pulumi
from pydantic.alias_generators import to_camel

from mirrors.config.known_later import KnownLater
from mirrors.config.messages.argument_paths import MAPS_BY_NAME
from mirrors.config.program_fleet import ProgramFleet
from mirrors.program.arguments import FleetArgs, FleetArgsDict, MirrorArgs, OriginalArgs

__all__ = ["make_program_fleet"]


def make_program_fleet(name: str | None, args: FleetArgs | FleetArgsDict) -> ProgramFleet:
    """Return a fleet's arguments with the keys of ``mirrors:fleet``. Nothing is checked here.

    Args:
        name: The name of the ``Fleet``; None for that of its original.
    """
    data = _convert_object(args)
    shared_values = data.pop("sharedValues", {})
    original = data.get("original")
    own = original.get("application") if isinstance(original, dict) else None
    return ProgramFleet(name or str(own), data, shared_values)


def _convert_object(value: Any) -> dict[str, Any]:
    """Return the keys that are set, in camelCase. None means absent, as null does in YAML."""
    return {to_camel(key): _convert(item, key) for key, item in _list_items(value) if item is not None}


def _list_items(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        yield from ((str(key), item) for key, item in value.items())
    else:
        yield from ((item.name, getattr(value, item.name)) for item in fields(value))


def _convert(value: Any, key: str = "") -> Any:
    if isinstance(value, pulumi.Output | Awaitable):
        return KnownLater(pulumi.Output.from_input(value))
    if isinstance(value, Mapping) and key in MAPS_BY_NAME:
        return {str(name): _convert(item) for name, item in value.items()}
    if isinstance(value, Mapping | FleetArgs | OriginalArgs | MirrorArgs):
        return _convert_object(value)
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_convert(item) for item in value]
    return value

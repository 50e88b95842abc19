"""The declaration of a fleet in arguments, as the state remembers it for the commands. It holds no ``Output``'s value.

The configuration declares no such fleet, so ``mirrors status`` and the other commands read it in the state.
"""

from collections.abc import Mapping
from typing import Any

from mirrors.config.known_later import KnownLater
from mirrors.config.models.base import walk_values
from mirrors.config.program_fleet import DECLARATION_OUTPUT, ProgramFleet
from mirrors.problems.events import report_fleet

__all__ = ["describe_declaration", "report_declaration"]


def describe_declaration(declared: ProgramFleet) -> dict[str, Any]:
    """Return the outputs of a ``Fleet`` with arguments: the fleet in clear, and the places of its Outputs."""
    places = [list(map(str, place)) for place, item in walk_values(declared.fleet) if isinstance(item, KnownLater)]
    return {DECLARATION_OUTPUT: {"fleet": _drop_later(declared.fleet), "knownLater": places}}


def report_declaration(name: str, outputs: Mapping[str, Any]) -> None:
    """Report the fleet to the command that started the program. An earlier state may lack it."""
    report_fleet(name, outputs[DECLARATION_OUTPUT])


def _drop_later(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _drop_later(item) for key, item in value.items() if not isinstance(item, KnownLater)}
    return [_drop_later(item) for item in value] if isinstance(value, list) else value

"""Infrastructure as code for multi-site Django projects: one codebase, one original, many mirrors.

>>> from mirrors import Fleet  # in the __main__.py of a Pulumi project
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mirrors.fleet import Fleet
    from mirrors.program.arguments import (
        FleetArgs,
        FleetArgsDict,
        MirrorArgs,
        MirrorArgsDict,
        OriginalArgs,
        OriginalArgsDict,
    )
    from mirrors.program.outputs import FleetSite
    from mirrors.program.refusal import FleetRefusedError

__all__ = [
    "Fleet",
    "FleetArgs",
    "FleetArgsDict",
    "FleetRefusedError",
    "FleetSite",
    "MirrorArgs",
    "MirrorArgsDict",
    "OriginalArgs",
    "OriginalArgsDict",
]

_MODULES = {"Fleet": "fleet", "FleetSite": "program.outputs", "FleetRefusedError": "program.refusal"}


def __getattr__(name: str) -> Any:
    """Import a public name, and Pulumi with it, on first use. The sandbox and the commands do without."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"mirrors.{_MODULES.get(name, 'program.arguments')}"), name)

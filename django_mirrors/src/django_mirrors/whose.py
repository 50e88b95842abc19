"""Whose code an object runs: Django's, or somebody's that can do anything. By the classes, never by their names.

A subclass of a Django class is Django's in what it leaves alone. What it overrides, and Django calls, is its own.
"""

from __future__ import annotations

import sys
from functools import cache
from inspect import getattr_static, isfunction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

__all__ = ["comes_from", "djangos", "overridden"]

PLAIN = frozenset(
    {
        *("__annotate__", "__annotate_func__", "__annotations__", "__annotations_cache__", "__dict__", "__doc__"),
        *("__firstlineno__", "__init__", "__module__", "__orig_bases__", "__parameters__", "__qualname__", "__repr__"),
        *("__slots__", "__static_attributes__", "__str__", "__weakref__"),
    }
)
"""What any class has, and ``__init__``: what that sets is in the object, and is looked at there."""


@cache
def comes_from(cls: Any, module: str) -> bool:
    """Whether ``module`` (or one below it) really has this class: ``__module__`` and a name are quickly given."""
    name = cls.__module__
    if name not in sys.modules or not f"{name}.".startswith(f"{module}."):
        return False
    found: Any = sys.modules[name]
    for part in cls.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is cls


def djangos(thing: object) -> type:
    """The next class among those of ``thing`` that is Django's; ``object`` if none is."""
    return next((cls for cls in type(thing).__mro__ if comes_from(cls, "django")), object)


def overridden(thing: object) -> AbstractSet[str]:
    """Names that Django may use of ``thing``, and that are not Django's there, in its classes or in itself."""
    cls: Any = type(thing)
    return _overridden(cls) | (_methods(cls) & getattr(thing, "__dict__", {}).keys())


@cache
def _overridden(cls: Any) -> frozenset[str]:
    own, known = set[str](), {"__getattr__"}
    for one in cls.__mro__:
        if comes_from(one, "django"):
            known.update(dir(one))
        elif not any(comes_from(one, module) for module in ("builtins", "typing", "abc")):
            own.update(vars(one))
    return frozenset((own & known) - PLAIN)


@cache
def _methods(cls: Any) -> frozenset[str]:
    """Looked at and not asked for: what a class gives for a name may be an error."""
    found = ((name, getattr_static(cls, name, None)) for name in dir(cls))
    return (
        frozenset(name for name, item in found if isfunction(item.__func__ if isinstance(item, staticmethod) else item))
        - PLAIN
    )

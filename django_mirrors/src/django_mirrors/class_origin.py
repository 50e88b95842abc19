"""The origin of the code that an object runs: Django's, or custom code with any effect.

The classes decide, never their names. A subclass of a Django class counts as Django's where it overrides nothing that
Django calls.
"""

from __future__ import annotations

import sys
from functools import cache
from inspect import getattr_static, isfunction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

__all__ = ["django_base", "is_defined_in", "overridden_names"]

PLAIN = frozenset(
    {
        *("__annotate__", "__annotate_func__", "__annotations__", "__annotations_cache__", "__dict__", "__doc__"),
        *("__firstlineno__", "__init__", "__module__", "__orig_bases__", "__parameters__", "__qualname__", "__repr__"),
        *("__slots__", "__static_attributes__", "__str__", "__weakref__"),
    }
)
"""Names that any class has, and ``__init__``: what ``__init__`` sets is in the object, where it is compared."""


@cache
def is_defined_in(cls: Any, module: str) -> bool:
    """Return whether ``module`` (or one below it) really contains this class: any class can set ``__module__``."""
    name = cls.__module__
    if name not in sys.modules or not f"{name}.".startswith(f"{module}."):
        return False
    found: Any = sys.modules[name]
    for part in cls.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is cls


def django_base(thing: object) -> type:
    """Return the first class of the object's class hierarchy that is Django's, or ``object``."""
    return next((cls for cls in type(thing).__mro__ if is_defined_in(cls, "django")), object)


def overridden_names(thing: object) -> AbstractSet[str]:
    """Return the names that Django may use, and that the object or its classes override."""
    cls: Any = type(thing)
    return _overridden(cls) | (_methods(cls) & getattr(thing, "__dict__", {}).keys())


@cache
def _overridden(cls: Any) -> frozenset[str]:
    own, known = set[str](), {"__getattr__"}
    for one in cls.__mro__:
        if is_defined_in(one, "django"):
            known.update(dir(one))
        elif not any(is_defined_in(one, module) for module in ("builtins", "typing", "abc")):
            own.update(vars(one))
    return frozenset((own & known) - PLAIN)


@cache
def _methods(cls: Any) -> frozenset[str]:
    """Return the names of the class's methods, read statically: an attribute access may raise an error."""
    found = ((name, getattr_static(cls, name, None)) for name in dir(cls))
    return (
        frozenset(name for name, item in found if isfunction(item.__func__ if isinstance(item, staticmethod) else item))
        - PLAIN
    )

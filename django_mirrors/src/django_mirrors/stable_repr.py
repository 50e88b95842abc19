"""Arguments of a field or a constraint as text to compare, equal in every process.

Django's ``repr`` of an expression leaves out what decides about its SQL: the collation of ``Collate``, the type of
``Cast``, the key of ``KeyTransform``. So an object that migrations can write down is shown as its constructor call.
"""

from __future__ import annotations

import re
from copy import copy
from typing import Any

from django.db.models import Q

__all__ = ["class_path", "stable_repr"]


def stable_repr(value: object) -> str:
    """Return ``repr`` with constructor calls and sorted sets, without addresses. If it fails, return the class."""
    try:
        return re.sub(r" at 0x[0-9a-f]+", "", repr(_ordered(value)))
    except Exception:  # noqa: BLE001 - a custom `__repr__` may raise anything
        return f"<{class_path(value)}>"


def class_path(thing: object) -> str:
    """Return ``shop.fields.Money`` for an object of this class."""
    return f"{type(thing).__module__}.{type(thing).__qualname__}"


class _Ordered(frozenset):  # type: ignore[type-arg]
    def __repr__(self) -> str:
        return f"{{{', '.join(sorted(map(repr, self)))}}}"


def _ordered(value: Any) -> Any:
    """Return the value with sorted sets and constructor calls: the order of a set differs between processes."""
    if isinstance(value, (set, frozenset)):
        return _Ordered(value)
    if type(value) in (list, tuple):
        return type(value)(map(_ordered, value))
    if isinstance(value, dict):
        return {key: _ordered(item) for key, item in value.items()}
    if isinstance(value, Q):
        made = copy(value)
        made.children = [_ordered(child) for child in value.children]
        return made
    return _constructed(value) or value


class _Text(str):
    """A text that is shown as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _constructed(value: Any) -> _Text | None:
    """Return the constructor call that a migration would write, or None for what is written in another way."""
    if isinstance(value, type) or not hasattr(value, "deconstruct"):
        return None
    try:
        *_, path, arguments, options = value.deconstruct()  # a field's begins with its name
        given = [repr(_ordered(item)) for item in arguments]
        given += [f"{key}={_ordered(item)!r}" for key, item in sorted(options.items())]
    except Exception:  # noqa: BLE001 - Django refuses a class inside a function
        return None
    name = path.rpartition(".")[2] if path.startswith("django.") else path
    return _Text(f"{name}({', '.join(given)})")

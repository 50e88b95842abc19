"""Arguments of a field or a constraint as text to compare, equal in every process."""

from __future__ import annotations

import re
from copy import copy
from typing import Any

from django.db.models import Q

__all__ = ["class_path", "stable_repr"]


def stable_repr(value: object) -> str:
    """Return ``repr`` without memory addresses, and with sorted sets. If it fails, return the class."""
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
    """Return the value with all its sets sorted: their order differs between processes."""
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
    if hasattr(value, "get_source_expressions"):
        made = copy(value)
        made.set_source_expressions([_ordered(inner) for inner in value.get_source_expressions()])
        return made
    return value

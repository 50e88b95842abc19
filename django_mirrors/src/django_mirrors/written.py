"""What somebody has given to a field or a constraint, as text to compare: the same in every process."""

from __future__ import annotations

import re
from copy import copy
from typing import Any

from django.db.models import Q

__all__ = ["path", "written"]


def written(value: object) -> str:
    """Without addresses in memory, and with sets in order. What cannot be shown is known by its class alone."""
    try:
        return re.sub(r" at 0x[0-9a-f]+", "", repr(_ordered(value)))
    except Exception:  # noqa: BLE001 - anybody's `__repr__`, which Django needs not
        return f"<{path(value)}>"


def path(thing: object) -> str:
    """``shop.fields.Money`` for an object of this class."""
    return f"{type(thing).__module__}.{type(thing).__qualname__}"


class _Ordered(frozenset):  # type: ignore[type-arg]
    def __repr__(self) -> str:
        return f"{{{', '.join(sorted(map(repr, self)))}}}"


def _ordered(value: Any) -> Any:
    """The same, with each set in it in order: Python has them in another one in each process."""
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

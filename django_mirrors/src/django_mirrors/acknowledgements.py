"""What somebody has looked at and takes responsibility for: the setting ``MIRRORS_ACKNOWLEDGED``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Acknowledgement", "read_acknowledgements"]


@dataclass(frozen=True)
class Acknowledgement:
    """``migration`` is ``app.name``, or ``app.*`` for a range of versions of the distribution that brings the app."""

    migration: str
    reason: str
    expires: date  # the last day on which it holds


def read_acknowledgements(setting: Mapping[str, Any] | None = None) -> Sequence[Acknowledgement]:
    """Those that apply to the installed versions, expired ones included; of the setting by default.

    :raises django.core.exceptions.ImproperlyConfigured: names the key, what it got and what it takes
    """
    raise NotImplementedError

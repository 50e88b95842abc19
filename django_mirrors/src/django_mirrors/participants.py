"""Who takes part in a decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django_mirrors.declaration import Declaration

__all__ = ["SiteDeclaration", "UnknownSite"]


@dataclass(frozen=True)
class SiteDeclaration:
    """What one image of one site needs. ``state`` is ``pending`` (it may start) or ``running``."""

    site_id: int
    application: str
    state: str
    declaration: Declaration


@dataclass(frozen=True)
class UnknownSite:
    """A ``Site`` row, or an id that somebody has claimed, without a declaration: nobody knows what its code needs."""

    site_id: int
    name: str = ""  # the site's domain, for people
    own: bool = False  # the deploying site itself: its old containers run what nobody has registered

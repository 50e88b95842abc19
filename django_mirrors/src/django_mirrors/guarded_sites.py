"""The sites that the guard protects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django_mirrors.declaration import SchemaDeclaration

__all__ = ["SiteDeclaration", "UnknownSite"]


@dataclass(frozen=True)
class SiteDeclaration:
    """The schema declaration of one image of one site. ``state`` is ``pending`` (it may start) or ``running``."""

    site_id: int
    application: str
    state: str
    declaration: SchemaDeclaration


@dataclass(frozen=True)
class UnknownSite:
    """A ``Site`` row, or a claimed id, without a declaration: the schema that its code needs is unknown."""

    site_id: int
    name: str = ""  # the site's domain
    own: bool = False  # the deploying site itself: its old containers run code that is not registered

"""Whether the pending migrations may be applied, given what the code of all sites needs. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django_mirrors.acknowledgements import Acknowledgement
    from django_mirrors.declaration import Declaration
    from django_mirrors.effects import Effect

__all__ = ["Decision", "Refusal", "SiteDeclaration", "UnknownSite", "decide", "decide_stale_contenttypes"]


@dataclass(frozen=True)
class SiteDeclaration:
    """What one image of one site needs. ``state`` is ``pending`` (it may start) or ``running``."""

    site_id: int
    application: str
    state: str
    declaration: Declaration


@dataclass(frozen=True)
class UnknownSite:
    """A ``Site`` row without an entry in the registry: nobody knows what its code needs."""

    site_id: int
    name: str = ""  # the site's domain, for people


@dataclass(frozen=True)
class Refusal:
    """An effect that some site cannot stand. ``text`` says who needs what, and which step is missing."""

    effect: Effect | None
    text: str


@dataclass(frozen=True)
class Decision:
    """Without refusals the migrations may be applied. ``text`` is for the terminal."""

    refusals: tuple[Refusal, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Everything, for the person who deploys."""
        raise NotImplementedError


def decide(
    effects: Sequence[Effect],
    declarations: Sequence[SiteDeclaration],
    unknown_sites: Sequence[UnknownSite],
    acknowledgements: Sequence[Acknowledgement],
    now: datetime,
    *,
    site_id: int | None = None,
) -> Decision:
    """Decides against the union of all declarations.

    :param declarations: of all sites and states, those of the deploying site's own old containers included
    :param now: with a time zone
    :param site_id: the deploying site: where no other site is declared or unknown, everything passes
    """
    raise NotImplementedError


def decide_stale_contenttypes(
    declarations: Sequence[SiteDeclaration], unknown_sites: Sequence[UnknownSite], own: Declaration
) -> Decision:
    """Whether ``remove_stale_contenttypes`` may run: what ``own`` code calls stale may be another code's model."""
    raise NotImplementedError

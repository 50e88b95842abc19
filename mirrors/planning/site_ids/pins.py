"""Which SITE_IDs are declared in the configuration, and which live in a stack's state alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mirrors.config import Fleet, Settings
from mirrors.planning.observed import ObservedSite
from mirrors.planning.rollout.waves import names
from mirrors.planning.site_ids.allocate import Ledger
from mirrors.planning.variables.names import SITE_ID
from mirrors.problems import Note, Problem

NAMED = 3
"""How many sites a note names before it only counts them."""


@dataclass(frozen=True, slots=True)
class Pin:
    """An id that the state has. ``declared``: what the configuration says of it, if anything."""

    application: str
    site_id: int
    retired: bool = False
    declared: int | None = None

    @property
    def pinned(self) -> bool:
        return self.declared == self.site_id

    @property
    def contradicted(self) -> str | None:
        return declared_otherwise(self.declared, self.site_id)


def pins(ledger: Ledger, fleet: Fleet) -> tuple[Pin, ...]:
    """By id, the assigned ones first."""
    declared = {site.application: site.site_id for site in fleet.sites}
    assigned = [Pin(name, site_id, False, declared.get(name)) for name, site_id in ledger.assignments.values()]
    retired = [
        Pin(who.name, site_id, True, site_id if site_id in fleet.retired else None)
        for site_id, who in ledger.retired.items()
    ]
    return tuple(sorted([*assigned, *retired], key=lambda pin: (pin.retired, pin.site_id)))


def disagreements(found: Sequence[Pin], fleet: Fleet) -> Iterator[Problem]:
    """Declared ids that have not reached the state yet, and sites that are here again though their id is retired."""
    for pin in found:
        if not pin.retired and pin.site_id in fleet.retired and pin.application in fleet.slugs:
            yield Problem(
                "site-id-retired",
                f"has SITE_ID {pin.site_id}, which mirrors:fleet.retired lists, too.",
                "Take it off that list, or have it taken off with --pin",
                pin.application,
            )
        if pin.contradicted:
            yield Problem("site-id-differs", pin.contradicted, site=pin.application)


def declared_otherwise(declared: int | None, stored: int | None) -> str | None:
    """Words for an id that is declared and is not the one of the stack; None where it is, or where either has none."""
    if None in (declared, stored) or declared == stored:
        return None
    return f"declared with siteId {declared}, the stack has {stored}: see a preview"


def unpinned(settings: Settings, mirrors: Mapping[str, ObservedSite], stack: str) -> Note | None:
    """A note on mirrors that have ids from us which are not in the configuration; None if there are none.

    Where the stack follows another one, that one gives the ids and says so. ``mirrors``: {slug: what was seen of it}.
    """
    undeclared = [mirror for mirror in settings.mirrors if mirror.site_id is None]
    slugs = [
        mirror.application
        for mirror in undeclared
        if (site := mirrors.get(mirror.application)) and site.is_managed(mirror.formerly) and SITE_ID in site.variables
    ]
    if not slugs or settings.site_ids_from is not None:
        return None
    undeclared_ids = f"SITE_IDs not in the configuration: {names(slugs, NAMED)}."
    return Note(f"{undeclared_ids} Pin them: mirrors ids --pin --stack {stack}")

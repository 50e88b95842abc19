"""Which SITE_IDs are declared in the configuration, and which live in a stack's state alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mirrors.config import Fleet
from mirrors.planning.allocate import Ledger

NAMED = 5
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


def pins(ledger: Ledger, fleet: Fleet) -> tuple[Pin, ...]:
    """By id, the assigned ones first."""
    declared = {site.application: site.site_id for site in fleet.sites}
    assigned = [Pin(name, site_id, False, declared.get(name)) for name, site_id in ledger.assignments.values()]
    retired = [
        Pin(who.name, site_id, True, site_id if site_id in fleet.retired else None)
        for site_id, who in ledger.retired.items()
    ]
    return tuple(sorted([*assigned, *retired], key=lambda pin: (pin.retired, pin.site_id)))


def disagreements(found: Sequence[Pin], fleet: Fleet) -> Iterator[str]:
    """Declared ids that have not reached the state yet, and sites that are here again though their id is retired."""
    for pin in found:
        if not pin.retired and pin.site_id in fleet.retired and pin.application in fleet.slugs:
            yield (
                f"{pin.application}: has SITE_ID {pin.site_id}, which mirrors:fleet.retired lists, too."
                " Take it off that list, or have it taken off with --pin"
            )
        if pin.declared not in (None, pin.site_id):
            yield f"{pin.application}: declared with siteId {pin.declared}, the stack has {pin.site_id}: see a preview"


def unpinned(fleet: Fleet, stack: str) -> str | None:
    """A note on mirrors whose ids are not in the configuration; None if all are."""
    slugs = [mirror.application for mirror in fleet.mirrors if mirror.site_id is None]
    if not slugs:
        return None
    more = f" and {len(slugs) - NAMED} more" if len(slugs) > NAMED else ""
    return (
        f"The SITE_IDs of {', '.join(slugs[:NAMED])}{more} are in this stack's state alone, and would be lost with it."
        f" Once it is up, pin them in the configuration: mirrors ids --pin --stack {stack}"
    )

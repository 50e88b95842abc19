"""Compare the SITE_IDs in the configuration with those in a stack's state."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mirrors.config import FleetSettings, Settings
from mirrors.planning.observed import ObservedSite
from mirrors.planning.site_ids.facts import Ledger
from mirrors.planning.site_lists import format_slugs
from mirrors.planning.variables.names import SITE_ID
from mirrors.problems import Note, Problem

SITES_IN_NOTE = 3
"""How many sites a note names. It counts the rest."""


@dataclass(frozen=True, slots=True)
class SiteIdPin:
    """An id in the state.

    Args:
        application: The slug of the site that has the id, or had it.
        site_id: The id.
        retired: Whether the id is retired.
        declared: The id in the configuration; None where there is none.
        is_original: Whether it is the original's. Mirrors has not given it, and reads it there again.
    """

    application: str
    site_id: int
    retired: bool = False
    declared: int | None = None
    is_original: bool = False

    @property
    def is_pinned(self) -> bool:
        """Return whether the configuration has the same id."""
        return self.declared == self.site_id

    @property
    def mismatch(self) -> str | None:
        """Return a message if the configuration has another id; None if it agrees, or has none."""
        return describe_other_id(self.declared, self.site_id)


def list_pins(ledger: Ledger, fleet: FleetSettings) -> tuple[SiteIdPin, ...]:
    """Return a pin for each id in the ledger, sorted by id, assigned ones before retired ones."""
    declared = {site.application: site.site_id for site in fleet.sites}
    original = fleet.original.application
    assigned = [
        SiteIdPin(name, site_id, False, declared.get(name), is_original=name == original)
        for name, site_id in ledger.assignments.values()
    ]
    retired = [
        SiteIdPin(who.slug, site_id, True, site_id if site_id in fleet.retired else None)
        for site_id, who in ledger.retired.items()
    ]
    return tuple(sorted([*assigned, *retired], key=lambda pin: (pin.retired, pin.site_id)))


def find_pin_problems(found: Sequence[SiteIdPin], fleet: FleetSettings) -> Iterator[Problem]:
    """Yield a problem for each declared id that the state does not have yet, and for each retired id in use."""
    for pin in found:
        if not pin.retired and pin.site_id in fleet.retired and pin.application in fleet.slugs:
            yield Problem(
                "site-id-retired",
                f"it has SITE_ID {pin.site_id}, which mirrors:fleet.retired lists, too.",
                "Take it off that list, or let --pin do it",
                pin.application,
            )
        if pin.mismatch:
            yield Problem("site-id-differs", pin.mismatch, site=pin.application)


def describe_other_id(declared: int | None, stored: int | None) -> str | None:
    """Return a message if the declared id is not the stack's; None if they agree, or if either is missing."""
    if None in (declared, stored) or declared == stored:
        return None
    return f"siteId {declared} is declared, and the stack has {stored}: mirrors preview shows the change"


def note_unpinned_ids(settings: Settings, mirrors: Mapping[str, ObservedSite], stack: str) -> Note | None:
    """Return a note on the mirrors whose id from Mirrors is not in the configuration; None if there are none.

    A stack that follows another stack gets no such note, because the other stack has it.

    Args:
        settings: The configuration.
        mirrors: {slug: the observed site}.
        stack: The stack's short name.
    """
    undeclared = [mirror for mirror in settings.mirrors if mirror.site_id is None]
    slugs = [
        mirror.application
        for mirror in undeclared
        if (site := mirrors.get(mirror.application)) and site.is_managed(mirror.formerly) and SITE_ID in site.variables
    ]
    if not slugs or settings.site_ids_from is not None:
        return None
    if settings.program_fleet is not None:
        said = f"SITE_IDs not in the arguments: {format_slugs(slugs, SITES_IN_NOTE)}."
        return Note(
            f"{said} Write site_id=… for each: mirrors ids --stack {stack} --fleet {settings.program_fleet} shows them"
        )
    undeclared_ids = f"SITE_IDs not in the configuration: {format_slugs(slugs, SITES_IN_NOTE)}."
    return Note(f"{undeclared_ids} Pin them: mirrors ids --pin --stack {stack}")

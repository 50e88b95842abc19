"""What an allocation of SITE_IDs is decided from: the ledger, the declared sites, and what else the platform has."""

from collections.abc import Mapping
from dataclasses import dataclass, field

ORIGINAL_ID = 1
"""Django's and the sites framework's default: an original without a SITE_ID of its own serves site 1."""


@dataclass(frozen=True, slots=True)
class Assigned:
    """The site that has an id, or had it: the application's slug, and its uuid where that is known."""

    name: str
    application: str = ""


@dataclass(frozen=True, slots=True)
class Ledger:
    """All that was ever given, as the state keeps it. ``assignments``: application uuid to (slug, id)."""

    assignments: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    retired: Mapping[int, Assigned] = field(default_factory=dict)
    highest: int = 0

    @property
    def applications(self) -> frozenset[str]:
        """The uuids of all that have an id from this ledger, or had one."""
        return frozenset(self.assignments) | {who.application for who in self.retired.values()}


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """One declared site. ``observed`` is set only where the environment has the shared database; of the original it is
    what its instances run with, 1 where they have none.

    ``unreadable``: the environment has a SITE_ID beside it that is not shown, or is no number. ``database``: what its
    DATABASE_URL points at, as far as it is shown and nobody has confirmed that it may be given up. ``ours``: we have
    written to it before. ``managed``: it has a variable that only Mirrors writes, whatever its value. ``ran``: the ids
    that its instances run with, in every environment; None where that is not known.
    """

    application: str
    name: str
    original: bool = False
    declared: int | None = None
    observed: int | None = None
    formerly: str | None = None
    unreadable: bool = False
    database: str | None = None
    ours: bool = False
    managed: bool = False
    ran: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """What the stack named in ``siteIdsFrom`` gave: slug to id, and its retired ids."""

    stack: str
    site_ids: Mapping[str, int]
    retired: Mapping[int, Assigned]

    def site_id_of(self, site: SiteFacts) -> int | None:
        return self.site_ids.get(site.name, self.site_ids.get(site.formerly or ""))


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An application that is not on the list and may run with the shared database.

    ``site_ids``: those that are set and those that run, in all environments. ``hidden``: so is one that is not shown,
    or is no number. ``managed``: the slug under which Mirrors manages it with the shared database, else empty.
    ``listed``: it is on the list, and this is what its environments besides Test and Live have.
    """

    site_ids: tuple[int, ...] = ()
    hidden: bool = False
    managed: str = ""
    listed: bool = False


@dataclass(frozen=True, slots=True)
class AllocationRequest:
    """What an allocation is decided from, besides the ledger.

    ``highest``: the highest id that was ever given, as the configuration says. ``neighbours``: by slug.
    ``reserved_for``: {slug: id} of neighbours, as the configuration says. ``listed``: {uuid: slug} of all applications
    that the platform shows and the list does not have. ``stack``: its short name, empty where it is not known.
    """

    sites: tuple[SiteFacts, ...]
    retired: frozenset[int] = frozenset()
    reserved: frozenset[int] = frozenset()
    release: frozenset[int] = frozenset()
    neighbours: Mapping[str, Neighbour] = field(default_factory=dict)
    reference: Reference | None = None
    preview: bool = False
    highest: int = 0
    reserved_for: Mapping[str, int] = field(default_factory=dict)
    listed: Mapping[str, str] = field(default_factory=dict)
    stack: str = ""

    @property
    def kept_free(self) -> frozenset[int]:
        """Ids that are reserved, for somebody or for nobody in particular."""
        return self.reserved | frozenset(self.reserved_for.values())

    @property
    def beside(self) -> frozenset[int]:
        """The ids of neighbours."""
        return frozenset(site_id for neighbour in self.neighbours.values() for site_id in neighbour.site_ids)

"""The facts that decide an allocation of SITE_IDs: the ledger, the declared sites, and what is beside them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

ORIGINAL_ID = 1
"""The default of Django's sites framework: an original without a SITE_ID serves site 1."""

SiteIdByApplication = Mapping[str, int | None]
"""{application uuid: the site's id}; None for a site that has none yet."""


@dataclass(frozen=True, slots=True)
class IdHolder:
    """The site that has an id, or had it.

    Args:
        slug: The application's slug.
        application_id: The application's uuid; empty where it is not known.
    """

    slug: str
    application_id: str = ""


@dataclass(frozen=True, slots=True)
class Ledger:
    """Every id that the stack has given, as the state keeps it.

    Args:
        assignments: {application uuid: (slug, id)} of the sites that have an id.
        retired: {id: the site that had it}.
        highest: The highest id that this stack ever saw: given, retired or reserved. A new site gets the next one.
    """

    assignments: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    retired: Mapping[int, IdHolder] = field(default_factory=dict)
    highest: int = 0

    @property
    def application_ids(self) -> frozenset[str]:
        """Return the uuids of the applications that have or had an id from this ledger."""
        return frozenset(self.assignments) | {who.application_id for who in self.retired.values()}


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """One declared site.

    Args:
        application_id: The application's uuid; its slug on a platform without uuids.
        slug: The application's slug.
        is_original: Whether the site is the original.
        declared: The id in the configuration.
        observed: The id in the environment. A mirror's counts only beside the shared database. For the original it is
            the deployed one, and 1 where there is none.
        formerly: The slug that the site had before, as the configuration says.
        has_unreadable_id: Whether the environment has an id that is hidden or no number, beside the shared database.
        database: The identity of its DATABASE_URL; None where that is hidden, or confirmed as given up.
        is_managed: Whether Mirrors has written to it under its slug or its former one.
        has_owner: Whether it has the variable that only Mirrors writes, whatever its value.
        deployed_ids: The deployed ids, in all environments; None where that is not known.
    """

    application_id: str
    slug: str
    is_original: bool = False
    declared: int | None = None
    observed: int | None = None
    formerly: str | None = None
    has_unreadable_id: bool = False
    database: str | None = None
    is_managed: bool = False
    has_owner: bool = False
    deployed_ids: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class ReferenceStack:
    """The ids of the stack that ``siteIdsFrom`` names.

    Args:
        stack: The stack's name.
        site_ids: {slug: id}.
        retired: {id: the site that had it}.
    """

    stack: str
    site_ids: Mapping[str, int]
    retired: Mapping[int, IdHolder]

    def site_id_of(self, site: SiteFacts) -> int | None:
        """Return the id that the other stack gave the site, under its slug or its former one."""
        return self.site_ids.get(site.slug, self.site_ids.get(site.formerly or ""))


@dataclass(frozen=True, slots=True)
class UndeclaredSite:
    """An undeclared application, or an undeclared environment, that may run with the shared database.

    Args:
        site_ids: The ids that are set or deployed, in all environments.
        has_hidden_id: Whether one more id is hidden, or no number.
        managed_as: The slug under which Mirrors manages it with the shared database; empty if it does not.
        is_declared: Whether the application is declared, and this is about its environments besides Test and Live.
    """

    site_ids: tuple[int, ...] = ()
    has_hidden_id: bool = False
    managed_as: str = ""
    is_declared: bool = False


@dataclass(frozen=True, slots=True)
class AllocationRequest:
    """The facts that decide an allocation, besides the ledger.

    Args:
        sites: The declared sites, the original first.
        retired: The ids in ``fleet.retired``.
        reserved: The ids in ``fleet.reservedSiteIds``.
        reusable_ids: The ids in ``fleet.releaseSiteIds``.
        undeclared_sites: {slug: what may run with the shared database and is not declared}.
        reference: The ids of the stack that this one follows; None where it follows none.
        is_preview: Whether this is a preview, where a missing id of the reference is no problem yet.
        declared_highest: ``fleet.highestSiteId``, the highest id that Mirrors ever gave; 0 where it is not set.
        reserved_for: ``fleet.reservedFor``, {slug of an undeclared application: id}.
        undeclared_applications: {uuid: slug} of the applications that the platform shows and the configuration does
            not have.
        stack: The stack's short name; empty where it is not known.
    """

    sites: tuple[SiteFacts, ...]
    retired: frozenset[int] = frozenset()
    reserved: frozenset[int] = frozenset()
    reusable_ids: frozenset[int] = frozenset()
    undeclared_sites: Mapping[str, UndeclaredSite] = field(default_factory=dict)
    reference: ReferenceStack | None = None
    is_preview: bool = False
    declared_highest: int = 0
    reserved_for: Mapping[str, int] = field(default_factory=dict)
    undeclared_applications: Mapping[str, str] = field(default_factory=dict)
    stack: str = ""

    @property
    def reserved_ids(self) -> frozenset[int]:
        """Return the reserved ids, with or without a named application."""
        return self.reserved | frozenset(self.reserved_for.values())

    @property
    def undeclared_ids(self) -> frozenset[int]:
        """Return the ids of undeclared applications and environments."""
        return frozenset(site_id for site in self.undeclared_sites.values() for site_id in site.site_ids)

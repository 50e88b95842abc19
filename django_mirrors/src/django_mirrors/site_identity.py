"""The check whether this process may be the site that its settings name. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_mirrors.conf import ORIGINAL
from django_mirrors.registry import REGISTERED
from django_mirrors.site_table import DEFAULT_DOMAIN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django_mirrors.conf import CurrentSite
    from django_mirrors.registry import RegisteredSite, RegistrySnapshot
    from django_mirrors.site_table import SiteRow

__all__ = ["identity_problems"]


def identity_problems(site: CurrentSite, known: RegistrySnapshot, rows: Sequence[SiteRow]) -> tuple[str, ...]:
    """Return why ``site`` must neither serve nor register. Return an empty tuple if it may."""
    owners = [other for other in known.sites if other.status == REGISTERED]
    return (
        *_id_of_another(site, owners),
        *_another_id(site, owners),
        *_domain_of_another(site, owners, rows),
        *_row_of_another(site, known, owners, rows),
    )


def _id_of_another(site: CurrentSite, owners: Sequence[RegisteredSite]) -> Iterator[str]:
    owner = next((other.application for other in owners if other.site_id == site.site_id), None)
    if owner is not None and owner != site.application:
        yield (
            f"SITE_ID is {site.site_id}, which belongs to {owner}; this process is {site.application} "
            f"(MIRRORS_APPLICATION). Set the SITE_ID of {site.application}. If the id was given to it on purpose: "
            f"manage.py mirrors_forget {site.site_id} (and mirrors_take_over {site.site_id}, if the row has another "
            "domain), then deploy again."
        )
    elif owner is None and site.is_mirror and site.site_id == 1 and not _original_has_other_id(owners):
        # A mirror without SITE_ID falls back to 1. If the original has another id, it registers that one first.
        yield (
            f"SITE_ID is 1, which is the original's; this process is the mirror {site.application} "
            f"(MIRRORS_APPLICATION). Set the SITE_ID of {site.application}, or, if the original has another id, "
            "deploy the original first."
        )


def _original_has_other_id(owners: Sequence[RegisteredSite]) -> bool:
    """Return whether the original has registered an id other than 1."""
    return any(other.application == ORIGINAL and other.site_id != 1 for other in owners)


def _another_id(site: CurrentSite, owners: Sequence[RegisteredSite]) -> Iterator[str]:
    for other in owners:
        if other.application == site.application and other.site_id != site.site_id:
            yield (
                f"{site.application} is registered as site {other.site_id}, but its SITE_ID is {site.site_id}. "
                f"Set SITE_ID to {other.site_id}. If the id was changed on purpose: "
                f"manage.py mirrors_forget {other.site_id}, then deploy again."
            )


def _domain_of_another(site: CurrentSite, owners: Sequence[RegisteredSite], rows: Sequence[SiteRow]) -> Iterator[str]:
    names = {other.site_id: other.application for other in owners}
    for row in rows:
        if site.domain and row.domain.lower() == site.domain and row.site_id != site.site_id:
            name = names.get(row.site_id, "not registered")
            yield (
                f"DOMAIN {site.domain} belongs to site {row.site_id} ({name}), so site {site.site_id} "
                f"({site.application}) cannot have it. Check SITE_ID and DOMAIN, or change the domain of "
                f"site {row.site_id} in the admin."
            )


def _row_of_another(
    site: CurrentSite, known: RegistrySnapshot, owners: Sequence[RegisteredSite], rows: Sequence[SiteRow]
) -> Iterator[str]:
    """Yield a problem if the row with this id belongs to no application here, so that its content is protected.

    An editor made such a row in the Sites admin, or a site that is gone left it.
    """
    row = next((row for row in rows if row.site_id == site.site_id), None)
    if row is None or _is_own(row, site, known) or any(owner.site_id == site.site_id for owner in owners):
        return
    former = next((other.application for other in known.sites if other.site_id == row.site_id), "")
    yield (
        f"Site row {row.site_id} is {row.domain} ({former or 'not registered'}), and this process is "
        f"{site.application} with DOMAIN {site.domain}. It would serve, and rename, what belongs to {row.domain}. "
        f"To keep {row.domain}: list {row.site_id} under reservedSiteIds of the fleet, and {site.application} "
        f"gets the next id. If it has ever run with {row.site_id}, declare another siteId for it as well. "
        f"To give {site.application} the row and its content: "
        f"manage.py mirrors_take_over {row.site_id}, then deploy again."
    )


def _is_own(row: SiteRow, site: CurrentSite, known: RegistrySnapshot) -> bool:
    """Return whether ``site`` may have a row that no application owns here.

    Without a ``DOMAIN`` nothing is renamed, and editors maintain the rows. Site 1 is the original's by definition. A
    registration from before the database was copied counts as a registration here.
    """
    domain = row.domain.lower()
    return (
        domain in {"", DEFAULT_DOMAIN, site.domain, *site.further_domains}
        or not site.domain
        or (row.site_id == 1 and not site.is_mirror)
        or (row.site_id, site.application) in known.before
        or known.given.get(row.site_id) == row.domain
    )

"""Whether this process may be the site that it says it is. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_mirrors.conf import ORIGINAL
from django_mirrors.registry import REGISTERED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django_mirrors.conf import ThisSite
    from django_mirrors.registry import Registered
    from django_mirrors.site_table import SiteRow

__all__ = ["problems"]


def problems(site: ThisSite, registered: Sequence[Registered], rows: Sequence[SiteRow]) -> tuple[str, ...]:
    """Why ``site`` must neither serve nor register, a sentence or two each; nothing if it may."""
    owners = [other for other in registered if other.status == REGISTERED]
    return (*_id_of_another(site, owners), *_another_id(site, owners), *_domain_of_another(site, owners, rows))


def _id_of_another(site: ThisSite, owners: Sequence[Registered]) -> Iterator[str]:
    owner = next((other.application for other in owners if other.site_id == site.site_id), None)
    if owner is not None and owner != site.application:
        yield (
            f"SITE_ID is {site.site_id}, which belongs to {owner}; this process is {site.application} "
            f"(MIRRORS_APPLICATION). Set the SITE_ID of {site.application}. If the id was given to it on purpose: "
            f"manage.py mirrors_forget {site.site_id}, then deploy again."
        )
    elif owner is None and site.is_mirror and site.site_id == 1 and not _elsewhere(owners):
        # What a mirror without SITE_ID falls back to. The original may have another id, but then it says so first.
        yield (
            f"SITE_ID is 1, which is the original's; this process is the mirror {site.application} "
            f"(MIRRORS_APPLICATION). Set the SITE_ID of {site.application}, or, if the original has another id, "
            "deploy the original first."
        )


def _elsewhere(owners: Sequence[Registered]) -> bool:
    """Whether the original has registered an id other than 1."""
    return any(other.application == ORIGINAL and other.site_id != 1 for other in owners)


def _another_id(site: ThisSite, owners: Sequence[Registered]) -> Iterator[str]:
    for other in owners:
        if other.application == site.application and other.site_id != site.site_id:
            yield (
                f"{site.application} is registered as site {other.site_id}, but its SITE_ID is {site.site_id}. "
                f"Set SITE_ID to {other.site_id}. If the id was changed on purpose: "
                f"manage.py mirrors_forget {other.site_id}, then deploy again."
            )


def _domain_of_another(site: ThisSite, owners: Sequence[Registered], rows: Sequence[SiteRow]) -> Iterator[str]:
    names = {other.site_id: other.application for other in owners}
    for row in rows:
        if site.domain and row.domain.lower() == site.domain and row.site_id != site.site_id:
            name = names.get(row.site_id, "not registered")
            yield (
                f"DOMAIN {site.domain} belongs to site {row.site_id} ({name}), so site {site.site_id} "
                f"({site.application}) cannot have it. Check SITE_ID and DOMAIN, or change the domain of "
                f"site {row.site_id} in the admin."
            )

"""The public document ``/.well-known/mirrors.json``: the site, release and schema of this process.

It contains no secrets, and other sites only if ``MIRRORS_STATUS`` is ``fleet``: an agency's sites belong to its
customers.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from django.db import DEFAULT_DB_ALIAS, connections

from django_mirrors.conf import current_site, read_setting
from django_mirrors.image import pending_migrations, this_image
from django_mirrors.registry import Registry, utc_now

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django_mirrors.registry import RegistryEntry

__all__ = ["PATH", "database_digest", "status_document"]

PATH = "/.well-known/mirrors.json"
VERSION = 1
FLEET = "fleet"
"""The value of ``MIRRORS_STATUS`` for a document with all sites."""


def database_digest(identity: str) -> str:
    """Return 16 hexadecimal digits that identify a database: the start of the SHA-256 of ``host:port/name``.

    A reader who knows the address can compare it. All others learn nothing.
    """
    return hashlib.sha256(identity.encode()).hexdigest()[:16]


def status_document() -> Mapping[str, Any]:
    """Return the document, version 1, about this process. ``pending_migrations`` is a number.

    With ``MIRRORS_STATUS = "fleet"`` the document also has ``fleet``. Times are ISO 8601 with their zone, or null.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    site = current_site(connection)
    plan = pending_migrations(connection).names
    return {
        "version": VERSION,
        "site_id": site.site_id,
        "application": site.application if site.is_mirror else None,
        "stage": site.stage,
        "database": database_digest(site.database),
        "fingerprint": this_image().fingerprint,
        "pending_migrations": len(plan),
        **(
            {"fleet": _fleet(Registry.for_site(connection, site), plan)}
            if read_setting("MIRRORS_STATUS") == FLEET
            else {}
        ),
    }


def _fleet(registry: Registry, plan: Sequence[str]) -> Mapping[str, Any]:
    """Return all registered sites, their releases, and the names of the pending migrations."""
    entries = registry.entries(utc_now())
    return {
        "pending_migrations": list(plan),
        "sites": [
            {
                "site_id": known.site_id,
                "application": known.application,
                "domain": known.domain,
                "status": known.status,
                "releases": _releases(entries, known.site_id),
            }
            for known in registry.sites()
        ],
        "foreign": len(registry.foreign_warnings()) > 0,
    }


def _releases(entries: Sequence[RegistryEntry], site_id: int) -> list[dict[str, Any]]:
    return [
        {
            "fingerprint": entry.fingerprint,
            "state": entry.state,
            "released_at": entry.released_at.isoformat() if entry.released_at else None,
            "confirmed_at": entry.confirmed_at.isoformat() if entry.confirmed_at else None,
        }
        for entry in entries
        if entry.site_id == site_id
    ]

"""What ``/.well-known/mirrors.json`` answers anybody who asks: which site, release and schema this process runs.

No secrets, and nothing of the other sites unless ``MIRRORS_STATUS`` is ``fleet``: to an agency they are customers.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from django.db import DEFAULT_DB_ALIAS, connections

from django_mirrors.conf import setting, this_site
from django_mirrors.image import pending, this_image
from django_mirrors.registry import Registry, utc_now

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django_mirrors.registry import Entry

__all__ = ["PATH", "database_digest", "status"]

PATH = "/.well-known/mirrors.json"
VERSION = 1
FLEET = "fleet"
"""What ``MIRRORS_STATUS`` is where the document shows all sites."""


def database_digest(identity: str) -> str:
    """16 hexadecimal digits that stand for a database: the start of the SHA-256 of ``host:port/name``.

    Who knows the address can compare; who does not learns nothing.
    """
    return hashlib.sha256(identity.encode()).hexdigest()[:16]


def status() -> Mapping[str, Any]:
    """The document, version 1: what is this process's own. ``pending_migrations``: how many.

    With ``MIRRORS_STATUS = "fleet"`` also ``fleet``. Times are ISO 8601 with their zone, or null.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    site = this_site(connection)
    plan = pending(connection).names
    return {
        "version": VERSION,
        "site_id": site.site_id,
        "application": site.application if site.is_mirror else None,
        "stage": site.stage,
        "database": database_digest(site.database),
        "fingerprint": this_image().fingerprint,
        "pending_migrations": len(plan),
        **({"fleet": _fleet(Registry.of(connection, site), plan)} if setting("MIRRORS_STATUS") == FLEET else {}),
    }


def _fleet(registry: Registry, plan: Sequence[str]) -> Mapping[str, Any]:
    """All sites that are registered, what they run, and the names of the migrations that are pending."""
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
        "foreign": len(registry.foreign()) > 0,
    }


def _releases(entries: Sequence[Entry], site_id: int) -> list[dict[str, Any]]:
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

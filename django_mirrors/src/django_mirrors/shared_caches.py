"""Detection of caches that several sites use with the same keys, so that one site shows values of another.

A process knows only its own keys. So each process stores a digest for each of its caches in the registry. The digest
covers the cache's place, and the key that the cache makes of a fixed word. The process compares it with those of other
sites. Everything that a key or a place depends on counts: ``KEY_PREFIX``, ``KEY_FUNCTION``, ``VERSION``, ``LOCATION``.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.cache import caches

from django_mirrors.registry import REGISTERED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from django_mirrors.conf import CurrentSite
    from django_mirrors.registry import RegisteredSite

__all__ = ["cache_digests", "cache_warnings"]

_PRIVATE_BACKENDS = {"django.core.cache.backends.locmem.LocMemCache", "django.core.cache.backends.dummy.DummyCache"}
"""Backends that no other process sees."""

_CREDENTIALS = re.compile(r"(?<=//)[^/]*@|(?<=[?&])(?!db=)[^&]*")
"""Parts of an address that may be secret: user and password, and the query except the number of a database."""


def cache_digests() -> Mapping[str, str]:
    """Return {alias: 16 hexadecimal digits} of each cache that other processes may use. Contacts no cache."""
    return {
        alias: _digest(_place(options), caches[alias].make_key("key"))
        for alias, options in settings.CACHES.items()
        if options["BACKEND"] not in _PRIVATE_BACKENDS
    }


def cache_warnings(site: CurrentSite, sites: Sequence[RegisteredSite]) -> tuple[str, ...]:
    """Return a warning for each cache in which another registered site has the keys of this site."""
    return tuple(_warnings(site, [other for other in sites if other.status == REGISTERED]))


def _warnings(site: CurrentSite, others: Sequence[RegisteredSite]) -> Iterator[str]:
    for alias, digest in cache_digests().items():
        sharing = [other for other in others if other.site_id != site.site_id and other.caches.get(alias) == digest]
        if not sharing:
            continue
        sessions = ", including sessions" if _holds_sessions(alias) else ""
        names = "; ".join(f"site {other.site_id} ({other.application})" for other in sharing)
        yield (
            f"The cache {alias!r} of site {site.site_id} ({site.application}) has the same place and keys as that of "
            f"{names}: they read each other's values{sessions}. "
            f"Set CACHES[{alias!r}]['KEY_PREFIX'] = f'site-{{SITE_ID}}'."
        )


def _place(options: Mapping[str, Any]) -> str:
    """Return the place of a cache without secrets: a digest of a short secret reveals it."""
    location = options.get("LOCATION", "")
    places = [location] if isinstance(location, str) else list(location)
    database = options.get("OPTIONS", {}).get("db", "")
    return "\0".join([options["BACKEND"], str(database), *(_CREDENTIALS.sub("", str(place)) for place in places)])


def _digest(place: str, key: str) -> str:
    return hashlib.sha256(f"{place}\0{key}".encode()).hexdigest()[:16]


def _holds_sessions(alias: str) -> bool:
    return "cache" in settings.SESSION_ENGINE.rpartition(".")[2] and alias == settings.SESSION_CACHE_ALIAS

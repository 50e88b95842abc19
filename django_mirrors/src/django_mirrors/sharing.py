"""Caches that several sites use: where two sites have the same keys in the same place, one is shown what the other has
cached.

A process knows its own keys alone. So each leaves, in the registry, a digest of where each of its caches is and of the
key that it makes of a fixed word, and compares with what the others have left. Whatever goes into a key or a place
counts: ``KEY_PREFIX``, ``KEY_FUNCTION``, ``VERSION``, ``LOCATION``.
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

    from django_mirrors.conf import ThisSite
    from django_mirrors.registry import Registered

__all__ = ["cache_warnings", "keys_of_caches"]

_OWN = {"django.core.cache.backends.locmem.LocMemCache", "django.core.cache.backends.dummy.DummyCache"}
"""What no other process sees."""

_CREDENTIALS = re.compile(r"(?<=//)[^/]*@|(?<=[?&])(?!db=)[^&]*")
"""Parts of an address that may be secret: user and password, and the query apart from the number of a database."""


def keys_of_caches() -> Mapping[str, str]:
    """{alias: 16 hexadecimal digits}, of each cache that other processes may use. Nothing is asked from any cache."""
    return {
        alias: _digest(_place(options), caches[alias].make_key("key"))
        for alias, options in settings.CACHES.items()
        if options["BACKEND"] not in _OWN
    }


def cache_warnings(site: ThisSite, sites: Sequence[Registered]) -> tuple[str, ...]:
    """A warning for each cache in which another registered site has the keys of this one."""
    return tuple(_warnings(site, [other for other in sites if other.status == REGISTERED]))


def _warnings(site: ThisSite, others: Sequence[Registered]) -> Iterator[str]:
    for alias, digest in keys_of_caches().items():
        sharing = [other for other in others if other.site_id != site.site_id and other.caches.get(alias) == digest]
        if not sharing:
            continue
        sessions = ", the sessions in it included" if _holds_sessions(alias) else ""
        names = "; ".join(f"site {other.site_id} ({other.application})" for other in sharing)
        yield (
            f"The cache {alias!r} of site {site.site_id} ({site.application}) has the place and the keys of that of "
            f"{names}: they read each other's values{sessions}. "
            f"Set CACHES[{alias!r}]['KEY_PREFIX'] = f'site-{{SITE_ID}}'."
        )


def _place(options: Mapping[str, Any]) -> str:
    """Where a cache is, without what may be secret: the digest of a short secret gives it away."""
    location = options.get("LOCATION", "")
    places = [location] if isinstance(location, str) else list(location)
    database = options.get("OPTIONS", {}).get("db", "")
    return "\0".join([options["BACKEND"], str(database), *(_CREDENTIALS.sub("", str(place)) for place in places)])


def _digest(place: str, key: str) -> str:
    return hashlib.sha256(f"{place}\0{key}".encode()).hexdigest()[:16]


def _holds_sessions(alias: str) -> bool:
    return "cache" in settings.SESSION_ENGINE.rpartition(".")[2] and alias == settings.SESSION_CACHE_ALIAS

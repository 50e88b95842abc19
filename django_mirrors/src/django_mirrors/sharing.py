"""Caches that several sites use: without the SITE_ID in their keys one site is shown what another has cached."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import caches

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["cache_warnings"]

_OWN = {"django.core.cache.backends.locmem.LocMemCache", "django.core.cache.backends.dummy.DummyCache"}
"""What no other process sees."""


def cache_warnings(site_id: int) -> tuple[str, ...]:
    """A warning for each cache whose keys do not hold ``site_id``. Nothing is asked from any cache."""
    return tuple(_warnings(site_id))


def _warnings(site_id: int) -> Iterator[str]:
    for alias, options in settings.CACHES.items():
        if options["BACKEND"] in _OWN or _holds(caches[alias].make_key("key", version=0), site_id):
            continue
        sessions = ", the sessions in it included" if _holds_sessions(alias) else ""
        yield (
            f"The cache {alias!r} may be shared by several sites, and its keys do not hold the SITE_ID ({site_id})"
            f"{sessions}: sites would read each other's values. "
            f"Set CACHES[{alias!r}]['KEY_PREFIX'] = f'site-{{SITE_ID}}'."
        )


def _holds(key: str, site_id: int) -> bool:
    return re.search(rf"(?<!\d){site_id}(?!\d)", key) is not None


def _holds_sessions(alias: str) -> bool:
    return "cache" in settings.SESSION_ENGINE.rpartition(".")[2] and alias == settings.SESSION_CACHE_ALIAS

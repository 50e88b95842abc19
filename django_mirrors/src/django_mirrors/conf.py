"""Which site this process is, and in which surroundings: from the settings, and else from environment variables."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

from django_mirrors.errors import NotIdentifiedError

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = [
    "LOCAL",
    "ORIGINAL",
    "ThisSite",
    "database_identity",
    "enforced",
    "setting",
    "switch",
    "this_site",
    "unguarded",
]

ORIGINAL = "the original"
"""The application of an image without ``MIRRORS_APPLICATION``. No slug has a blank, so no mirror is called so."""

LOCAL = "local"
"""``STAGE`` of a developer's machine, and of a process without ``STAGE``."""

_PORTS = {"postgresql": "5432", "mysql": "3306"}


@dataclass(frozen=True)
class ThisSite:
    """Who this process is, and the database that it uses."""

    site_id: int
    application: str
    stage: str
    database: str  # see database_identity
    domain: str = ""  # with its port, if it has one
    name: str = ""

    @property
    def is_mirror(self) -> bool:
        """Whether another application owns the code, the database and SITE_ID 1."""
        return self.application != ORIGINAL


def setting(name: str, default: Any = "") -> Any:
    """The setting ``name``, or the environment variable of that name, or ``default``."""
    found = getattr(settings, name, None)
    return found if found is not None else os.environ.get(name, default)


def switch(name: str, default: bool) -> bool:
    """The same for what is on or off: empty, ``0``, ``false``, ``no`` and ``off`` are off."""
    return str(setting(name, default)).strip().lower() not in {"", "0", "false", "no", "off"}


def stage() -> str:
    """``STAGE``: the platform's name of the environment."""
    return str(setting("STAGE") or LOCAL)


def enforced() -> bool:
    """Whether a server that is mistaken about its site refuses to serve; else it says so and serves."""
    return not settings.DEBUG and not unguarded()


def unguarded() -> str:
    """Why a migration that would break a site is said and applied; empty if it is refused, whatever DEBUG says."""
    if stage() == LOCAL:
        return "STAGE is local" if setting("STAGE") else "STAGE is not set"
    return "" if switch("MIRRORS_ENFORCE", True) else "MIRRORS_ENFORCE is off"


def database_identity(connection: BaseDatabaseWrapper) -> str:
    """``host:port/name``, or ``sqlite:path``: which database it is, without anything that opens it.

    A copy of a database lies elsewhere, and is known by that.
    """
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:{Path(str(values['NAME'])).absolute()}"
    port = str(values.get("PORT") or _PORTS.get(connection.vendor, ""))
    host = str(values.get("HOST") or "localhost").lower().rstrip(".")
    return f"{host}:{port}/{values['NAME']}"


def this_site(connection: BaseDatabaseWrapper) -> ThisSite:
    """Who this process is.

    :raises NotIdentifiedError: a mirror without ``SITE_ID``, or a ``SITE_ID`` that is no number
    """
    application = str(setting("MIRRORS_APPLICATION")) or ORIGINAL
    return ThisSite(
        site_id=_site_id(application),
        application=application,
        stage=stage(),
        database=database_identity(connection),
        domain=str(setting("DOMAIN")).strip().lower(),
        name=str(setting("SITE_NAME")).strip(),
    )


def _site_id(application: str) -> int:
    """The one that the code uses. An original need not have one: it is 1."""
    value = setting("SITE_ID", None)
    if value in {None, ""}:
        if application != ORIGINAL:
            raise NotIdentifiedError(
                f"MIRRORS_APPLICATION is {application}, so this is a mirror, but there is no SITE_ID: "
                "set SITE_ID to the id of its site."
            )
        return 1
    try:
        return int(value)
    except ValueError:
        raise NotIdentifiedError(f"SITE_ID is {value!r}, which is no whole number: set it to the site's id.") from None

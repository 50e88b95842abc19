"""Which site this process is, and in which surroundings: from the settings, and else from environment variables."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings

from django_mirrors.errors import DomainError, NotIdentifiedError
from django_mirrors.place import database_identity
from django_mirrors.readings import host_of, hosts_of, is_unset, site_id_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = [
    "LOCAL",
    "ORIGINAL",
    "ThisSite",
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

READ_IT = 'write SITE_ID = int(os.environ.get("SITE_ID", 1)) in the settings.'


@dataclass(frozen=True)
class ThisSite:
    """Who this process is, and the database that it uses."""

    site_id: int
    application: str
    stage: str
    database: str  # see django_mirrors.place
    domain: str = ""  # with its port, if it has one
    name: str = ""
    further_domains: frozenset[str] = frozenset()  # aliases and redirects
    domain_problem: str = ""  # why the domain cannot be used, if one is set and it is empty here
    remarks: tuple[str, ...] = ()  # what is odd and no reason to refuse, a sentence or two each

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


def this_site(connection: BaseDatabaseWrapper) -> ThisSite:
    """Who this process is.

    :raises NotIdentifiedError: a ``SITE_ID`` that is no id; a mirror without one, or whose Django goes by another
    """
    application = str(setting("MIRRORS_APPLICATION")) or ORIGINAL
    site_id, remarks = _site_id(application)
    domain, domain_problem = _domain()
    return ThisSite(
        site_id=site_id,
        application=application,
        stage=stage(),
        database=database_identity(connection),
        domain=domain,
        name=str(setting("SITE_NAME")).strip(),
        further_domains=hosts_of(str(setting("DOMAIN_ALIASES")), str(setting("DOMAIN_REDIRECTS"))),
        domain_problem=domain_problem,
        remarks=remarks,
    )


def _domain() -> tuple[str, str]:
    try:
        return host_of(str(setting("DOMAIN"))), ""
    except DomainError as error:
        return "", str(error)


def _site_id(application: str) -> tuple[int, tuple[str, ...]]:
    """The one that the code uses, and what is odd about it. An original need not have one: it is 1."""
    own, given = getattr(settings, "SITE_ID", None), os.environ.get("SITE_ID")
    if is_unset(own) and is_unset(given):
        if application != ORIGINAL:
            raise NotIdentifiedError(
                f"MIRRORS_APPLICATION is {application}, so this is a mirror, but there is no SITE_ID: "
                "set SITE_ID to the id of its site."
            )
        return 1, ()
    number = site_id_of(given if is_unset(own) else own)
    odd = tuple(_oddities(number, own, given)) if apps.is_installed("django.contrib.sites") else ()
    if odd and application != ORIGINAL:
        raise NotIdentifiedError(" ".join(odd))
    return number, (*odd, *_as_text(number, own))


def _oddities(number: int, own: Any, given: str | None) -> Iterator[str]:
    """Why Django does not serve the site that the environment names."""
    if is_unset(own):
        yield (
            f"The environment has SITE_ID {number}, but the settings have none, so Django goes by the Host header: "
            f"{READ_IT}"
        )
    elif not is_unset(given) and site_id_of(given) != number:
        yield (
            f"The environment has SITE_ID {given!r}, but the settings have {number}, and Django goes by that: {READ_IT}"
        )


def _as_text(number: int, own: Any) -> Iterator[str]:
    """Every view works with it, so it is no reason to refuse; ``manage.py check`` calls it an error (sites.E101)."""
    if isinstance(own, str) and own:
        yield (
            f"SITE_ID is the text {own!r} in the settings: this process does not see a changed Site row before it is "
            f"started again. Write it as a number, {number}, or read it with int()."
        )

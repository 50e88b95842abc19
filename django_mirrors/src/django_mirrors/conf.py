"""The identity and the surroundings of this process, read from the settings or from environment variables."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings

from django_mirrors.database_identity import database_identity
from django_mirrors.errors import DomainError, NotIdentifiedError
from django_mirrors.parsing import is_unset, parse_host, parse_hosts, parse_site_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = [
    "LOCAL",
    "ORIGINAL",
    "CurrentSite",
    "current_site",
    "is_enforced",
    "is_switched_on",
    "read_setting",
    "why_not_enforced",
]

ORIGINAL = "the original"
"""The application of an image without ``MIRRORS_APPLICATION``. A slug contains no blank, so no mirror has this name."""

LOCAL = "local"
"""``STAGE`` of a developer's machine, and of a process without ``STAGE``."""

READ_IT = 'write SITE_ID = int(os.environ.get("SITE_ID", 1)) in the settings.'


@dataclass(frozen=True)
class CurrentSite:
    """The site of this process, and the database that the process uses."""

    site_id: int
    application: str
    stage: str
    database: str  # see django_mirrors.database_identity
    domain: str = ""  # with its port, if any
    name: str = ""
    further_domains: frozenset[str] = frozenset()  # aliases and redirects
    domain_problem: str = ""  # why the configured domain cannot be used; `domain` is empty then
    notes: tuple[str, ...] = ()  # remarks that refuse nothing, a sentence or two each

    @property
    def is_mirror(self) -> bool:
        """Return whether another application owns the code, the database and SITE_ID 1."""
        return self.application != ORIGINAL


def read_setting(name: str, default: Any = "") -> Any:
    """Return the setting ``name``, or the environment variable of that name, or ``default``."""
    found = getattr(settings, name, None)
    return found if found is not None else os.environ.get(name, default)


def is_switched_on(name: str, default: bool) -> bool:
    """Return whether a switch is on. Empty, ``0``, ``false``, ``no`` and ``off`` are off."""
    return str(read_setting(name, default)).strip().lower() not in {"", "0", "false", "no", "off"}


def current_stage() -> str:
    """Return ``STAGE``, the platform's name of the environment."""
    return str(read_setting("STAGE") or LOCAL)


def is_enforced() -> bool:
    """Return whether a server with a wrong identity refuses to serve. Otherwise it logs the problem and serves."""
    return not settings.DEBUG and not why_not_enforced()


def why_not_enforced() -> str:
    """Return why a breaking migration is reported and applied all the same. Return "" if it is refused.

    ``DEBUG`` makes no difference here.
    """
    if current_stage() == LOCAL:
        return "STAGE is local" if read_setting("STAGE") else "STAGE is not set"
    return "" if is_switched_on("MIRRORS_ENFORCE", True) else "MIRRORS_ENFORCE is off"


def current_site(connection: BaseDatabaseWrapper) -> CurrentSite:
    """Return the site of this process.

    Raises:
        NotIdentifiedError: ``SITE_ID`` is no id. Or this is a mirror without one, or a mirror whose Django uses another
            id.
    """
    application = str(read_setting("MIRRORS_APPLICATION")) or ORIGINAL
    site_id, remarks = _site_id(application)
    domain, domain_problem = _domain()
    return CurrentSite(
        site_id=site_id,
        application=application,
        stage=current_stage(),
        database=database_identity(connection),
        domain=domain,
        name=str(read_setting("SITE_NAME")).strip(),
        further_domains=parse_hosts(str(read_setting("DOMAIN_ALIASES")), str(read_setting("DOMAIN_REDIRECTS"))),
        domain_problem=domain_problem,
        notes=remarks,
    )


def _domain() -> tuple[str, str]:
    try:
        return parse_host(str(read_setting("DOMAIN"))), ""
    except DomainError as error:
        return "", str(error)


def _site_id(application: str) -> tuple[int, tuple[str, ...]]:
    """Return the id that the code uses, and notes about it. An original needs no ``SITE_ID``: its id is 1 then."""
    own, given = getattr(settings, "SITE_ID", None), os.environ.get("SITE_ID")
    if is_unset(own) and is_unset(given):
        if application != ORIGINAL:
            raise NotIdentifiedError(
                f"MIRRORS_APPLICATION is {application}, so this is a mirror, but there is no SITE_ID: "
                "set SITE_ID to the id of its site."
            )
        return 1, ()
    number = parse_site_id(given if is_unset(own) else own)
    mismatches = tuple(_setting_mismatches(number, own, given)) if apps.is_installed("django.contrib.sites") else ()
    if mismatches and application != ORIGINAL:
        raise NotIdentifiedError(" ".join(mismatches))
    return number, (*mismatches, *_text_notes(number, own))


def _setting_mismatches(number: int, own: Any, given: str | None) -> Iterator[str]:
    """Yield why Django serves another site than the environment names."""
    if is_unset(own):
        yield (
            f"The environment has SITE_ID {number}, but the settings have none, so Django goes by the Host header: "
            f"{READ_IT}"
        )
    elif not is_unset(given) and parse_site_id(given) != number:
        yield (
            f"The environment has SITE_ID {given!r}, but the settings have {number}, and Django goes by that: {READ_IT}"
        )


def _text_notes(number: int, own: Any) -> Iterator[str]:
    """Yield a note about a ``SITE_ID`` that is text.

    Every view works with it, so nothing is refused. ``manage.py check`` reports it as an error (sites.E101).
    """
    if isinstance(own, str) and own:
        yield (
            f"SITE_ID is the text {own!r} in the settings: this process sees no changed Site row until it restarts. "
            f"Write it as a number, {number}, or read it with int()."
        )

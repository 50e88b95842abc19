"""What the text of ``SITE_ID`` and ``DOMAIN`` means. Pure."""

from __future__ import annotations

import re
from typing import Any

from django_mirrors.errors import DomainError, NotIdentifiedError

__all__ = ["HIGHEST_ID", "host_of", "hosts_of", "is_unset", "site_id_of"]

HIGHEST_ID = 2_147_483_647
"""What the primary key of ``Site``, an ``AutoField`` (Django 4.2 to 6.0), takes on PostgreSQL."""

_HOST = re.compile(r"(?:[^\W_](?:[\w.-]*[^\W_])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")


def is_unset(value: Any) -> bool:
    """Whether a ``SITE_ID`` says nothing. 0 does say something, to people: Django alone takes it for none."""
    return value is None or (isinstance(value, str) and not value)


def site_id_of(value: Any) -> int:
    """The id that Django looks up for this ``SITE_ID``: its ``get_prep_value`` is ``int()``, which passes over blanks
    around it, a sign, leading zeros, and reads the digits of every script.

    :raises NotIdentifiedError: it is no whole number, or none that a row can have
    """
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        raise NotIdentifiedError(f"SITE_ID is {value!r}, which is no whole number: set it to the site's id.") from None
    if number < 1:
        raise NotIdentifiedError(
            f"SITE_ID is {value!r}, and ids begin at 1. Django takes 0 for no SITE_ID at all, and goes by the Host "
            "header: set SITE_ID to the site's id."
        )
    if number > HIGHEST_ID:
        raise NotIdentifiedError(f"SITE_ID is {value!r}, and a Site row's id is {HIGHEST_ID} at most.")
    return number


def host_of(text: str) -> str:
    """``DOMAIN`` in lower case: one host, and its port if it has one; empty if it is not set.

    Divio gives one host, and further ones in ``DOMAIN_ALIASES``, with commas between them
    (https://docs.divio.com/reference/divio-environment-variables/).

    :raises DomainError: it is anything else
    """
    host = text.strip().lower()
    if host and not _HOST.fullmatch(host):
        shown = "holds a user or password" if "@" in host else f"is {text.strip()!r}"
        raise DomainError(
            f"DOMAIN {shown}, and takes one host name, with its port if it has one, such as www.example.com: no "
            "https://, no path. Further host names go into DOMAIN_ALIASES."
        )
    return host


def hosts_of(*lists: str) -> frozenset[str]:
    """The items of comma-separated lists, in lower case."""
    return frozenset(item.strip().lower() for text in lists for item in text.split(",") if item.strip())

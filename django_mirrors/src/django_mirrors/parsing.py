"""Meaning of the text of ``SITE_ID`` and ``DOMAIN``. Pure."""

from __future__ import annotations

import re
from typing import Any

from django_mirrors.errors import DomainError, NotIdentifiedError

__all__ = ["HIGHEST_ID", "is_unset", "parse_host", "parse_hosts", "parse_site_id"]

HIGHEST_ID = 2_147_483_647
"""Highest primary key of ``Site``, an ``AutoField`` (Django 4.2 to 6.0), on PostgreSQL."""

_HOST = re.compile(r"(?:[^\W_](?:[\w.-]*[^\W_])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")


def is_unset(value: Any) -> bool:
    """Return whether ``SITE_ID`` has no value. 0 counts as a value, although Django treats it as missing."""
    return value is None or (isinstance(value, str) and not value)


def parse_site_id(value: Any) -> int:
    """Return the id that Django looks up for this ``SITE_ID``.

    Django's ``get_prep_value`` calls ``int()``, which accepts surrounding blanks, a sign, leading zeros and the digits
    of every script.

    Raises:
        NotIdentifiedError: it is no whole number, or one that no row can have.
    """
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        raise NotIdentifiedError(f"SITE_ID is {value!r}, which is no whole number: set it to the site's id.") from None
    if number < 1:
        raise NotIdentifiedError(
            f"SITE_ID is {value!r}, and ids begin at 1. Django treats 0 as a missing SITE_ID and uses the Host "
            "header: set SITE_ID to the site's id."
        )
    if number > HIGHEST_ID:
        raise NotIdentifiedError(f"SITE_ID is {value!r}, and a Site row's id is {HIGHEST_ID} at most.")
    return number


def parse_host(text: str) -> str:
    """Return ``DOMAIN`` in lower case: one host, with its port if it has one. Return "" if it is not set.

    Divio gives one host. Further hosts are in ``DOMAIN_ALIASES``, separated by commas
    (https://docs.divio.com/reference/divio-environment-variables/).

    Raises:
        DomainError: it is anything else.
    """
    host = text.strip().lower()
    if host and not _HOST.fullmatch(host):
        shown = "holds a user or password" if "@" in host else f"is {text.strip()!r}"
        raise DomainError(
            f"DOMAIN {shown}, and takes one host name, with its port if it has one, such as www.example.com: no "
            "https://, no path. Further host names go into DOMAIN_ALIASES."
        )
    return host


def parse_hosts(*lists: str) -> frozenset[str]:
    """Return the items of comma-separated lists, in lower case."""
    return frozenset(item.strip().lower() for text in lists for item in text.split(",") if item.strip())

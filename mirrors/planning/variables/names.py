"""Names of the environment variables that mean something to Mirrors, and the order in which Mirrors writes them."""

from collections.abc import Iterable

from mirrors.config.values import HIGHEST_SITE_ID

SITE_ID = "SITE_ID"
MIRRORS_APPLICATION = "MIRRORS_APPLICATION"
DATABASE_URL = "DATABASE_URL"
DOMAIN = "DOMAIN"

OWN = (SITE_ID, MIRRORS_APPLICATION)
"""The variables that differ at each mirror. They are plain on the platform, so that Mirrors can read them back."""

LOGGABLE_VARIABLES = frozenset(
    {*OWN, DOMAIN, "DOMAIN_ALIASES", "DOMAIN_REDIRECTS", "STAGE", "SITE_NAME", "GIT_BRANCH", "DEBUG"}
)
"""Names whose values are public. A quoted deployment log keeps them, so that it stays readable."""


def site_label(slug: str, environment: str) -> str:
    """Return the name of a site in resources and in the state: ``acme-de (test)``."""
    return f"{slug} ({environment})"


def is_service_variable(name: str) -> bool:
    """Return whether a shared variable names a database or a storage, which Test and Live must never share."""
    return name == DATABASE_URL or name.endswith(("_DATABASE_DSN", "_STORAGE_DSN"))


def number(value: str | None) -> int | None:
    """Parse a SITE_ID as ``int()`` in a site's ``settings.py`` does; None for text that is no SITE_ID.

    ``int()`` accepts surrounding blanks, a sign, leading zeros, underscores and the digits of any script (Python 3.11
    to 3.14). Django treats 0 as no SITE_ID, and PostgreSQL has no row above ``HIGHEST_SITE_ID``.

    >>> number(" 2"), number("+02"), number("two"), number("0")
    (2, 2, None, None)
    """
    try:
        site_id = int(value or "")
    except ValueError:
        return None
    return site_id if 1 <= site_id <= HIGHEST_SITE_ID else None


def _rank(name: str) -> int:
    return {SITE_ID: 0, MIRRORS_APPLICATION: 1, DATABASE_URL: 3}.get(name, 2)


def write_order(names: Iterable[str]) -> list[str]:
    """Sort names for writing: SITE_ID first, DATABASE_URL last.

    So a mirror never has the shared database without its own SITE_ID.
    """
    return sorted(names, key=lambda name: (_rank(name), name))


def removal_order(names: Iterable[str]) -> list[str]:
    """Sort names for removal: DATABASE_URL first, SITE_ID last."""
    return write_order(names)[::-1]

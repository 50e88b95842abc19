"""Names of the environment variables that mean something to Mirrors, and the order in which Mirrors writes them."""

from collections.abc import Iterable

from mirrors.config.values.common_values import HIGHEST_SITE_ID
from mirrors.config.values.variable_names import DATABASE_URL, DOMAIN, MIRRORS_APPLICATION, SITE_ID, SITE_VARIABLES

__all__ = [
    "DATABASE_URL",
    "DOMAIN",
    "LOGGABLE_VARIABLES",
    "MIRRORS_APPLICATION",
    "SITE_ID",
    "SITE_VARIABLES",
    "format_site_label",
    "is_service_variable",
    "parse_site_id",
    "sort_for_removal",
    "sort_for_writing",
]

LOGGABLE_VARIABLES = frozenset(
    {*SITE_VARIABLES, DOMAIN, "DOMAIN_ALIASES", "DOMAIN_REDIRECTS", "STAGE", "SITE_NAME", "GIT_BRANCH", "DEBUG"}
)
"""Names whose values are public. A quoted deployment log keeps them, so that it stays readable."""


def format_site_label(slug: str, environment: str) -> str:
    """Return the name of a site in resources and in the state: ``acme-de (test)``."""
    return f"{slug} ({environment})"


def is_service_variable(name: str) -> bool:
    """Return whether a shared variable names a database or a storage, which Test and Live must never share."""
    return name == DATABASE_URL or name.endswith(("_DATABASE_DSN", "_STORAGE_DSN"))


def parse_site_id(value: str | None) -> int | None:
    """Parse a SITE_ID as ``int()`` in a site's ``settings.py`` does; None for text that is no SITE_ID.

    ``int()`` accepts surrounding blanks, a sign, leading zeros, underscores and the digits of any script (Python 3.11
    to 3.14). Django treats 0 as no SITE_ID, and PostgreSQL has no row above ``HIGHEST_SITE_ID``.

    >>> parse_site_id(" 2"), parse_site_id("+02"), parse_site_id("two"), parse_site_id("0")
    (2, 2, None, None)
    """
    try:
        site_id = int(value or "")
    except ValueError:
        return None
    return site_id if 1 <= site_id <= HIGHEST_SITE_ID else None


def _rank(name: str) -> int:
    return {SITE_ID: 0, MIRRORS_APPLICATION: 1, DATABASE_URL: 3}.get(name, 2)


def sort_for_writing(names: Iterable[str]) -> list[str]:
    """Sort names for writing: SITE_ID first, DATABASE_URL last.

    So a mirror never has the shared database without its own SITE_ID.
    """
    return sorted(names, key=lambda name: (_rank(name), name))


def sort_for_removal(names: Iterable[str]) -> list[str]:
    """Sort names for removal: DATABASE_URL first, SITE_ID last."""
    return sort_for_writing(names)[::-1]

"""The names of the environment variables that have a meaning of their own, and the order in which they are written."""

from collections.abc import Iterable

from mirrors.config.values import HIGHEST_SITE_ID

SITE_ID = "SITE_ID"
MIRRORS_APPLICATION = "MIRRORS_APPLICATION"
DATABASE_URL = "DATABASE_URL"
DOMAIN = "DOMAIN"

OWN = (SITE_ID, MIRRORS_APPLICATION)
"""What every mirror has of its own. Plain on the platform, so that it can be read back."""

LOGGABLE_VARIABLES = frozenset(
    {*OWN, DOMAIN, "DOMAIN_ALIASES", "DOMAIN_REDIRECTS", "STAGE", "SITE_NAME", "GIT_BRANCH", "DEBUG"}
)
"""Names whose values are no secrets, so that a deployment's log stays readable where it quotes them."""


def site_label(slug: str, environment: str) -> str:
    """What a resource calls its site, which is in the state: ``acme-de (test)``."""
    return f"{slug} ({environment})"


def is_service_variable(name: str) -> bool:
    """Whether a shared variable names a database or a storage, which Test and Live must never have in common."""
    return name == DATABASE_URL or name.endswith(("_DATABASE_DSN", "_STORAGE_DSN"))


def number(value: str | None) -> int | None:
    """A SITE_ID as a site's ``settings.py`` reads it from its environment, with ``int()``; None for what is none.

    That takes blanks around it, a sign, leading zeros, underscores and the digits of any script (Python 3.11 to 3.14).
    Django takes 0 for no SITE_ID, and PostgreSQL has no row above ``HIGHEST_SITE_ID``.

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
    """SITE_ID first and DATABASE_URL last: at no moment has a mirror the shared database without its own SITE_ID."""
    return sorted(names, key=lambda name: (_rank(name), name))


def removal_order(names: Iterable[str]) -> list[str]:
    """The way back: DATABASE_URL goes first, SITE_ID last."""
    return write_order(names)[::-1]

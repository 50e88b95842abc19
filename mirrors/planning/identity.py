"""Whether the process that serves a site is the one that was declared, as the companion app tells it. Pure."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mirrors.planning.dsn import UNREADABLE, identity_of
from mirrors.planning.names import DATABASE_URL, MIRRORS_APPLICATION, SITE_ID, number

STATUS_PATH = "/.well-known/mirrors.json"
"""Where ``django_mirrors`` answers, if ``MIRRORS_STATUS`` is on."""

KEYS = frozenset({"site_id", "application", "database"})


@dataclass(frozen=True)
class Identity:
    """``site_id`` and ``database`` are None where they are not declared, or nothing can be compared.

    ``application`` is None for the original; ``database`` is the digest that the companion app shows.
    """

    site_id: int | None
    application: str | None
    database: str | None


def declared_identity(variables: Mapping[str, str]) -> Identity:
    """Of a site that is deployed with these variables."""
    return Identity(
        number(variables.get(SITE_ID)),
        variables.get(MIRRORS_APPLICATION),
        database_digest(variables.get(DATABASE_URL, "")),
    )


def database_digest(dsn: str) -> str | None:
    """As the companion app computes it: the start of the SHA-256 of ``host:port/name``, in hexadecimal digits.

    None where a site may spell the place in another way: sockets, IPv6, files beside the code, other databases.
    """
    identity = identity_of(dsn)
    scheme, _, place = identity.partition("://")
    if identity == UNREADABLE or any(sign in place for sign in "[%"):
        return None
    if scheme == "sqlite" and place.startswith("//"):
        place = f"sqlite:{place[1:]}"
    elif scheme not in ("postgres", "mysql"):
        return None
    return hashlib.sha256(place.encode()).hexdigest()[:16]


def mistaken(declared: Identity, told: Any) -> str | None:
    """What is wrong with the answer ``told`` of the companion app, in a few words; None if it is as declared."""
    if not isinstance(told, dict) or not told.keys() >= KEYS:
        return "the answer is none of the companion app django_mirrors"
    return "; ".join(_differences(declared, told)) or None


def _differences(declared: Identity, told: Mapping[str, Any]) -> Iterator[str]:
    if declared.site_id is not None and told["site_id"] != declared.site_id:
        yield f"SITE_ID is {told['site_id']!r} there, and {declared.site_id} is declared"
    if told["application"] != declared.application:
        yield f"it is {_named(told['application'])}, and {_named(declared.application)} is declared"
    if declared.database is not None and told["database"] != declared.database:
        yield f"it uses another database than the one that {DATABASE_URL} names"


def _named(application: object) -> str:
    return "the original" if application is None else f"{application!r}"

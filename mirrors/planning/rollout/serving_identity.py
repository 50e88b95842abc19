"""Compare the process that serves a site with the declared one, by the answer of the companion app. Pure."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mirrors.planning.variables.dsn import Service, read_service
from mirrors.planning.variables.names import DATABASE_URL, MIRRORS_APPLICATION, SITE_ID, parse_site_id

STATUS_PATH = "/.well-known/mirrors.json"
"""The path at which ``django_mirrors`` answers, if ``MIRRORS_STATUS`` is on."""

QUOTED_CHARACTERS = 80
"""How many characters of an answer a message quotes. A slug has at most 63."""

IDENTITY_KEYS = frozenset({"site_id", "application", "database"})


@dataclass(frozen=True)
class ServingIdentity:
    """The identity of a serving process, as it is declared.

    Args:
        site_id: The SITE_ID; None where none is declared.
        application: The mirror's slug; None for the original.
        database: The digest that the companion app shows; None where Mirrors cannot compare the database.
    """

    site_id: int | None
    application: str | None
    database: str | None


def expect_identity(variables: Mapping[str, str]) -> ServingIdentity:
    """Return the identity of a site that is deployed with these variables."""
    return ServingIdentity(
        parse_site_id(variables.get(SITE_ID)),
        variables.get(MIRRORS_APPLICATION),
        digest_database(variables.get(DATABASE_URL, "")),
    )


def digest_database(dsn: str) -> str | None:
    """Return the start of the SHA-256 of ``host:port/name``, in hexadecimal digits, as the companion app computes it.

    Returns:
        The digest. None where the DSN alone does not identify the database, for a relative path, and for a kind
        that the companion app does not compare.
    """
    service = read_service(dsn)
    place = _identify_database(service) if service and service.comparable else None
    return hashlib.sha256(place.encode()).hexdigest()[:16] if place else None


def _identify_database(service: Service) -> str | None:
    """Return the identity of the database as ``django_mirrors.database_identity`` computes it."""
    if service.kind == "sqlite" and service.name.startswith("/"):
        return f"sqlite:{service.name}"
    if service.kind not in ("postgres", "mysql"):
        return None
    schema = f"?search_path={service.schema}" if service.schema else ""
    return f"{','.join(sorted(map(str, service.servers)))}/{service.name}{schema}"


def compare_identity(declared: ServingIdentity, answer: Any) -> str | None:
    """Compare the answer of the companion app with the declared identity.

    Args:
        declared: The declared identity.
        answer: The answer, parsed from JSON.

    Returns:
        The differences in a few words; None if there is none.
    """
    if not isinstance(answer, dict) or not answer.keys() >= IDENTITY_KEYS:
        return "the answer is not from the companion app django_mirrors"
    return "; ".join(_find_differences(declared, answer)) or None


def _find_differences(declared: ServingIdentity, answer: Mapping[str, Any]) -> Iterator[str]:
    if declared.site_id is not None and answer["site_id"] != declared.site_id:
        yield f"its SITE_ID is {_quote(answer['site_id'])}, and {declared.site_id} is declared"
    if answer["application"] != declared.application:
        yield f"it is {_name_site(answer['application'])}, and {_name_site(declared.application)} is declared"
    if declared.database is not None and answer["database"] != declared.database:
        yield f"it uses another database than the one that {DATABASE_URL} names"


def _name_site(application: object) -> str:
    return "the original" if application is None else _quote(application)


def _quote(value: object) -> str:
    """Return the value as text, shortened: an answer may have any length, and may come from a stranger's server."""
    text = repr(value)
    return text if len(text) <= QUOTED_CHARACTERS else f"{text[:QUOTED_CHARACTERS]}…"

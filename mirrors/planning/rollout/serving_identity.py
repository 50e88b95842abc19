"""Whether the process that serves a site is the one that was declared, as the companion app tells it. Pure."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mirrors.planning.variables.dsn import Service, service_of
from mirrors.planning.variables.names import DATABASE_URL, MIRRORS_APPLICATION, SITE_ID, number

STATUS_PATH = "/.well-known/mirrors.json"
"""Where ``django_mirrors`` answers, if ``MIRRORS_STATUS`` is on."""

LONGEST = 80
"""Characters of an answer that are quoted: a slug has no more than 63."""

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

    None where the DSN alone does not say which database it is, for a file beside the code, and for other databases.
    """
    service = service_of(dsn)
    place = _place(service) if service and service.comparable else None
    return hashlib.sha256(place.encode()).hexdigest()[:16] if place else None


def _place(service: Service) -> str | None:
    """Return the identity of the database as ``django_mirrors.database_identity`` computes it."""
    if service.kind == "sqlite" and service.name.startswith("/"):
        return f"sqlite:{service.name}"
    if service.kind not in ("postgres", "mysql"):
        return None
    schema = f"?search_path={service.schema}" if service.schema else ""
    return f"{','.join(sorted(map(str, service.servers)))}/{service.name}{schema}"


def mistaken(declared: Identity, told: Any) -> str | None:
    """What is wrong with the answer ``told`` of the companion app, in a few words; None if it is as declared."""
    if not isinstance(told, dict) or not told.keys() >= KEYS:
        return "the answer is none of the companion app django_mirrors"
    return "; ".join(_differences(declared, told)) or None


def _differences(declared: Identity, told: Mapping[str, Any]) -> Iterator[str]:
    if declared.site_id is not None and told["site_id"] != declared.site_id:
        yield f"SITE_ID is {_quoted(told['site_id'])} there, and {declared.site_id} is declared"
    if told["application"] != declared.application:
        yield f"it is {_named(told['application'])}, and {_named(declared.application)} is declared"
    if declared.database is not None and told["database"] != declared.database:
        yield f"it uses another database than the one that {DATABASE_URL} names"


def _named(application: object) -> str:
    return "the original" if application is None else _quoted(application)


def _quoted(value: object) -> str:
    """What a site answers may be of any length, and is a stranger's where the address is."""
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"

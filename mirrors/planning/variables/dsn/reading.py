"""From a DSN, or from an identity that somebody wrote, to what it points at."""

import re
from urllib.parse import SplitResult, parse_qs, parse_qsl, quote, unquote, urlsplit

from mirrors.planning.variables.dsn.databases import database_of, quoted_database_of
from mirrors.planning.variables.dsn.service import UNREADABLE, Service, is_ipv6, server
from mirrors.planning.variables.dsn.storages import storage_of

_HIDDEN = re.compile("credential|key|pass|pwd|secret|token|user", re.IGNORECASE)
"""In the name of a part of a query that may be a credential."""

_OURS = frozenset(
    {"accesspoint", "currentSchema", "db", "dsn", "extra_params", "host", "options", "port", "read_default_file"}
    | {"read_default_group", "service", "unix_socket"}
)
"""What the query of an identity may have."""


def service_of(dsn: str | None) -> Service | None:
    """What a DSN points at. None where there is none, or where Mirrors cannot read it.

    >>> str(service_of("postgresql://user:secret@DB.example.com/acme-live?sslmode=require"))
    'postgres://db.example.com:5432/acme-live'
    """
    try:
        parts = _parts(dsn or "")
        if _has_hash(dsn or ""):
            return quoted_database_of(parts)
        return database_of(parts) or storage_of(parts) or _of_another_kind(parts)
    except ValueError:
        return None


def service_identity(dsn: str | None) -> str:
    """The same in clear, without credentials; ``UNREADABLE`` for None. One service has one identity."""
    return str(service_of(dsn) or UNREADABLE)


def readable_identity(dsn: str | None) -> str | None:
    """What a DSN points at; None where there is none, or where it cannot be compared."""
    service = service_of(dsn)
    return str(service) if service and service.comparable else None


def credentials_of(dsn: str) -> tuple[tuple[str, str], ...]:
    """User and password, also those in a query, whose other options do not count. Raises ValueError.

    >>> credentials_of("postgres://a:b%21@db/acme?sslmode=require") == credentials_of("postgresql://a:b!@db:5432/acme")
    True
    """
    parts = _parts(dsn)
    given = (("user", unquote(parts.username or "")), ("password", unquote(parts.password or "")))
    query = parse_qsl(parts.query, keep_blank_values=True)
    return (*given, *sorted((name, value) for name, value in query if _HIDDEN.search(name)))


def normalized_identity(identity: str) -> str:
    """An identity as ``service_identity`` spells it today, from one that a state has, or that somebody wrote.

    States have schemes, ports and hosts as they stood in the DSN, IPv6 addresses without their brackets, and names
    that are not escaped.

    >>> respelled("postgresql://::1:5432/acme"), respelled("unreadable")
    ('postgres://[::1]:5432/acme', 'unreadable')
    """
    scheme, separator, rest = identity.partition("://")
    place, slash, path = rest.partition("/")
    if not separator:
        return identity
    user, at, host = place.rpartition("@")
    name, mark, query = path.partition("?")
    if mark and not {*parse_qs(query, keep_blank_values=True)} <= _OURS:
        name, mark, query = quote(path), "", ""
    service = service_of(f"{scheme}://{user}{at}{_bracketed(host)}{slash}{name.rstrip('/')}{mark}{query}")
    return str(service) if service else identity


def _bracketed(place: str) -> str:
    host, _, port = place.rpartition(":")
    if is_ipv6(host) and port.isdecimal():
        return f"[{host}]:{port}"
    return f"[{place}]" if is_ipv6(place) else place


def _parts(dsn: str) -> SplitResult:
    """Raises ValueError for what is no DSN, and where a password with an unescaped ``/`` or ``?`` has got behind the
    host."""
    parts = urlsplit(quote(dsn, safe=":/?&=@") if _has_hash(dsn) else dsn)
    if not parts.scheme or "@" in f"{parts.path}{parts.query}{parts.fragment}":
        raise ValueError
    return parts


def _has_hash(dsn: str) -> bool:
    """Whether its password has an unescaped ``#``. Then it is a DSN for django-environ, which reads it quoted."""
    parts = urlsplit(dsn)
    return not parts.path and "@" in parts.fragment


def _of_another_kind(parts: SplitResult) -> Service:
    """Of a scheme that a project has registered itself. Nothing says which parts of it decide."""
    if not parts.netloc:
        raise ValueError
    return Service(parts.scheme, (server(parts.hostname or "", parts.port),), unquote(parts.path.strip("/")))

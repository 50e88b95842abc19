"""Find the service that a DSN, or an identity in a configuration, points at."""

import re
from urllib.parse import SplitResult, parse_qs, parse_qsl, quote, unquote, urlsplit

from mirrors.planning.variables.dsn.databases import read_database, read_quoted_database
from mirrors.planning.variables.dsn.service import UNREADABLE_IDENTITY, Service, is_ipv6, normalize_server
from mirrors.planning.variables.dsn.storages import read_storage

_HIDDEN = re.compile("credential|key|pass|pwd|secret|token|user", re.IGNORECASE)
"""Matches the name of a query's part that may be a credential."""

_OURS = frozenset(
    {"accesspoint", "currentSchema", "db", "dsn", "extra_params", "host", "options", "port", "read_default_file"}
    | {"read_default_group", "service", "unix_socket"}
)
"""The keys that the query of an identity may have."""


def read_service(dsn: str | None) -> Service | None:
    """Return the service that a DSN points at; None without a DSN, or where Mirrors cannot read it.

    >>> str(read_service("postgresql://user:secret@DB.example.com/acme-live?sslmode=require"))
    'postgres://db.example.com:5432/acme-live'
    """
    try:
        parts = _parts(dsn or "")
        if _has_hash(dsn or ""):
            return read_quoted_database(parts)
        return read_database(parts) or read_storage(parts) or _of_another_kind(parts)
    except ValueError:
        return None


def identify_service(dsn: str | None) -> str:
    """Return the service as text without credentials; ``UNREADABLE`` for None. One service has one identity."""
    return str(read_service(dsn) or UNREADABLE_IDENTITY)


def identify_comparable_service(dsn: str | None) -> str | None:
    """Return the identity of a DSN's service; None without a service, or where Mirrors cannot compare it."""
    service = read_service(dsn)
    return str(service) if service and service.comparable else None


def read_credentials(dsn: str) -> tuple[tuple[str, str], ...]:
    """Return user and password, and the credentials in the query. The query's other options do not count.

    Raises:
        ValueError: The DSN cannot be parsed.

    >>> read_credentials("postgres://a:b%21@db/acme?sslmode=require") == read_credentials("postgresql://a:b!@db:5432/acme")
    True
    """
    parts = _parts(dsn)
    given = (("user", unquote(parts.username or "")), ("password", unquote(parts.password or "")))
    query = parse_qsl(parts.query, keep_blank_values=True)
    return (*given, *sorted((name, value) for name, value in query if _HIDDEN.search(name)))


def normalize_identity(identity: str) -> str:
    """Return an identity from a state or a configuration as ``identify_service`` spells it today.

    Older states have schemes, ports and hosts as the DSN had them, IPv6 addresses without brackets, and unescaped
    names.

    >>> normalize_identity("postgresql://::1:5432/acme"), normalize_identity("unreadable")
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
    service = read_service(f"{scheme}://{user}{at}{_bracketed(host)}{slash}{name.rstrip('/')}{mark}{query}")
    return str(service) if service else identity


def _bracketed(place: str) -> str:
    host, _, port = place.rpartition(":")
    if is_ipv6(host) and port.isdecimal():
        return f"[{host}]:{port}"
    return f"[{place}]" if is_ipv6(place) else place


def _parts(dsn: str) -> SplitResult:
    """Split a DSN.

    Raises:
        ValueError: The text is no DSN, or an unescaped ``/`` or ``?`` has moved its password behind the host.
    """
    parts = urlsplit(quote(dsn, safe=":/?&=@") if _has_hash(dsn) else dsn)
    if not parts.scheme or "@" in f"{parts.path}{parts.query}{parts.fragment}":
        raise ValueError
    return parts


def _has_hash(dsn: str) -> bool:
    """Return whether the password has an unescaped ``#``. Only django-environ of the two libraries reads such a DSN."""
    parts = urlsplit(dsn)
    return not parts.path and "@" in parts.fragment


def _of_another_kind(parts: SplitResult) -> Service:
    """Return the service of a scheme that a project registered itself. It is never comparable."""
    if not parts.netloc:
        raise ValueError
    return Service(parts.scheme, (normalize_server(parts.hostname or "", parts.port),), unquote(parts.path.strip("/")))

"""Addresses of sites and identities of services, read from values of variables; credentials only to compare them."""

import ipaddress
import re
from urllib.parse import parse_qsl, unquote, urlsplit

UNREADABLE = "unreadable"
_WITHOUT_HOST = frozenset({"file", "sqlite"})
_SCHEMES = dict.fromkeys(("postgresql", "psql", "pgsql", "postgis"), "postgres")
"""Other names of one thing, as ``dj-database-url`` and the clients of databases take them."""
_HIDDEN = re.compile("credential|key|pass|pwd|secret|token|user", re.IGNORECASE)
"""In the name of a part of a query that may be a credential."""
_PORTS = {"postgres": 5432, "mysql": 3306}


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only mean this machine."""
    name = host.strip("[]")
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def address_of(domain: str | None) -> str | None:
    """Where a browser finds the site whose ``DOMAIN`` this is: https, or plain http on this machine.

    >>> address_of("www.example.com"), address_of("127.0.0.1:8001")
    ('https://www.example.com/', 'http://127.0.0.1:8001/')
    """
    if not domain:
        return None
    host = urlsplit(f"//{domain}").hostname or ""
    return f"{'http' if is_loopback(host) else 'https'}://{domain}/"


def identity_of(dsn: str) -> str:
    """What a DSN points at, without user, password and query: scheme, host, port and path (database or bucket).

    One service has one identity, however its DSN is spelled.

    >>> identity_of("postgresql://user:secret@DB.example.com/acme-live?sslmode=require")
    'postgres://db.example.com:5432/acme-live'
    """
    try:
        parts = urlsplit(dsn)
        port = parts.port
    except ValueError:
        return UNREADABLE
    beyond = f"{parts.path}{parts.query}{parts.fragment}"  # where a password with an unescaped / ? or # ends up
    if not parts.scheme or "@" in beyond or not (parts.netloc or parts.scheme in _WITHOUT_HOST):
        return UNREADABLE
    return _spelled(parts.scheme, parts.hostname or "", port, unquote(parts.path))


def credentials_of(dsn: str) -> tuple[tuple[str, str], ...]:
    """User and password, also those in a query, whose other options do not count. Raises ValueError.

    >>> credentials_of("postgres://a:b%21@db/acme?sslmode=require") == credentials_of("postgresql://a:b!@db:5432/acme")
    True
    """
    parts = urlsplit(dsn)
    given = (("user", unquote(parts.username or "")), ("password", unquote(parts.password or "")))
    query = parse_qsl(parts.query, keep_blank_values=True)
    return (*given, *sorted((name, value) for name, value in query if _HIDDEN.search(name)))


def readable_identity(dsn: str | None) -> str | None:
    """What a DSN points at; None where there is none, or where it cannot be compared."""
    identity = identity_of(dsn) if dsn else UNREADABLE
    return None if identity == UNREADABLE else identity


def respelled(identity: str) -> str:
    """An identity as ``identity_of`` spells it today, from one that a state has, or that somebody wrote.

    States have schemes, ports and hosts as they stood in the DSN, and IPv6 addresses without their brackets.

    >>> respelled("postgresql://::1:5432/acme"), respelled("unreadable")
    ('postgres://[::1]:5432/acme', 'unreadable')
    """
    scheme, separator, rest = identity.partition("://")
    if not separator:
        return identity
    place, slash, path = rest.partition("/")
    host, port = _host_and_port(place.rpartition("@")[2])
    return _spelled(scheme.lower(), host, port, f"{slash}{path}")


def _host_and_port(place: str) -> tuple[str, int | None]:
    host, colon, port = place.rpartition(":")
    if colon and port.isascii() and port.isdigit() and (":" not in host or host.startswith("[") or _is_ipv6(host)):
        return host.strip("[]"), int(port)
    return place.strip("[]"), None


def _is_ipv6(host: str) -> bool:
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return True


def _spelled(scheme: str, host: str, port: int | None, path: str) -> str:
    scheme = _SCHEMES.get(scheme, scheme)
    host = host.lower().rstrip(".")
    if _is_ipv6(host):
        host = f"[{ipaddress.IPv6Address(host)}]"
    port = port or (_PORTS.get(scheme) if host else None)
    return f"{scheme}://{host}{f':{port}' if port else ''}{path.rstrip('/')}"

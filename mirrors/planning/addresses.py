"""Addresses of sites and identities of shared services, read from the values of variables. No credentials come out."""

import ipaddress
from urllib.parse import unquote, urlsplit

UNREADABLE = "unreadable"
_WITHOUT_HOST = frozenset({"file", "sqlite"})


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

    >>> identity_of("postgres://user:secret@db.example.com:5432/acme-live?sslmode=require")
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
    host = (parts.hostname or "") + (f":{port}" if port else "")
    return f"{parts.scheme}://{host}{unquote(parts.path).rstrip('/')}"

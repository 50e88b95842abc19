"""Addresses of sites, read from values of variables."""

import ipaddress
from urllib.parse import urlsplit


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

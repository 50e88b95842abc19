"""Read the address of a site from its variable ``DOMAIN``."""

import ipaddress
from urllib.parse import urlsplit

from mirrors.config.values import is_host


def is_loopback(host: str) -> bool:
    """Return whether a host name or address can only mean this machine."""
    name = host.strip("[]")
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def make_site_url(domain: str | None) -> str | None:
    """Return the URL of the site with this ``DOMAIN``: https, or plain http on this machine; None without a host.

    >>> make_site_url("www.example.com"), make_site_url("127.0.0.1:8001")
    ('https://www.example.com/', 'http://127.0.0.1:8001/')
    """
    place = _host_in(domain or "")
    if place is None:
        return None
    host = urlsplit(f"//{place}").hostname or ""
    return f"{'http' if is_loopback(host) else 'https'}://{place}/"


def _host_in(domain: str) -> str | None:
    """Return host and port alone, so that the variable decides where a request goes, but not what it asks for."""
    try:
        place = urlsplit(f"//{domain.strip().rpartition('://')[2]}").netloc.rpartition("@")[2]
    except ValueError:  # an unfinished IPv6 address
        return None
    return place if is_host(place) else None

"""Addresses of sites, read from values of variables."""

import re

from mirrors.web_addresses import host_name_of, is_host, is_this_machine


def make_site_url(domain: str | None) -> str | None:
    """Return the URL of the site with this ``DOMAIN``: https, or plain http on this machine; None without a host.

    >>> make_site_url("www.example.com"), make_site_url("127.0.0.1:8001")
    ('https://www.example.com/', 'http://127.0.0.1:8001/')
    """
    place = _find_host(domain or "")
    if place is None:
        return None
    return f"{'http' if is_this_machine(host_name_of(f'//{place}')) else 'https'}://{place}/"


def _find_host(domain: str) -> str | None:
    """Return host and port alone, so that the variable decides where a request goes, but not what it asks for."""
    place = re.split("[/?#]", domain.strip().rpartition("://")[2])[0].rpartition("@")[2]
    return place if is_host(place) else None

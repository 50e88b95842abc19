"""Checks of web addresses: which one may carry a token, and which hosts are this machine.

The client, the configuration and the planner share these checks. The module imports nothing of Mirrors.
"""

import re
from enum import Enum
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

__all__ = ["ApiUrlFault", "api_url_fault", "host_name_of", "is_host", "is_loopback", "is_this_machine", "split_url"]

_PRINTABLE = re.compile(r"[!-\[\]-~]+")
"""ASCII without blanks and backslashes. Programs read a backslash in an address in different ways."""

_HOST_PATTERN = re.compile(r"(?:[^\W_](?:[\w.-]*[^\W_])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")


class ApiUrlFault(Enum):
    """A reason why an address cannot be that of the platform's API."""

    NO_ADDRESS = "it is not of the form https://host[:port][/path]"
    EXTRA_PARTS = "it has a user name, a query or a fragment"
    TOKEN_IN_CLEAR = "it would send the token in clear"  # noqa: S105 - no token


def split_url(url: str) -> SplitResult | None:
    """Return the parts of an address; None for an incomplete IPv6 address, and for a port that cannot be."""
    try:
        parts = urlsplit(url)
        return parts if parts.port is None or parts.port else None
    except ValueError:
        return None


def api_url_fault(url: str) -> ApiUrlFault | None:
    """Return why an address cannot be that of the platform's API; None for a good one.

    Requests to the API carry the token. So an address needs https, unless its host is loopback.
    """
    parts = split_url(url) if _PRINTABLE.fullmatch(url) else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        return ApiUrlFault.NO_ADDRESS
    if re.search("[@?#]", url):
        return ApiUrlFault.EXTRA_PARTS
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        return ApiUrlFault.TOKEN_IN_CLEAR
    return None


def host_name_of(url: str) -> str:
    """Return the host name of an address, without its port; empty without one."""
    parts = split_url(url)
    return (parts.hostname or "") if parts else ""


def is_loopback(host: str) -> bool:
    """Return whether requests to a host never leave this machine. A name counts only if no DNS server decides it."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:  # The host is a name.
        return host == "localhost"


def is_this_machine(host: str) -> bool:
    """Return whether a host is meant as this machine: loopback, or a name below ``localhost`` (RFC 6761, 6.3).

    Do not send a token in clear to such a name: a DNS server may decide it.
    """
    return is_loopback(host) or host.endswith(".localhost")


def is_host(value: str) -> bool:
    """Return whether a value is one host, with or without a port. The companion app takes the same as ``DOMAIN``."""
    return _HOST_PATTERN.fullmatch(value.lower()) is not None

"""Read what the platform gives as text: names of hosts, lists, switches."""

import os
import re
from urllib.parse import urlsplit


def switch(name: str) -> bool:
    """Return whether the environment variable ``name`` is on; unset, empty, ``0`` and ``False`` are off."""
    return os.environ.get(name, "").strip().lower() not in {"", "0", "false", "no", "off"}


def items(name: str) -> list[str]:
    """Return the comma-separated items of the environment variable ``name``, without empty ones."""
    return [item.strip() for item in os.environ.get(name, "").split(",") if item.strip()]


def hostname(domain: str) -> str:
    """Return ``acme.example`` for ``acme.example:8000``: Django compares hosts without their port."""
    return urlsplit(f"//{domain}").hostname or ""


def cookie_suffix(domain: str) -> str:
    """Return ``_127_0_0_1_8000`` for ``127.0.0.1:8000``.

    Browsers send a cookie to every port of a host (RFC 6265, section 8.5). Sites that differ in their port alone would
    log each other out, if their cookies had the same names.
    """
    return re.sub(r"[^a-z0-9]+", "_", f"_{domain.lower()}") if domain else ""

"""Identifiers in the form of those that Divio sends: 26 characters of lower-case base32 of 16 random bytes."""

import base64
import hashlib
import secrets


def new_uuid() -> str:
    """A fresh identifier, e.g. ``bagztldeadfdhlilnmpzx3twly``."""
    return base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()


def legacy_id(uuid: str) -> int:
    """The number of an application in the older API, always the same for this identifier; below 2 to the 31st."""
    return int.from_bytes(hashlib.sha256(uuid.encode()).digest()[:4], "big") >> 1

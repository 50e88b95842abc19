"""Identifiers in the form of those that Divio sends: 26 characters of lower-case base32 of 16 random bytes."""

import base64
import secrets


def new_uuid() -> str:
    """A fresh identifier, e.g. ``bagztldeadfdhlilnmpzx3twly``."""
    return base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()

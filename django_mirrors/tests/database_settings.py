"""Conversion of a platform's ``DATABASE_URL`` to Django's settings, with few imports."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import django

# The setting of sites with several processes on SQLite: a transaction takes its lock at the start (since Django 5.1).
IMMEDIATE = {"OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 30}} if django.VERSION >= (5, 1) else {}


def django_settings(url: str) -> dict[str, Any]:
    """Return the entry of ``DATABASES`` for a URL."""
    if url.startswith("sqlite:///"):
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": url[len("sqlite:///") :], **IMMEDIATE}
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path[1:],
        "USER": parts.username,
        "PASSWORD": parts.password,
        "HOST": parts.hostname,
        "PORT": str(parts.port),
    }

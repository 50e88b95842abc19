"""Conversion of a platform's ``DATABASE_URL`` to Django's settings, with few imports."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

import django

KINDS = ("sqlite", "postgresql", "mariadb")
"""The kinds of databases, as the tests and the table of operations name them."""

# The setting of sites with several processes on SQLite: a transaction takes its lock at the start (since Django 5.1).
IMMEDIATE = {"OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 30}} if django.VERSION >= (5, 1) else {}


def django_settings(url: str) -> dict[str, Any]:
    """Return the entry of ``DATABASES`` for a URL."""
    if url.startswith("sqlite:///"):
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": url[len("sqlite:///") :], **IMMEDIATE}
    parts = urlsplit(url)
    if parts.scheme == "mysql":
        _load_driver()
    return {
        "ENGINE": f"django.db.backends.{'mysql' if parts.scheme == 'mysql' else 'postgresql'}",
        "NAME": parts.path[1:],
        "USER": parts.username,
        "PASSWORD": parts.password,
        "HOST": parts.hostname,
        "PORT": str(parts.port),
    }


def _load_driver() -> None:
    """Let PyMySQL take the place of mysqlclient where that is not installed: Django imports ``MySQLdb``."""
    if find_spec("MySQLdb") is None:
        import_module("pymysql").install_as_MySQLdb()

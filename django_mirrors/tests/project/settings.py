"""Settings of the tests' site project: all differences between sites and releases come from the environment.

``RELEASE`` is the release of the code. 2 adds the column ``caption`` to release 1, and 3 drops the column ``note``.
4 has one migration in place of the three. 5 renames the model of release 1. 6 adds a column, a table and an index.
7 adds a column that Django can make, and that the guard fails at.
"""

from __future__ import annotations

import os
from typing import Any

from django.core.cache.backends.base import default_key_func

from tests.database_settings import django_settings
from tests.project.killing import kill_at_statement

RELEASE = int(os.environ.get("RELEASE", "1"))

SECRET_KEY = "for the tests alone"
DEBUG = os.environ.get("DEBUG") == "1"
ALLOWED_HOSTS = ["*"]
SITE_ID_AS = os.environ.get("SITE_ID_AS", "number")  # its form in the code: "number", "text", "none", or another value
if SITE_ID_AS.isdigit():
    SITE_ID: Any = int(SITE_ID_AS)
elif "SITE_ID" in os.environ and SITE_ID_AS != "none":
    SITE_ID = int(os.environ["SITE_ID"]) if SITE_ID_AS == "number" else os.environ["SITE_ID"]

DATABASES: dict[str, Any] = {"default": django_settings(os.environ.get("DATABASE_URL", "sqlite:///:memory:"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True

INSTALLED_APPS = [
    "django_mirrors",
    "django.contrib.contenttypes",
    "django.contrib.sites",
    "django.contrib.staticfiles",
    "tests.project.gallery",
]
TITLE_LENGTH = int(os.environ.get("TITLE_LENGTH", "100"))  # of the model; the migrations have 100
if "LEGACY" in os.environ:
    INSTALLED_APPS.append("tests.project.legacy")
MIGRATION_MODULES = {"gallery": f"tests.project.gallery.release_{RELEASE}"}
MIDDLEWARE = ["django_mirrors.middleware.MirrorsMiddleware"]
ROOT_URLCONF = "tests.project.urls"
WSGI_APPLICATION = "tests.project.wsgi.application"
STATIC_URL = "/static/"
STATIC_ROOT = os.environ.get("STATIC_ROOT")

MIRRORS_LOCK_TIMEOUT = 0.2


def site_key(key: str, prefix: str, version: int) -> str:
    """Return a cache key of the project's own making."""
    return f"{SITE_ID}/{default_key_func(key, prefix, version)}"


if "KILLED" in os.environ:
    kill_at_statement(os.environ["KILLED"])

if "CACHE" in os.environ:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": os.environ["CACHE"],
            "KEY_PREFIX": os.environ.get("CACHE_PREFIX", ""),
            "VERSION": int(os.environ.get("CACHE_VERSION", "1")),
            "KEY_FUNCTION": site_key if "CACHE_FUNCTION" in os.environ else default_key_func,
        }
    }

"""The project's settings. ``PAIR`` has the keys of ``pairs.toml`` as JSON."""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import urlsplit

_pair: dict[str, Any] = json.loads(os.environ["PAIR"])
_database = urlsplit(os.environ["DATABASE_URL"])

SECRET_KEY = "of a database that lasts a minute"  # noqa: S105
SITE_ID = int(os.environ["SITE_ID"])
USE_TZ = True
STATIC_URL, MEDIA_URL = "/static/", "/media/"
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
INSTALLED_APPS = [
    "django_mirrors",
    *(f"django.contrib.{name}" for name in ("contenttypes", "auth", "sessions", "sites", "messages", "admin")),
    *_pair["apps"],
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    *_pair["middleware"],
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                *_pair["context_processors"],
            ]
        },
    }
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _database.path[1:],
        "USER": _database.username,
        "PASSWORD": _database.password,
        "HOST": _database.hostname,
        "PORT": _database.port,
    }
}
globals().update(_pair["settings"])

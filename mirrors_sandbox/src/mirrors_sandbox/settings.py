"""Django settings of the sandbox's control plane.

One sandbox is one directory, named by ``MIRRORS_SANDBOX_DIR``. It holds the database (``sandbox.sqlite3``), the request
log (``requests.jsonl``) and the switches (``fidelity.json``, optional). The process layer creates two secrets there
before it starts the server: ``secret_key`` for sessions, ``token`` for the API.

Raises ``ImproperlyConfigured`` when the directory is not named, or when a secret is absent or empty.
"""

import os
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured


def _directory() -> Path:
    name = os.environ.get("MIRRORS_SANDBOX_DIR")
    if not name:
        raise ImproperlyConfigured(
            "MIRRORS_SANDBOX_DIR is not set: it names the directory that holds the sandbox's state."
        )
    return Path(name).absolute()


def _secret(path: Path) -> str:
    try:
        secret = path.read_text().strip()
    except FileNotFoundError:
        raise ImproperlyConfigured(f"{path} does not exist. `mirrors sandbox start` creates it.") from None
    if not secret:
        raise ImproperlyConfigured(f"{path} is empty. Remove it: `mirrors sandbox start` creates it anew.")
    return secret


SANDBOX_DIR = _directory()
SANDBOX_TOKEN = _secret(SANDBOX_DIR / "token")
SECRET_KEY = _secret(SANDBOX_DIR / "secret_key")

DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
ROOT_URLCONF = "mirrors_sandbox.urls"
WSGI_APPLICATION = "mirrors_sandbox.wsgi.application"
APPEND_SLASH = True

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "mirrors_sandbox.apps.SandboxConfig",
]

# The request log is outermost, so that it sees what a fault did to the answer. The slash comes before Django's own
# handling of it, which would redirect.
MIDDLEWARE = [
    "mirrors_sandbox.request_log.RequestLogMiddleware",
    "mirrors_sandbox.faults.FaultMiddleware",
    "mirrors_sandbox.urls.SlashOnReadMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
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
            ]
        },
    }
]

# Many threads read and write at once. With WAL readers never wait. An immediate transaction waits for the other writer
# where it begins. So it never fails half-way because another one wrote in between.
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": SANDBOX_DIR / "sandbox.sqlite3",
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["mirrors_sandbox.authentication.SandboxTokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PAGINATION_CLASS": "mirrors_sandbox.pagination.SandboxPagination",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "rest_framework.parsers.JSONParser",
        "rest_framework.parsers.FormParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "UNAUTHENTICATED_USER": None,
}

USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
# One browser may hold sessions of several sandboxes on one host, whose cookies do not tell ports apart.
SESSION_COOKIE_NAME = "mirrors_sandbox_session"
CSRF_COOKIE_NAME = "mirrors_sandbox_csrf"

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        # Django's own handlers would mail; answers of 4xx are in the request log.
        "django": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "django.request": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
        # A host that is not loopback gets its 400, which is in the request log and needs no traceback.
        "django.security.DisallowedHost": {"handlers": ["stderr"], "level": "CRITICAL", "propagate": False},
    },
}

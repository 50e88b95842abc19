"""One codebase, several sites: whatever differs between two sites comes from the environment.

Sites of one environment share ``DATABASE_URL`` and ``DEFAULT_STORAGE_DSN``; ``SITE_ID`` says which of them this one is.
"""

import os
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import dj_database_url
from django.core.management.utils import get_random_secret_key

from acme.environ import cookie_suffix, hostname, items, switch
from acme.release import fingerprint

BASE_DIR = Path(__file__).resolve().parent.parent

# The site that this process is.
SITE_ID = int(os.environ.get("SITE_ID", 1))
DOMAIN = os.environ.get("DOMAIN", "")
DOMAIN_ALIASES = items("DOMAIN_ALIASES")
SITE_NAME = os.environ.get("SITE_NAME", "")
STAGE = os.environ.get("STAGE", "local")
APPLICATION = os.environ.get("MIRRORS_APPLICATION")  # only mirrors have it
RELEASE = fingerprint(BASE_DIR)

# Without a key of its own, a site gets a new one at each start. No one can know it, and no one stays logged in.
SECRET_KEY = os.environ.get("SECRET_KEY") or get_random_secret_key()
DEBUG = switch("DEBUG")
ALLOWED_HOSTS = [hostname(domain) for domain in (DOMAIN, *DOMAIN_ALIASES) if domain]
ALLOWED_HOSTS += ["127.0.0.1", "localhost", "[::1]"]

# What all sites of an environment share. Without a platform, or while an image is built, it is beside the code.
DATABASE_URL = os.environ.get("DATABASE_URL") or f"sqlite:///{BASE_DIR}/db.sqlite3"
DATABASES = {"default": dj_database_url.parse(DATABASE_URL)}
if DATABASES["default"]["ENGINE"].endswith("mysql") and find_spec("MySQLdb") is None:
    import_module("pymysql").install_as_MySQLdb()  # Django asks for mysqlclient, which needs a compiler
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Several processes write: each waits for its turn from the start, instead of failing when it first writes.
    DATABASES["default"]["OPTIONS"] = {"transaction_mode": "IMMEDIATE", "timeout": 30}
DEFAULT_STORAGE_DSN = os.environ.get("DEFAULT_STORAGE_DSN") or (BASE_DIR / "media").as_uri() + "/?url=%2Fmedia%2F"
STORAGES = {
    "default": {"BACKEND": "acme.storage.DefaultStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
DEFAULT_EXCEPTION_REPORTER_FILTER = "acme.reporting.ExceptionReporterFilter"

# The companion app refuses migrations that would break another site, and a process that is mistaken about its own.
MIRRORS_STATUS = True  # /.well-known/mirrors.json says to anyone which site this process is

INSTALLED_APPS = [
    "django_mirrors",  # before contenttypes, one of whose commands it guards
    "gallery",
    "identity",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.sites",
    "django.contrib.flatpages",
]
MIDDLEWARE = [
    "django_mirrors.middleware.MirrorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.flatpages.middleware.FlatpageFallbackMiddleware",
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
                "identity.context_processors.site",
            ],
        },
    },
]
ROOT_URLCONF = "acme.urls"
WSGI_APPLICATION = "acme.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True

# Static files are part of the code; they are served from where they lie, so no release command has to collect them.
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True

SESSION_COOKIE_NAME = f"sessionid{cookie_suffix(DOMAIN)}"
CSRF_COOKIE_NAME = f"csrftoken{cookie_suffix(DOMAIN)}"

# For a platform that ends TLS in front of the site and sets X-Forwarded-Proto itself.
if switch("HTTPS_ONLY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = 3600

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}

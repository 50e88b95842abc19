"""Several sites with django CMS: ``SITE_ID`` says which of them a process is.

Sites of one environment share ``DATABASE_URL`` and ``DEFAULT_STORAGE_DSN``. ``examples/acme`` shows what a site needs
beyond that: aliases of its domain, HTTPS, storages that are no folder, MySQL.
"""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

import dj_database_url
from django.core.management.utils import get_random_secret_key

from press.languages import NAMES, cms_languages, languages_of

BASE_DIR = Path(__file__).resolve().parent.parent

# The site that this process is.
SITE_ID = int(os.environ.get("SITE_ID", 1))
DOMAIN = os.environ.get("DOMAIN", "")
SECRET_KEY = os.environ.get("SECRET_KEY") or get_random_secret_key()
ALLOWED_HOSTS = [urlsplit(f"//{DOMAIN}").hostname or "localhost", "127.0.0.1", "localhost"]

# What all sites of an environment share.
DATABASES = {"default": dj_database_url.parse(os.environ.get("DATABASE_URL") or f"sqlite:///{BASE_DIR}/db.sqlite3")}
MEDIA_ROOT = unquote(urlsplit(os.environ.get("DEFAULT_STORAGE_DSN", "")).path) or str(BASE_DIR / "media")
MEDIA_URL = "/media/"

# One cache for all sites, with keys of each site's own: django CMS puts the site into its keys, other apps do not.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "press_cache",
        "KEY_PREFIX": f"site-{SITE_ID}",
    }
}

# Sessions lie in the shared database. Sites on one host name, or below one domain, would send each other's cookies.
SESSION_COOKIE_NAME = f"sessionid_{SITE_ID}"
CSRF_COOKIE_NAME = f"csrftoken_{SITE_ID}"
LANGUAGE_COOKIE_NAME = f"language_{SITE_ID}"

# LANGUAGES is the same for all sites: apps such as django-parler make columns or choices of it.
LANGUAGES = list(NAMES.items())
LANGUAGE_CODE = languages_of(SITE_ID)[0]
CMS_LANGUAGES = cms_languages(SITE_ID)
CMS_TEMPLATES = [("press/page.html", "Page")]
CMS_CONFIRM_VERSION4 = True
X_FRAME_OPTIONS = "SAMEORIGIN"  # the editor shows pages in a frame

INSTALLED_APPS = [
    "django_mirrors",  # before contenttypes, one of whose commands it guards
    "press",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.sites",
    "sekizai",
    "treebeard",
    "menus",
    "cms",
    "parler",
    "easy_thumbnails",
    "filer",
    "djangocms_versioning",
    "djangocms_alias",
]
MIDDLEWARE = [
    "django_mirrors.middleware.MirrorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "cms.middleware.user.CurrentUserMiddleware",
    "cms.middleware.page.CurrentPageMiddleware",
    "cms.middleware.toolbar.ToolbarMiddleware",
    "cms.middleware.language.LanguageCookieMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "sekizai.context_processors.sekizai",
                "cms.context_processors.cms_settings",
            ],
        },
    },
]
ROOT_URLCONF = "press.urls"
WSGI_APPLICATION = "press.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True

"""Imports of every command that need no settings."""

from __future__ import annotations

from importlib import import_module

for name in (
    "django.contrib.sites.apps",
    "django.contrib.staticfiles.apps",
    "django.core.cache",
    "django.core.mail",
    "django.core.management.commands.migrate",
    "django.db.backends.sqlite3.base",
    "django.db.backends.postgresql.base",
    "django.db.migrations.executor",
    "django.template.defaultfilters",
    "django.views.generic",
    "django_migration_linter",
    "django_mirrors.management.commands.mirrors_migrate",
    "django_mirrors.middleware",
    "pymysql",
    "tests.forked",
):
    import_module(name)

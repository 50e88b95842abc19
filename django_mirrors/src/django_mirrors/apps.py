"""The companion as an installed app. It has no models and no migrations: see :mod:`django_mirrors.registry`."""

from __future__ import annotations

from django.apps import AppConfig

__all__ = ["DjangoMirrorsConfig"]


class DjangoMirrorsConfig(AppConfig):
    """``ready()`` is left alone: a query there would break ``collectstatic`` where an image is built."""

    name = "django_mirrors"
    verbose_name = "Mirrors"

"""The companion as an installed app, without models and migrations: see :mod:`django_mirrors.registry`."""

from __future__ import annotations

from django.apps import AppConfig

__all__ = ["DjangoMirrorsConfig"]


class DjangoMirrorsConfig(AppConfig):
    """The app's configuration, without ``ready()``: a query there would break ``collectstatic`` in an image build."""

    name = "django_mirrors"
    verbose_name = "Mirrors"

"""The project's one app."""

from __future__ import annotations

from django.apps import AppConfig


class GalleryConfig(AppConfig):
    name = "tests.project.gallery"
    label = "gallery"

"""The project's content, as the release of the code knows it."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Picture(models.Model):
    title = models.CharField(max_length=settings.TITLE_LENGTH)
    if settings.RELEASE < 3:
        note = models.CharField(max_length=100, default="")
    if settings.RELEASE >= 2:
        caption = models.CharField(max_length=100, null=True)

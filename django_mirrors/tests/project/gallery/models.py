"""The project's content, as the code's release declares it."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class _Picture(models.Model):
    title = models.CharField(max_length=settings.TITLE_LENGTH)
    if settings.RELEASE in (1, 2, 5, 6, 7):
        note = models.CharField(max_length=100, default="")
    if settings.RELEASE in (2, 3, 4):
        caption = models.CharField(max_length=100, null=True)
    if settings.RELEASE == 6:
        caption = models.CharField(max_length=100, default="x")

    class Meta:
        abstract = True


if settings.RELEASE == 5:

    class Photo(_Picture):
        class Meta:
            db_table = "gallery_picture"

else:

    class Picture(_Picture):
        class Meta:
            indexes = [models.Index(fields=["caption"], name="caption")] if settings.RELEASE == 6 else []


if settings.RELEASE == 6:

    class Album(models.Model):
        cover = models.ForeignKey(Picture, models.CASCADE)

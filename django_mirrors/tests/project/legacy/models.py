"""An app without migrations, whose table somebody else makes."""

from __future__ import annotations

from django.db import models


class Old(models.Model):
    name = models.CharField(max_length=20)

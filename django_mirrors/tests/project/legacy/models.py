"""An app without migrations, for a table that another program creates."""

from __future__ import annotations

from django.db import models


class Old(models.Model):
    name = models.CharField(max_length=20)

"""A marker distinguishes shared databases: equal markers, one database."""

import secrets

from django.db import models


def new_marker() -> str:
    """Return 32 random hexadecimal digits."""
    return secrets.token_hex(16)


class Marker(models.Model):
    """The database's only marker. It is no secret, and stays as the first site to ask made it."""

    value = models.CharField(max_length=32, default=new_marker, editable=False)

    def __str__(self) -> str:
        return self.value

    @classmethod
    def get(cls) -> "Marker":
        """Return the marker; make it if there is none. If several sites do so at once, the primary key lets one win."""
        return cls.objects.get_or_create(pk=1)[0]

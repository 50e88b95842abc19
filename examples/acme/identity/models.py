"""A marker tells one shared database from another: equal markers, one database."""

import secrets

from django.db import models


def new_marker() -> str:
    """32 random hexadecimal digits."""
    return secrets.token_hex(16)


class Marker(models.Model):
    """The database's only marker. It is no secret, and stays as the first site to ask made it."""

    value = models.CharField(max_length=32, default=new_marker, editable=False)

    def __str__(self) -> str:
        return self.value

    @classmethod
    def get(cls) -> "Marker":
        """The marker; made if there is none. Of several sites that make one at once, the primary key lets one win."""
        return cls.objects.get_or_create(pk=1)[0]

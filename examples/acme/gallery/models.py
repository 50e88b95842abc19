"""The content of the sites."""

from typing import ClassVar

from django.conf import settings
from django.contrib.sites.managers import CurrentSiteManager
from django.contrib.sites.models import Site
from django.db import models


def current_site_id() -> int:
    """Return the site of the process that asks."""
    return settings.SITE_ID


class Picture(models.Model):
    """A picture of one site. All sites' pictures are in the shared database, their files in the shared storage."""

    # A site's row may go; its content must not go with it unasked, since other sites share the database.
    site = models.ForeignKey(Site, models.PROTECT, related_name="pictures", default=current_site_id)
    title = models.CharField(max_length=100)
    image = models.ImageField(upload_to="pictures")
    added_at = models.DateTimeField(auto_now_add=True)

    objects = models.Manager()
    on_site = CurrentSiteManager()

    class Meta:
        ordering: ClassVar = ["-added_at", "-pk"]

    def __str__(self) -> str:
        return self.title

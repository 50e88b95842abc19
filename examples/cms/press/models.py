"""Content of a page."""

from cms.models import CMSPlugin
from django.db import models
from filer.fields.image import FilerImageField


class Words(CMSPlugin):
    """A text with a picture of the library that all sites share."""

    text = models.TextField()
    picture = FilerImageField(on_delete=models.PROTECT, null=True, blank=True)

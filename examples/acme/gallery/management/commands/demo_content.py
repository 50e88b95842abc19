"""``manage.py demo_content``: make content to look at."""

import colorsys
import io
from typing import Any

from django.conf import settings
from django.contrib.flatpages.models import FlatPage
from django.contrib.sites.models import Site
from django.core.files.base import ContentFile
from django.core.management.base import BaseCommand, CommandError
from PIL import Image, ImageDraw

from gallery.models import Picture


def draw(text: str, site_id: int) -> bytes:
    """Return a PNG file that says ``text``, on a colour of the site's own."""
    red, green, blue = (round(255 * part) for part in colorsys.hsv_to_rgb(site_id * 0.618 % 1, 0.6, 0.6))
    image = Image.new("RGB", (640, 240), (red, green, blue))
    ImageDraw.Draw(image).text((24, 96), text, fill="white", font_size=36)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


class Command(BaseCommand):
    help = "Adds a picture and a flat page to this site, unless it has them."

    def handle(self, *args: Any, **options: Any) -> None:
        site = Site.objects.filter(pk=settings.SITE_ID).first()
        if site is None:
            raise CommandError(f"Site {settings.SITE_ID} has no row yet. Run manage.py mirrors_migrate first.")
        title = f"A picture of site {site.pk}"
        if not Picture.on_site.filter(title=title).exists():
            image = ContentFile(draw(site.name, site.pk), name=f"site-{site.pk}.png")
            Picture.objects.create(site=site, title=title, image=image)
        page, _ = FlatPage.objects.get_or_create(
            url=f"/about-site-{site.pk}/",
            defaults={"title": f"About {site.name}", "content": f"<p>Only {site.name} has this page.</p>"},
        )
        page.sites.add(site)
        self.stdout.write(f"Site {site.pk} has a picture and the page {page.url}.")

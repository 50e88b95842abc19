"""``manage.py publish_page TITLE``: a page to look at."""

import io
from argparse import ArgumentParser
from typing import Any

from cms.api import add_plugin, create_page
from cms.models import Page, PageContent
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.contrib.sites.models import Site
from django.core.files.base import ContentFile
from django.core.management.base import BaseCommand
from django.db import transaction
from djangocms_alias.models import Alias, AliasContent, Category
from filer.models import Image
from PIL import Image as Drawing

from press.languages import NAMES

FOOTER = "Printed by the press of all sites"


class Command(BaseCommand):
    help = "Publishes a page of this site unless it is there, and the footer and the picture of all sites."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("title")

    @transaction.atomic
    def handle(self, *args: Any, title: str, **options: Any) -> None:
        user, _ = get_user_model().objects.get_or_create(username="press", defaults={"is_staff": True})
        publish_footer(user)
        site = Site.objects.get_current()
        if not PageContent.admin_manager.filter(page__site=site, title=title).exists():
            publish_page(title, site, user)
        self.stdout.write(f"Site {site.pk} has the page {title}.")


def publish_page(title: str, site: Site, user: AbstractUser) -> None:
    """Make a page in the site's own language. The first one is its home page."""
    language = settings.LANGUAGE_CODE
    page = create_page(title, "press/page.html", language, site=site, created_by=user, in_navigation=True)
    content = PageContent.admin_manager.get(page=page)
    slot, _ = content.placeholders.get_or_create(slot="content")
    add_plugin(slot, "WordsPlugin", language, text=f"{title}, says site {site.pk}", picture=picture_of_all(user))
    content.versions.get().publish(user)
    if not Page.objects.filter(site=site, is_home=True).exists():
        page.set_as_homepage(user)


def publish_footer(user: AbstractUser) -> None:
    """Make the alias that the template of each site shows, in all languages."""
    category = Category.objects.first() or Category.objects.create(name="Press")
    footer, _ = Alias.objects.get_or_create(static_code="footer", site=None, defaults={"category": category})
    for language in NAMES:
        if not AliasContent.admin_manager.filter(alias=footer, language=language).exists():
            content = AliasContent.objects.with_user(user).create(alias=footer, name="Footer", language=language)
            add_plugin(content.placeholder, "WordsPlugin", language, text=FOOTER)
            content.versions.get().publish(user)


def picture_of_all(user: AbstractUser) -> Image:
    """Return the picture in the shared storage that the pages of all sites show."""
    found = Image.objects.filter(name="press").first()
    if found:
        return found
    file = io.BytesIO()
    Drawing.new("RGB", (8, 8), "teal").save(file, "PNG")
    return Image.objects.create(name="press", owner=user, file=ContentFile(file.getvalue(), name="press.png"))

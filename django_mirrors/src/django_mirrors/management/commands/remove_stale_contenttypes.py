"""Django's ``remove_stale_contenttypes``, refused if other code on the database may know what this code does not."""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.management.commands import remove_stale_contenttypes
from django.core.management.base import CommandError
from django.db import connections

from django_mirrors.conf import current_site, why_not_enforced
from django_mirrors.errors import MirrorsError
from django_mirrors.guard import decide_stale_contenttypes
from django_mirrors.image import this_image
from django_mirrors.registry import Registry, utc_now
from django_mirrors.release import find_unknown_sites, site_declarations


class Command(remove_stale_contenttypes.Command):
    """Replacement for Django's command, if this app is listed before ``django.contrib.contenttypes``."""

    def handle(self, **options: Any) -> None:
        connection = connections[options["database"]]
        try:
            site = current_site(connection)
        except MirrorsError as error:
            raise CommandError(str(error)) from error
        registry, now = Registry.for_site(connection, site), utc_now()
        decision = decide_stale_contenttypes(
            site_declarations(registry, now),
            find_unknown_sites(registry, connection, now, own=site.site_id),
            this_image().declaration.normalize(connection),
        )
        if decision.refusals and not why_not_enforced():
            raise CommandError(decision.text)
        if decision.refusals or decision.warnings:
            self.stderr.write(decision.describe(why_not_enforced()))
        super().handle(**options)

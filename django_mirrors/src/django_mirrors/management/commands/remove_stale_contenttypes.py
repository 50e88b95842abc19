"""Django's ``remove_stale_contenttypes``, refused where other code on the database may know what this code does not."""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.management.commands import remove_stale_contenttypes
from django.core.management.base import CommandError
from django.db import connections

from django_mirrors.conf import this_site, unguarded
from django_mirrors.errors import MirrorsError
from django_mirrors.guard import decide_stale_contenttypes
from django_mirrors.image import this_image
from django_mirrors.registry import Registry, utc_now
from django_mirrors.release import declarations, unknown_sites


class Command(remove_stale_contenttypes.Command):
    """Found in place of Django's where this app stands before ``django.contrib.contenttypes`` in ``INSTALLED_APPS``."""

    def handle(self, **options: Any) -> None:
        connection = connections[options["database"]]
        try:
            site = this_site(connection)
        except MirrorsError as error:
            raise CommandError(str(error)) from error
        registry, now = Registry.of(connection, site), utc_now()
        decision = decide_stale_contenttypes(
            declarations(registry, now),
            unknown_sites(registry, connection, now, own=site.site_id),
            this_image().declaration,
        )
        if decision.refusals and not unguarded():
            raise CommandError(decision.text)
        if decision.refusals or decision.warnings:
            self.stderr.write(decision.told(unguarded()))
        super().handle(**options)

"""``manage.py mirrors_take_over ID``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.management.base import CommandError

from django_mirrors.management.commands._shared import NamedSiteCommand
from django_mirrors.registry import REGISTERED
from django_mirrors.site_table import site_rows

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from django_mirrors.registry import Registry


class Command(NamedSiteCommand):
    help = (
        "Lets the next application that is deployed with SITE_ID ID have the Site row of this id, and its content. No "
        "other application may have registered the id. The application's release renames the row to its own DOMAIN. "
        "Without this command, Mirrors leaves the row alone and refuses the application."
    )
    name_help = "The row's domain"
    done_message = (
        "may be taken over: the next application that is deployed with this SITE_ID renames it and has its content."
    )

    def find_site(self, site_id: int, registry: Registry, connection: BaseDatabaseWrapper) -> tuple[str, str]:
        rows = {row.site_id: row.domain for row in site_rows(connection)}
        if site_id not in rows:
            ids = ", ".join(map(str, sorted(rows))) or "none"
            raise CommandError(f"There is no Site row {site_id}; there are: {ids}. Nothing was changed.")
        owner = next((site for site in registry.sites() if site.site_id == site_id and site.status == REGISTERED), None)
        if owner is not None:
            raise CommandError(
                f"Site {site_id} belongs to {owner.application}, which has registered it. Nothing was changed. "
                f"If that no longer runs: manage.py mirrors_forget {site_id}, then this command again."
            )
        return rows[site_id], rows[site_id]

    def apply(self, registry: Registry, site_id: int, domain: str) -> None:
        registry.allow_takeover(site_id, domain)

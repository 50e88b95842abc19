"""``manage.py ensure_site``: a release command."""

from typing import Any

from django.conf import settings
from django.contrib.sites.models import Site
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction


def lock_sites() -> None:
    """Until the transaction ends, nobody else writes to the table; reading goes on. SQLite has one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE django_site IN SHARE ROW EXCLUSIVE MODE")


def move_sequence() -> None:
    """Moves PostgreSQL's sequence past the highest id.

    A row that was written with an id of its own does not move it, and the next site that somebody adds in the admin
    would be refused as a duplicate. It is never moved back: an id that was used once is not given out again.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT setval(sequence, GREATEST((SELECT max(id) FROM django_site), pg_sequence_last_value(sequence)))"
                " FROM CAST(pg_get_serial_sequence('django_site', 'id') AS regclass) AS sequence"
            )


class Command(BaseCommand):
    help = "Writes this site's own row from SITE_ID, DOMAIN and SITE_NAME. No other site's row is touched."

    def handle(self, *args: Any, **options: Any) -> None:
        domain = settings.DOMAIN or "localhost:8000"
        with transaction.atomic():
            lock_sites()
            site = Site.objects.filter(pk=settings.SITE_ID).first() or Site(pk=settings.SITE_ID)
            site.domain, site.name = domain, settings.SITE_NAME or domain[:50]
            try:
                site.full_clean(validate_unique=False)
            except ValidationError as error:
                raise CommandError(f"DOMAIN or SITE_NAME cannot be stored: {error.message_dict}") from error
            if other := Site.objects.filter(domain=domain).exclude(pk=site.pk).first():
                raise CommandError(
                    f"DOMAIN {domain} belongs to site {other.pk} already, so site {site.pk} cannot have it. "
                    "Check SITE_ID and DOMAIN, or change the domain of the other site in the admin."
                )
            site.save()
            move_sequence()
        self.stdout.write(f"Site {site.pk} is {site.name}, {site.domain}.")

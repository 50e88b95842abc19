"""The rows of ``django.contrib.sites``, which all sites of a database share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.apps import apps
from django.db import IntegrityError

from django_mirrors.errors import SiteTakenError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper

    from django_mirrors.conf import CurrentSite

__all__ = [
    "DEFAULT_DOMAIN",
    "MAX_NAME_LENGTH",
    "SiteRow",
    "advance_id_sequence",
    "lacks_row",
    "save_site_row",
    "site_rows",
]

DEFAULT_DOMAIN = "example.com"
"""The domain that Django's ``create_default_site`` writes for the SITE_ID of the first process that migrates."""

MAX_NAME_LENGTH = 50
"""Characters of ``Site.name`` (Django 4.2 to 6.0)."""

TABLE = "django_site"


@dataclass(frozen=True)
class SiteRow:
    """A row of the table."""

    site_id: int
    domain: str


def site_rows(connection: BaseDatabaseWrapper) -> Sequence[SiteRow]:
    """Return all rows by id, or none if the table or the app is missing."""
    if not apps.is_installed("django.contrib.sites"):
        return ()
    with connection.cursor() as cursor:
        if TABLE not in connection.introspection.table_names(cursor):
            return ()
        cursor.execute(f"SELECT id, domain FROM {TABLE} ORDER BY id")  # noqa: S608
        return [SiteRow(*row) for row in cursor.fetchall()]


def lacks_row(site: CurrentSite, rows: Sequence[SiteRow]) -> bool:
    """Return whether the project needs a row for the site, and ``rows`` contains none."""
    return apps.is_installed("django.contrib.sites") and all(row.site_id != site.site_id for row in rows)


def save_site_row(alias: str, site: CurrentSite) -> str:
    """Write domain and name of the site's own row, change no other row, and return a report.

    A name is kept, unless ``SITE_NAME`` gives another one or the name was only the domain. A new name is cut to the
    column's length.

    Raises:
        SiteTakenError: a row with the id, or the domain, was created in the meantime.
        django.core.exceptions.ValidationError: the domain or the name does not fit.
    """
    from django.contrib.sites.models import Site  # the import needs the app to be installed

    found = Site.objects.using(alias).filter(pk=site.site_id).first()
    row = found or Site(pk=site.site_id)
    former = (row.domain, row.name)
    if site.name or row.name in {"", DEFAULT_DOMAIN, row.domain[:MAX_NAME_LENGTH]}:
        row.name = (site.name or site.domain)[:MAX_NAME_LENGTH].strip()
    row.domain = site.domain
    if (row.domain, row.name) == former:
        return f"Site {row.pk} is {row.domain}, as before."
    row.full_clean(validate_unique=False)
    try:
        row.save(using=alias, force_insert=found is None)
    except IntegrityError:
        raise SiteTakenError(
            f"Site row {site.site_id} or DOMAIN {site.domain} was given to another site in the meantime: deploy again."
        ) from None
    return f"Site {row.pk} is {row.domain}."


def advance_id_sequence(connection: BaseDatabaseWrapper) -> None:
    """Advance PostgreSQL's sequence past the highest id, and never back.

    A row that is written with an explicit id does not advance it, so the admin's next new site would be a duplicate.
    SQLite and MySQL continue from the highest id by themselves.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(counter, highest) FROM"
            " (SELECT pg_get_serial_sequence('django_site', 'id')::regclass AS counter,"
            " (SELECT max(id) FROM django_site) AS highest) AS both_of_them"
            " WHERE counter IS NOT NULL AND highest > coalesce(pg_sequence_last_value(counter), 0)"
        )

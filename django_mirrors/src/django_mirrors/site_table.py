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

    from django_mirrors.conf import ThisSite

__all__ = ["DEFAULT_DOMAIN", "LONGEST_NAME", "SiteRow", "has_no_row", "move_sequence", "site_rows", "write_site"]

DEFAULT_DOMAIN = "example.com"
"""What Django's ``create_default_site`` writes under the SITE_ID of whoever migrates first."""

LONGEST_NAME = 50
"""Characters of ``Site.name`` (Django 4.2 to 6.0)."""

TABLE = "django_site"


@dataclass(frozen=True)
class SiteRow:
    """A row of the table, as it is read."""

    site_id: int
    domain: str


def site_rows(connection: BaseDatabaseWrapper) -> Sequence[SiteRow]:
    """All rows by id; none before the table is made, or where the project does without it."""
    if not apps.is_installed("django.contrib.sites"):
        return ()
    with connection.cursor() as cursor:
        if TABLE not in connection.introspection.table_names(cursor):
            return ()
        cursor.execute(f"SELECT id, domain FROM {TABLE} ORDER BY id")  # noqa: S608
        return [SiteRow(*row) for row in cursor.fetchall()]


def has_no_row(site: ThisSite, rows: Sequence[SiteRow]) -> bool:
    """Whether the project needs a row for the site, and there is none among ``rows``."""
    return apps.is_installed("django.contrib.sites") and all(row.site_id != site.site_id for row in rows)


def write_site(alias: str, site: ThisSite) -> str:
    """Gives the site's own row its domain and its name, and touches no other; says what was done.

    A name is kept, unless ``SITE_NAME`` gives another one or it was no more than the domain. A new one is cut to what
    the column takes.

    :raises SiteTakenError: somebody made a row with the id, or the domain, in the meantime
    :raises django.core.exceptions.ValidationError: the domain or the name does not fit
    """
    from django.contrib.sites.models import Site  # importing it needs the app installed

    found = Site.objects.using(alias).filter(pk=site.site_id).first()
    row = found or Site(pk=site.site_id)
    former = (row.domain, row.name)
    if site.name or row.name in {"", DEFAULT_DOMAIN, row.domain[:LONGEST_NAME]}:
        row.name = (site.name or site.domain)[:LONGEST_NAME].strip()
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


def move_sequence(connection: BaseDatabaseWrapper) -> None:
    """Moves PostgreSQL's sequence past the highest id, and never back.

    A row that is written with an id of its own does not move it; the admin's next new site would be a duplicate.
    SQLite and MySQL count on from the highest id by themselves.
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

"""What the commands share. Three of them name a site twice, by its id and by its name, before they change anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections

from django_mirrors.conf import stage
from django_mirrors.place import database_identity
from django_mirrors.registry import REGISTERED, Registry
from django_mirrors.site_table import site_rows

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from django.db.backends.base.base import BaseDatabaseWrapper


def reached() -> BaseDatabaseWrapper:
    """The open connection to the database that the sites share, which is ``default``: servers look at no other.

    :raises CommandError: it cannot be reached
    """
    connection = connections[DEFAULT_DB_ALIAS]
    try:
        connection.ensure_connection()
    except OperationalError as error:
        # Its text may name the user.
        raise CommandError(
            f"The database {database_identity(connection)} cannot be reached. "
            "Check DATABASE_URL, and that the server runs."
        ) from error
    return connection


class NamedSiteCommand(BaseCommand):
    """Changes what the registry says of a site, once its name was typed."""

    done = ""
    asked = "The site's application, or else its domain"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", type=int, help="The site's SITE_ID.")
        parser.add_argument("--name", help=f"{self.asked}; asked for if it is not given.")

    def handle(self, *_: Any, **options: Any) -> None:
        connection = reached()
        registry = Registry(connection, stage(), database_identity(connection))
        registry.rows.ensure()
        name, domain = self.known(options["id"], registry, connection)
        typed = options["name"] if options["name"] is not None else self._ask(options["id"], name)
        if typed != name:
            raise CommandError(f"Site {options['id']} is {name}, not {typed!r}. Nothing was changed.")
        self.change(registry, options["id"], domain)
        self.stdout.write(f"Site {options['id']} ({name}) {self.done}")

    def known(self, site_id: int, registry: Registry, connection: BaseDatabaseWrapper) -> tuple[str, str]:
        """The name that has to be typed, and the domain.

        :raises CommandError: no such site, or none that may be changed
        """
        raise NotImplementedError

    def change(self, registry: Registry, site_id: int, domain: str) -> None:
        """What the name was typed for."""
        raise NotImplementedError

    def _ask(self, site_id: int, name: str) -> str:
        try:
            return input(f"Type the name of site {site_id} ({name}) to go on: ")
        except EOFError:
            raise CommandError(f"Nobody can be asked here: give the name of site {site_id} with --name.") from None


class MarkCommand(NamedSiteCommand):
    """Gives a site another status."""

    status = ""

    def change(self, registry: Registry, site_id: int, domain: str) -> None:
        registry.mark(site_id, self.status, domain)

    def known(self, site_id: int, registry: Registry, connection: BaseDatabaseWrapper) -> tuple[str, str]:
        rows = {row.site_id: row.domain for row in site_rows(connection)}
        sites = {site.site_id: site for site in registry.sites()}
        known = sites.get(site_id)
        if known is None and site_id not in rows:
            ids = ", ".join(map(str, sorted({*rows, *sites}))) or "none"
            raise CommandError(f"There is no site {site_id}; there are: {ids}.")
        domain = rows.get(site_id) or (known.domain if known else "")
        return (known.application if known and known.status == REGISTERED else domain) or str(site_id), domain

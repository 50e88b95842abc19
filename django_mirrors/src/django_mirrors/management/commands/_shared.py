"""Shared parts of the commands. Three of them ask for a site's id and its name before they change anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections

from django_mirrors.conf import current_stage
from django_mirrors.database_identity import database_identity
from django_mirrors.registry import REGISTERED, Registry
from django_mirrors.site_table import site_rows

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from django.db.backends.base.base import BaseDatabaseWrapper


def open_connection() -> BaseDatabaseWrapper:
    """Return an open connection to the shared database, which is ``default``: servers use no other.

    Raises:
        CommandError: the database cannot be reached.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    try:
        connection.ensure_connection()
    except OperationalError as error:
        # The error's text may name the user.
        raise CommandError(
            f"The database {database_identity(connection)} cannot be reached. "
            "Check DATABASE_URL, and that the server runs."
        ) from error
    return connection


class NamedSiteCommand(BaseCommand):
    """Command that changes a site's registration after the user typed the site's name."""

    done_message = ""
    name_help = "The site's application, or its domain if it has none"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", type=int, help="The site's SITE_ID.")
        parser.add_argument("--name", help=f"{self.name_help}. The command asks for it if it is missing.")

    def handle(self, *_: Any, **options: Any) -> None:
        connection = open_connection()
        registry = Registry(connection, current_stage(), database_identity(connection))
        registry.table.create_if_missing()
        name, domain = self.find_site(options["id"], registry, connection)
        typed = options["name"] if options["name"] is not None else self._ask(options["id"], name)
        if typed != name:
            raise CommandError(f"Site {options['id']} is {name}, not {typed!r}. Nothing was changed.")
        self.apply(registry, options["id"], domain)
        self.stdout.write(f"Site {options['id']} ({name}) {self.done_message}")

    def find_site(self, site_id: int, registry: Registry, connection: BaseDatabaseWrapper) -> tuple[str, str]:
        """Return the name that the user has to type, and the domain.

        Raises:
            CommandError: the site does not exist or must not be changed.
        """
        raise NotImplementedError

    def apply(self, registry: Registry, site_id: int, domain: str) -> None:
        """Make the change."""
        raise NotImplementedError

    def _ask(self, site_id: int, name: str) -> str:
        try:
            return input(f"Type the name of site {site_id} ({name}) to go on: ")
        except EOFError:
            raise CommandError(f"There is no terminal to ask: pass the name of site {site_id} with --name.") from None


class SetStatusCommand(NamedSiteCommand):
    """Command that sets a site's status."""

    status = ""

    def apply(self, registry: Registry, site_id: int, domain: str) -> None:
        registry.set_status(site_id, self.status, domain)

    def find_site(self, site_id: int, registry: Registry, connection: BaseDatabaseWrapper) -> tuple[str, str]:
        rows = {row.site_id: row.domain for row in site_rows(connection)}
        sites = {site.site_id: site for site in registry.sites()}
        known = sites.get(site_id)
        if known is None and site_id not in rows:
            ids = ", ".join(map(str, sorted({*rows, *sites}))) or "none"
            raise CommandError(f"There is no site {site_id}; there are: {ids}.")
        domain = rows.get(site_id) or (known.domain if known else "")
        return (known.application if known and known.status == REGISTERED else domain) or str(site_id), domain

"""Databases in which the original was released: one is made by the release command, the others are copies of it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_mirrors.conf import ORIGINAL, ThisSite
from django_mirrors.place import database_identity
from django_mirrors.registry import Registry, utc_now
from tests.databases import Database, postgresql_database, sqlite_database
from tests.site import Site

if TYPE_CHECKING:
    from pathlib import Path

    from django_mirrors.registry import Entry

__all__ = ["Templates"]

STAGE = "test"


@dataclass(frozen=True)
class Template:
    """A database, and what the release command has registered in it."""

    database: Database
    entry: Entry


class Templates:
    """One for each kind of database, made when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stack = ExitStack()
        self.made: dict[str, Template] = {}

    def release(self, database: Database) -> Site:
        """The original, released on a database that was empty."""
        if database.vendor not in self.made:
            self.made[database.vendor] = self._make(database.vendor)
        template = self.made[database.vendor]
        database.become(template.database)
        _register(template.entry, database)
        return Site(database)

    def _make(self, vendor: str) -> Template:
        made = sqlite_database(self.folder) if vendor == "sqlite" else postgresql_database()
        database = self.stack.enter_context(made)
        Site(database).manage("mirrors_migrate")
        with database.connected() as connection:
            [entry] = Registry(connection, STAGE, database_identity(connection)).entries(utc_now())
        return Template(database, entry)


def _register(entry: Entry, database: Database) -> None:
    """What was registered in the template is foreign in the copy, as in every copy: it is registered there anew."""
    database.query("DELETE FROM django_mirrors_registry")
    with database.connected() as connection:
        site = ThisSite(1, ORIGINAL, STAGE, database_identity(connection), Site(database).domain)
        registry = Registry.of(connection, site)
        registry.claim(site)
        registry.release(site, entry.fingerprint, entry.declaration, utc_now())

"""Databases with a released original: the release command makes one, the others are copies of it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django_mirrors.conf import ORIGINAL, CurrentSite
from django_mirrors.database_identity import database_identity
from django_mirrors.registry import Registry, utc_now
from tests.databases import Database, new_database
from tests.site import Site

if TYPE_CHECKING:
    from pathlib import Path

    from django_mirrors.registry import RegistryEntry

__all__ = ["Templates"]

STAGE = "test"


@dataclass(frozen=True)
class Template:
    """A database, and the registrations of its release command."""

    database: Database
    entry: RegistryEntry


class Templates:
    """One template for each kind of database, made at its first use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stack = ExitStack()
        self.made: dict[str, Template] = {}

    def release(self, database: Database) -> Site:
        """Return the original, released on the empty database."""
        if database.kind not in self.made:
            self.made[database.kind] = self._make(database.kind)
        template = self.made[database.kind]
        database.become(template.database)
        _register(template.entry, database)
        return Site(database)

    def _make(self, kind: str) -> Template:
        database = self.stack.enter_context(new_database(kind, self.folder))
        Site(database).manage("mirrors_migrate")
        with database.connected() as connection:
            [entry] = Registry(connection, STAGE, database_identity(connection)).entries(utc_now())
        return Template(database, entry)


def _register(entry: RegistryEntry, database: Database) -> None:
    """Register again what was registered in the template: it is foreign in the copy, as in every copy."""
    database.query("DELETE FROM django_mirrors_registry")
    with database.connected() as connection:
        site = CurrentSite(1, ORIGINAL, STAGE, database_identity(connection), Site(database).domain)
        registry = Registry.for_site(connection, site)
        registry.claim(site)
        registry.register_release(site, entry.fingerprint, entry.declaration, utc_now())

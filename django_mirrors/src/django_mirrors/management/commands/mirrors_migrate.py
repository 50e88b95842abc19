"""``manage.py mirrors_migrate``: the release command, in place of ``migrate``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS

from django_mirrors.errors import MirrorsError
from django_mirrors.locks import WAIT, migration_lock
from django_mirrors.management.commands._shared import reached
from django_mirrors.release import Release

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = (
        "Migrates the database that all sites share, one deployment at a time, unless that would break a site whose "
        "code is still running; then registers what this release needs of the schema, and this site's own Site row. "
        "Use it as the release command in place of migrate."
    )
    requires_system_checks: list[str] = []  # migrate makes them  # noqa: RUF012

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--noinput", "--no-input", action="store_true", help="Accepted, as nothing is ever asked.")
        parser.add_argument(
            "--prune",
            action="append",
            default=[],
            metavar="APP",
            help="Does migrate --prune for this app, unless some site's code still has what would be forgotten.",
        )
        parser.add_argument("--check", action="store_true", help="Says what would be done or refused; changes nothing.")
        parser.add_argument(
            "--wait",
            type=float,
            default=WAIT,
            metavar="SECONDS",
            help=f"How long to wait for another deployment that migrates ({WAIT:.0f}).",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            self._handle(options)
        except MirrorsError as error:
            raise CommandError(str(error)) from error

    def _handle(self, options: dict[str, Any]) -> None:
        release = Release(reached(), self.say, prune=options["prune"])
        if options["check"]:
            release.check()
            return
        with migration_lock(DEFAULT_DB_ALIAS, self.say, options["wait"]) as lock:
            release.run(lock, verbosity=options["verbosity"], stdout=self.stdout, stderr=self.stderr)

    def say(self, line: str) -> None:
        """Prints a line at once: what waits must be seen to wait."""
        self.stdout.write(line)
        self.stdout.flush()

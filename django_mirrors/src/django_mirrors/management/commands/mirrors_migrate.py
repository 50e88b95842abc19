"""``manage.py mirrors_migrate``: the release command, in place of ``migrate``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS

from django_mirrors.errors import MirrorsError
from django_mirrors.locks import MAX_WAIT, migration_lock
from django_mirrors.management.commands._shared import open_connection
from django_mirrors.release import ReleaseCommand

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = (
        "Migrates the database that all sites share, one deployment at a time. Refuses a migration that would break a "
        "site whose code still runs. Then registers what this release needs of the schema, and writes this site's row. "
        "Use it as the release command in place of migrate."
    )
    requires_system_checks: list[str] = []  # migrate makes them  # noqa: RUF012

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--noinput", "--no-input", action="store_true", help="Ignored: the command never asks.")
        parser.add_argument(
            "--prune",
            action="append",
            default=[],
            metavar="APP",
            help="Runs migrate --prune for this app, unless some site's code has a migration that it would forget.",
        )
        parser.add_argument(
            "--check", action="store_true", help="Reports what would be done or refused. Changes nothing."
        )
        parser.add_argument(
            "--wait",
            type=float,
            default=MAX_WAIT,
            metavar="SECONDS",
            help=f"Seconds to wait for another deployment that migrates ({MAX_WAIT:.0f}).",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            self._handle(options)
        except MirrorsError as error:
            raise CommandError(str(error)) from error

    def _handle(self, options: dict[str, Any]) -> None:
        release = ReleaseCommand(open_connection(), self.report, prune=options["prune"])
        if options["check"]:
            release.check()
            return
        with migration_lock(DEFAULT_DB_ALIAS, self.report, options["wait"]) as lock:
            release.run(lock, verbosity=options["verbosity"], stdout=self.stdout, stderr=self.stderr)

    def report(self, line: str) -> None:
        """Print a line and flush, so that a waiting command is visible at once."""
        self.stdout.write(line)
        self.stdout.flush()

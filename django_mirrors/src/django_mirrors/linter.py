"""What django-migration-linter says, where it is installed. It is shown, and decides nothing."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from django.core.management import CommandError
from django.db import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration

__all__ = ["findings", "lint"]

NAME, MAJOR = "django-migration-linter", "6"
"""What it is asked for is not documented, so only the major version that was tried is asked."""


def findings(plan: Sequence[tuple[Migration, bool]], connection: BaseDatabaseWrapper) -> tuple[str, ...]:
    """A sentence for each finding in the pending migrations; nothing where the linter is not installed."""
    try:
        installed = version(NAME)
    except PackageNotFoundError:
        return ()
    if not plan:
        return ()
    if installed.partition(".")[0] != MAJOR:
        return (f"{NAME} {installed} is installed; only {MAJOR}.* is asked",)
    try:
        linter = import_module("django_migration_linter").MigrationLinter(database=connection.alias, no_output=True)
    except ValueError as error:  # a database that it does not know, PostGIS for example
        return (str(error),)
    return tuple(
        f"{migration.app_label}.{migration.name}: {sentence}"
        for migration, _ in plan
        for sentence in lint(linter, migration)
    )


def lint(linter: Any, migration: Migration) -> tuple[str, ...]:
    """``error NOT_NULL: …`` and ``warning …`` of one migration.

    The linter reads SQL, which Django cannot always tell in advance, and source, which is not always there; and
    ``sqlmigrate`` does not find a migration whose name begins another one's. Then it says so.
    """
    analyse = import_module("django_migration_linter.sql_analyser").analyse_sql_statements
    try:
        statements = linter.get_sql(migration.app_label, migration.name)
        errors, _, warnings = analyse(linter.sql_analyser_class, statements)
        more_errors, _, more_warnings = linter.analyse_data_migration(migration)
    except (ValueError, TypeError, AttributeError, LookupError, OSError, CommandError, DatabaseError) as error:
        return (f"not analysed: {type(error).__name__}",)
    found = [("error", issue) for issue in (*errors, *more_errors)]
    found += [("warning", issue) for issue in (*warnings, *more_warnings)]
    return tuple(dict.fromkeys(f"{level} {issue.code}: {issue.message}" for level, issue in found))

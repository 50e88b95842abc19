"""Findings of django-migration-linter, if it is installed. The release command prints them. They decide nothing."""

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

__all__ = ["lint_migration", "lint_plan"]

NAME, MAJOR = "django-migration-linter", "6"
"""The linter's distribution, and its only tested major version. The functions used here are undocumented."""


def lint_plan(plan: Sequence[tuple[Migration, bool]], connection: BaseDatabaseWrapper) -> tuple[str, ...]:
    """Return a sentence for each finding in the pending migrations, or nothing if the linter is not installed."""
    try:
        installed = version(NAME)
    except PackageNotFoundError:
        return ()
    if not plan:
        return ()
    if installed.partition(".")[0] != MAJOR:
        return (f"{NAME} {installed} is installed, but Mirrors uses only {MAJOR}.*",)
    try:
        linter = import_module("django_migration_linter").MigrationLinter(database=connection.alias, no_output=True)
    except ValueError as error:  # an unsupported database, PostGIS for example
        return (str(error),)
    return tuple(
        f"{migration.app_label}.{migration.name}: {sentence}"
        for migration, _ in plan
        for sentence in lint_migration(linter, migration)
    )


def lint_migration(linter: Any, migration: Migration) -> tuple[str, ...]:
    """Return the findings of one migration, as ``error NOT_NULL: …`` and ``warning …``.

    The linter reads SQL, which Django cannot always generate in advance, and source, which is sometimes missing.
    ``sqlmigrate`` does not find a migration whose name is the beginning of another one. In these cases the result says
    "not analysed".
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

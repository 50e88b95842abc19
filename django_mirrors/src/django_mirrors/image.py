"""What this image is: its declaration, its name, and what it would migrate."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from django_mirrors.declaration import declare, fingerprint

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration

    from django_mirrors.declaration import Declaration

__all__ = ["Image", "Pending", "ahead", "of_migrations", "pending", "prunable", "this_image"]


@dataclass(frozen=True)
class Image:
    """What the code of this process needs of the schema, and the name of that."""

    declaration: Declaration
    fingerprint: str
    migrated_apps: frozenset[str]  # labels of those that have migrations: of others, `migrate` makes no table


@dataclass(frozen=True)
class Pending:
    """The migrations that the database lacks, in order, and the project's state before them."""

    plan: Sequence[tuple[Migration, bool]]
    state: ProjectState
    empty: bool  # nothing was ever applied
    conflicts: Sequence[str]  # apps with several leaves

    @property
    def names(self) -> Sequence[str]:
        """``gallery.0002_photo_title``"""
        return [f"{migration.app_label}.{migration.name}" for migration, _ in self.plan]


@cache
def this_image() -> Image:
    """Reads models and migrations, once in a process. No query."""
    declaration = declare()
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return Image(declaration, fingerprint(declaration, loader.graph.leaf_nodes()), frozenset(loader.migrated_apps))


def pending(connection: BaseDatabaseWrapper) -> Pending:
    """What ``migrate`` would apply now. Only reads."""
    executor = MigrationExecutor(connection)
    loader = executor.loader
    conflicts = sorted(loader.detect_conflicts())
    if conflicts:
        return Pending((), ProjectState(), not loader.applied_migrations, conflicts)
    leaves = loader.graph.leaf_nodes()
    plan = executor.migration_plan(leaves)
    state = ProjectState(real_apps=loader.unmigrated_apps)
    for migration, _ in executor.migration_plan(leaves, clean_start=True):
        if (migration.app_label, migration.name) in loader.applied_migrations:
            migration.mutate_state(state, preserve=False)
    return Pending(plan, state, not loader.applied_migrations, ())


def prunable(connection: BaseDatabaseWrapper, app_labels: Collection[str]) -> Sequence[str]:
    """What ``migrate --prune`` would forget of these apps: applied, and in no file. Only reads."""
    if not app_labels:
        return ()
    loader = MigrationLoader(connection)
    gone = set(loader.applied_migrations) - set(loader.disk_migrations)
    return sorted(f"{app}.{name}" for app, name in gone if app in app_labels)


def ahead(connection: BaseDatabaseWrapper) -> frozenset[str]:
    """Labels of the apps of which the database has migrations that are none of this image's. Only reads."""
    loader = MigrationLoader(connection)
    known = {*loader.disk_migrations, *(old for new in loader.disk_migrations.values() for old in new.replaces)}
    return frozenset(app for app, _ in set(loader.applied_migrations) - known)


def of_migrations() -> Declaration:
    """What this image's migrations make, whatever its models say. No query."""
    return declare(MigrationLoader(None, ignore_no_migrations=True).project_state().apps)

"""This image: its schema declaration, its fingerprint and its pending migrations."""

from __future__ import annotations

import sysconfig
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.apps import apps
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from django_mirrors.declaration import declare_schema, fingerprint

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration

    from django_mirrors.declaration import SchemaDeclaration

__all__ = [
    "Image",
    "PendingMigrations",
    "apps_ahead_of_image",
    "declare_migrated_schema",
    "packaged_apps",
    "pending_migrations",
    "prunable_migrations",
    "this_image",
]


@dataclass(frozen=True)
class Image:
    """The schema declaration of this process's code, and its name."""

    declaration: SchemaDeclaration
    fingerprint: str
    migrated_apps: frozenset[str]  # labels of the apps with migrations: `migrate` creates no table of others


@dataclass(frozen=True)
class PendingMigrations:
    """The migrations that the database lacks, in order, and the project's state before them."""

    plan: Sequence[tuple[Migration, bool]]
    state: ProjectState
    empty: bool  # no migration was ever applied
    conflicts: Sequence[str]  # apps with several leaf nodes

    @property
    def names(self) -> Sequence[str]:
        """Return the migrations' names, such as ``gallery.0002_photo_title``."""
        return [f"{migration.app_label}.{migration.name}" for migration, _ in self.plan]


@cache
def this_image() -> Image:
    """Read models and migrations, once in a process. Sends no query."""
    declaration = declare_schema()
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return Image(declaration, fingerprint(declaration, loader.graph.leaf_nodes()), frozenset(loader.migrated_apps))


def pending_migrations(connection: BaseDatabaseWrapper) -> PendingMigrations:
    """Return what ``migrate`` would apply now. Only reads."""
    executor = MigrationExecutor(connection)
    loader = executor.loader
    conflicts = sorted(loader.detect_conflicts())
    if conflicts:
        return PendingMigrations((), ProjectState(), not loader.applied_migrations, conflicts)
    leaves = loader.graph.leaf_nodes()
    plan = executor.migration_plan(leaves)
    state = ProjectState(real_apps=loader.unmigrated_apps)
    for migration, _ in executor.migration_plan(leaves, clean_start=True):
        if (migration.app_label, migration.name) in loader.applied_migrations:
            migration.mutate_state(state, preserve=False)
    return PendingMigrations(plan, state, not loader.applied_migrations, ())


def prunable_migrations(connection: BaseDatabaseWrapper, app_labels: Collection[str]) -> Sequence[str]:
    """Return what ``migrate --prune`` would forget of these apps: applied migrations without a file. Only reads."""
    if not app_labels:
        return ()
    loader = MigrationLoader(connection)
    gone = set(loader.applied_migrations) - set(loader.disk_migrations)
    return sorted(f"{app}.{name}" for app, name in gone if app in app_labels)


def apps_ahead_of_image(connection: BaseDatabaseWrapper) -> frozenset[str]:
    """Return the labels of the apps of which the database has migrations that this image lacks. Only reads."""
    loader = MigrationLoader(connection)
    known = {*loader.disk_migrations, *(old for new in loader.disk_migrations.values() for old in new.replaces)}
    return frozenset(app for app, _ in set(loader.applied_migrations) - known)


def declare_migrated_schema() -> SchemaDeclaration:
    """Return the schema that this image's migrations create, whatever its models declare. Sends no query."""
    return declare_schema(MigrationLoader(None, ignore_no_migrations=True).project_state().apps)


def packaged_apps() -> frozenset[str]:
    """Return the labels of the apps that come with installed packages, and not with the project."""
    folders = {Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")}
    return frozenset(app.label for app in apps.get_app_configs() if folders & set(Path(app.path).parents))

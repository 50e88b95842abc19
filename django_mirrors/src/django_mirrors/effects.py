"""What the pending migrations do to the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_mirrors.effect import PRUNE, Effect, Kind
from django_mirrors.steps import judged
from django_mirrors.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration
    from django.db.migrations.state import ProjectState

__all__ = ["Effect", "Kind", "effects_of", "prune_effects"]


def effects_of(
    plan: Sequence[tuple[Migration, bool]], connection: BaseDatabaseWrapper, state: ProjectState
) -> tuple[Effect, ...]:
    """What the operations of ``plan`` do, as one wherever that can be said.

    :param plan: what ``MigrationExecutor.migration_plan`` gave
    :param state: the project's state before the plan; it is not changed
    :raises ValueError: the plan takes migrations back
    """
    backwards = [f"{migration.app_label}.{migration.name}" for migration, back in plan if back]
    if backwards:
        raise ValueError(f"Migrations are not taken back where sites share a database: {', '.join(backwards)}")
    if not plan:
        return ()
    walk = Walk(connection)
    state = state.clone()
    steps = [step for migration, _ in plan for step in walk.migration(migration, state)]
    return tuple(map(walk.marked, judged(steps, walk.counts)))


def prune_effects(migrations: Iterable[str]) -> tuple[Effect, ...]:
    """What ``migrate --prune`` does, which forgets ``migrations`` (``gallery.0001_initial``): contract.

    Code that still has one of them on its disk takes it for pending afterwards, and would apply it again.
    """
    words = "the database forgets that it was applied"
    return tuple(Effect(name, PRUNE, Kind.TAKEN_AWAY, "django_migrations", detail=words) for name in migrations)

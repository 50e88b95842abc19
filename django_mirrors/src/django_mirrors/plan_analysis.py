"""Effects of the pending migrations on the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_mirrors.effects import PRUNE, ChangeKind, Effect
from django_mirrors.operation_analysis import OperationAnalyzer
from django_mirrors.plan_steps import combine_steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration
    from django.db.migrations.state import ProjectState

__all__ = ["ChangeKind", "Effect", "analyze_plan", "analyze_prune"]


def analyze_plan(
    plan: Sequence[tuple[Migration, bool]], connection: BaseDatabaseWrapper, state: ProjectState
) -> tuple[Effect, ...]:
    """Return the effects of the plan's operations, merged as far as possible.

    Args:
        plan: the result of ``MigrationExecutor.migration_plan``.
        connection: to the database that is migrated.
        state: the project's state before the plan. It is not changed.

    Raises:
        ValueError: the plan reverses migrations.
    """
    backwards = [f"{migration.app_label}.{migration.name}" for migration, back in plan if back]
    if backwards:
        raise ValueError(f"Sites share this database, so their migrations cannot be reversed: {', '.join(backwards)}")
    if not plan:
        return ()
    analyzer = OperationAnalyzer(connection)
    state = state.clone()
    steps = [step for migration, _ in plan for step in analyzer.analyze_migration(migration, state)]
    return tuple(map(analyzer.mark_new, combine_steps(steps, analyzer.is_relevant)))


def analyze_prune(migrations: Iterable[str]) -> tuple[Effect, ...]:
    """Return the effects of ``migrate --prune``, which forgets ``migrations`` (``gallery.0001_initial``).

    Code that still has one of these files then treats the migration as pending and would apply it again.
    """
    words = "the database forgets that it was applied"
    return tuple(Effect(name, PRUNE, ChangeKind.REMOVED, "django_migrations", detail=words) for name in migrations)

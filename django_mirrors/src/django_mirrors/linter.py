"""What django-migration-linter says, where it is installed. It is shown, and decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration

__all__ = ["findings"]


def findings(plan: Sequence[tuple[Migration, bool]], connection: BaseDatabaseWrapper) -> tuple[str, ...]:
    """A sentence for each finding in the pending migrations; nothing where the linter is not installed."""
    raise NotImplementedError

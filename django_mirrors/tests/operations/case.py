"""The parts of a case, and shorthand for its operations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import django
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from tests.database_settings import KINDS

__all__ = ["DOCUMENTED_VERSION", "POSTGRESQL", "Case", "model", "parent", "thing"]

POSTGRESQL = ("postgresql",)

DOCUMENTED_VERSION = (6, 0)
"""Django version of the table in the documentation, the newest. In other versions some errors and findings differ."""

Code = Callable[[Apps], None]


@dataclass(frozen=True)
class Case:
    """One operation. ``label`` is its app, ``words`` its name in the table."""

    label: str
    words: str
    old: Sequence[Operation]
    change: Sequence[Operation]
    old_use: Code | None = None  # beyond the actions for any model
    kinds: Sequence[str] = KINDS
    since: tuple[int, int] = (4, 2)
    attributes: dict[str, Any] = field(default_factory=dict)  # of the migration

    def runs(self, kind: str) -> bool:
        """Return whether this Django and this kind of database support the operation."""
        return kind in self.kinds and self.since <= django.VERSION

    def migrations(self) -> tuple[migrations.Migration, migrations.Migration]:
        """Return the migration that old and new code have, and the one that only new code has."""
        old = type("Old", (migrations.Migration,), {"operations": self.old})
        new = type("New", (migrations.Migration,), {"operations": self.change, **self.attributes})
        return old("0001_old", self.label), new("0002_new", self.label)

    def old_state(self) -> ProjectState:
        """Return the state of the old code's models."""
        return self.migrations()[0].mutate_state(ProjectState())


def model(name: str, *fields: tuple[str, models.Field[Any, Any]], **options: Any) -> migrations.CreateModel:
    """Return a model, with a primary key if none is given."""
    bases = options.pop("bases", None)
    own_key = any(getattr(item, "primary_key", False) for _, item in fields) or bases
    key = [] if own_key else [("id", models.AutoField(primary_key=True))]
    return migrations.CreateModel(name, [*key, *fields], options=options, bases=bases)


def thing(**fields: models.Field[Any, Any]) -> migrations.CreateModel:
    """Return the model that most cases change."""
    return model("Thing", ("name", models.CharField(max_length=20)), *fields.items())


def parent() -> migrations.CreateModel:
    """Return a model that others refer to."""
    return model("Parent", ("name", models.CharField(max_length=20)))

"""What the pending migrations do to the database, operation by operation.

Most operations are not judged by their names: the schema is computed before and after each of them, from the state
that Django itself computes, and compared. So foreign keys that follow the type of a primary key, tables between
many and many, order columns and parents are seen without a rule of their own. This holds for operations whose effect on
the database is Django's own; what anybody else's code does there is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from django.db import router
from django.db.migrations import operations

from django_mirrors.describe import describe
from django_mirrors.differences import differences
from django_mirrors.effect import PRUNE, Effect, Kind
from django_mirrors.found import find

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration
    from django.db.migrations.operations.base import Operation
    from django.db.migrations.state import ProjectState
    from django.db.models import Model

    from django_mirrors.tables import Table

__all__ = ["Effect", "Kind", "effects_of", "prune_effects"]

# Nothing of what these change is in the database, and `managed` is among it: a table that is no longer managed stays.
WITHOUT_DATABASE = (operations.AlterModelOptions, operations.AlterModelManagers, operations.AlterModelTableComment)
MARKERS = {"django_migration_linter.operations.IgnoreMigration"}  # does nothing at all
HARMLESS_STAGES = {"PRE_DEPLOY", "BEFORE_DEPLOY", "ALWAYS"}


def effects_of(
    plan: Sequence[tuple[Migration, bool]], connection: BaseDatabaseWrapper, state: ProjectState
) -> tuple[Effect, ...]:
    """What each operation of ``plan`` does.

    :param plan: what ``MigrationExecutor.migration_plan`` gave
    :param state: the project's state before the plan; it is not changed
    :raises ValueError: the plan takes migrations back
    """
    backwards = [f"{migration.app_label}.{migration.name}" for migration, back in plan if back]
    if backwards:
        raise ValueError(f"Migrations are not taken back where sites share a database: {', '.join(backwards)}")
    if not plan:
        return ()
    walk = _Walk(connection)
    state = state.clone()
    return tuple(effect for migration, _ in plan for effect in walk.migration(migration, state))


def prune_effects(migrations: Iterable[str]) -> tuple[Effect, ...]:
    """What ``migrate --prune`` does, which forgets ``migrations`` (``gallery.0001_initial``): contract.

    Code that still has one of them on its disk takes it for pending afterwards, and would apply it again.
    """
    words = "the database forgets that it was applied"
    return tuple(Effect(name, PRUNE, Kind.TAKEN_AWAY, "django_migrations", detail=words) for name in migrations)


@dataclass
class _Walk:
    connection: BaseDatabaseWrapper
    new: set[str] = field(default_factory=set)  # tables that the plan has made
    gone: set[str] = field(default_factory=set)  # tables that the plan has dropped
    described: dict[type[Model], Table] = field(default_factory=dict)

    def migration(self, migration: Migration, state: ProjectState) -> Iterator[Effect]:
        name = f"{migration.app_label}.{migration.name}"
        for operation in migration.operations:
            for effect in self._operation(operation, migration, state):
                effect = replace(effect, migration=name, operation=effect.operation or type(operation).__name__)
                if effect.kind is Kind.UNKNOWN and _labelled_harmless(operation, migration):
                    effect = replace(effect, kind=Kind.EXPAND, detail="labelled as safe before deployment")
                yield effect

    def _operation(self, operation: Operation, migration: Migration, state: ProjectState) -> Iterator[Effect]:
        """Moves ``state`` beyond the operation."""
        app_label = migration.app_label
        if not _is_djangos(operation):
            yield _effect(Kind.UNKNOWN, "is an operation that is not Django's own")
        if isinstance(operation, operations.SeparateDatabaseAndState):
            yield from self._separate(operation, migration, state)
        elif isinstance(operation, (operations.RunPython, operations.RunSQL)):
            operation.state_forwards(app_label, state)
            if _is_djangos(operation):
                yield self._code(operation, app_label)
        elif isinstance(operation, WITHOUT_DATABASE) or _name(type(operation)) in MARKERS:
            operation.state_forwards(app_label, state)
            yield _effect(Kind.EXPAND, "nothing in the database")
        else:
            yield from self._compared(operation, app_label, state)

    def _separate(self, operation: Any, migration: Migration, state: ProjectState) -> Iterator[Effect]:
        """The database's side is what happens to the schema, the state's side what later operations build on."""
        database = state.clone()
        found = False
        for inner in operation.database_operations:
            for effect in self._operation(inner, migration, database):
                found = True
                yield replace(effect, operation=effect.operation or type(inner).__name__)
        for inner in operation.state_operations:
            inner.state_forwards(migration.app_label, state)
        if not found:
            yield _effect(Kind.EXPAND, "the state alone, nothing in the database")

    def _code(self, operation: Any, app_label: str) -> Effect:
        if not router.allow_migrate(self.connection.alias, app_label, **operation.hints):
            return _effect(Kind.EXPAND, "not for this database")
        code = operation.code if isinstance(operation, operations.RunPython) else operation.sql
        if code in (operations.RunPython.noop, operations.RunSQL.noop, [], ()):
            return _effect(Kind.EXPAND, "does nothing")
        return _effect(Kind.UNKNOWN, "runs code that nobody but its author can judge")

    def _compared(self, operation: Operation, app_label: str, state: ProjectState) -> Iterator[Effect]:
        before = self._schema(state)
        operation.state_forwards(app_label, state)
        after = self._schema(state)
        yield from self._made(after.keys() - before.keys())
        found = [replace(effect, new_table=effect.table in self.new) for effect in differences(before, after)]
        yield from (effect for effect in found if not self._refers_to_new(effect))
        if not found:
            yield _effect(Kind.EXPAND, "nothing that code could notice")
        self.gone |= before.keys() - after.keys()

    def _made(self, tables: set[str]) -> Iterator[Effect]:
        """Tables that are there already are made again where the originals of a squashed migration were deleted."""
        existing = find(self.connection, tables - self.gone).keys() if tables else set()
        for name in sorted(existing):
            words = "the table is made, and is there already: was a squashed migration left without its originals?"
            yield replace(_effect(Kind.TAKEN_AWAY, words), table=name)
        self.new |= tables - existing
        self.gone -= tables

    def _refers_to_new(self, effect: Effect) -> bool:
        references = effect.after.references if effect.after else None
        return effect.kind is Kind.DELETES and references is not None and references.table in self.new

    def _schema(self, state: ProjectState) -> dict[str, list[Table]]:
        """The tables that migrations make in this database."""
        schema: dict[str, list[Table]] = {}
        for model in state.apps.get_models(include_auto_created=True):
            if model not in self.described:
                self.described[model] = describe(model, self.connection)
            table = self.described[model]
            if table.managed and router.allow_migrate_model(self.connection.alias, model):
                schema.setdefault(table.name, []).append(table)
        return schema


def _effect(kind: Kind, detail: str) -> Effect:
    return Effect("", "", kind, detail=detail)


def _is_djangos(operation: Operation) -> bool:
    """Whether what it does to the database is Django's own, or nothing, whoever wrote the class."""
    own = type(operation)
    return own.database_forwards.__module__.startswith("django.") or _name(own) in MARKERS


def _name(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def _labelled_harmless(operation: Operation, migration: Migration) -> bool:
    """What the author says, for django-syzygy (``stage``) or for django-safemigrate (``safe``)."""
    stage = getattr(operation, "stage", None) or getattr(migration, "stage", None)
    safe = getattr(migration, "safe", None)
    labels = {getattr(label, "name", "").upper() for label in (stage, getattr(safe, "when", safe)) if label is not None}
    return bool(labels) and labels <= HARMLESS_STAGES

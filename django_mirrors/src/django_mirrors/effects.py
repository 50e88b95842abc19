"""What the pending migrations do to the database, operation by operation.

Most operations are not judged by their names: the schema is computed before and after each of them, from the state
that Django itself computes, and compared. So foreign keys that follow the type of a primary key, tables between
many and many, order columns and parents are seen without a rule of their own. This holds for operations whose effect on
the database is Django's own; what anybody else's code does there is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from django.db.migrations import operations
from django.db.migrations.operations.base import Operation

from django_mirrors.content_types import renamed
from django_mirrors.describe import describe
from django_mirrors.differences import differences
from django_mirrors.effect import PRUNE, Effect, Kind
from django_mirrors.errors import JudgementError
from django_mirrors.found import find
from django_mirrors.routing import HIDDEN, hides_app, hides_model, takes_app, takes_model
from django_mirrors.whose import comes_from, djangos, overridden

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration
    from django.db.migrations.state import ProjectState
    from django.db.models import Model

    from django_mirrors.tables import Table

    Schema = dict[str, list[Table]]
    Belongs = Callable[[BaseDatabaseWrapper, type[Model]], bool]

__all__ = ["Effect", "Kind", "effects_of", "prune_effects"]

# Nothing of what these change is in the database, and `managed` is among it: a table that is no longer managed stays.
WITHOUT_DATABASE: tuple[type[Operation], ...] = (
    operations.AlterModelOptions,
    operations.AlterModelManagers,
    operations.AlterModelTableComment,
    *filter(None, [getattr(operations, "AlterConstraint", None)]),  # since Django 5.2: what the database has stays
)
NOT_OF_THE_DATABASE = {
    *("category", "database_backwards", "deconstruct", "describe", "elidable", "formatted_description"),
    *("migration_name_fragment", "reduce", "reduces_to_sql", "references_field", "references_model", "reversible"),
    "serialization_expand_args",
}
"""What an operation's class may have of its own: it is not used on the way forward."""

OF_THE_MIGRATION = {"__getattr__", "__getattribute__", "__new__", "apply", "mutate_state"}
"""What decides what a migration does with its operations."""
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
        if overridden(migration) & OF_THE_MIGRATION:
            words = "decides by itself what it does with its operations"
            yield self._named(_effect(Kind.UNKNOWN, words), name, "Migration", migration, migration)
        for operation in migration.operations:
            of_operation = type(operation).__name__
            try:
                found = [
                    *renamed(operation, migration, state, self.connection),
                    *self._operation(operation, migration, state),
                ]
            except Exception as error:
                raise JudgementError(name, of_operation, error) from error
            for effect in found:
                effect = replace(effect, new_table=effect.new_table or effect.table in self.new)
                yield self._named(effect, name, of_operation, operation, migration)

    def _named(self, effect: Effect, name: str, of: str, labelled: object, migration: Migration) -> Effect:
        effect = replace(effect, migration=name, operation=effect.operation or of)
        if effect.kind is Kind.UNKNOWN and _labelled_harmless(labelled, migration):
            return replace(effect, kind=Kind.EXPAND, detail="labelled as safe before deployment")
        return effect

    def _operation(self, operation: Operation, migration: Migration, state: ProjectState) -> Iterator[Effect]:
        """Moves ``state`` beyond the operation."""
        app_label = migration.app_label
        if not _is_djangos(operation):
            yield _effect(Kind.UNKNOWN, "is an operation that is not Django's own")
        if isinstance(operation, operations.SeparateDatabaseAndState):
            yield from self._separate(operation, migration, state)
        elif isinstance(operation, (operations.RunPython, operations.RunSQL)):
            before = self._schema(state) if getattr(operation, "state_operations", ()) else {}
            operation.state_forwards(app_label, state)
            if _is_djangos(operation):
                code = self._code(operation, app_label)
                yield code
                if before and code.kind is Kind.UNKNOWN:
                    yield from self._taken_by_sql(before, state)
        elif isinstance(operation, WITHOUT_DATABASE) or _is_marker(operation):
            operation.state_forwards(app_label, state)
            if _is_djangos(operation):
                yield _effect(Kind.EXPAND, "nothing in the database")
        else:
            yield from self._compared(operation, app_label, state)

    def _taken_by_sql(self, before: Schema, state: ProjectState) -> Iterator[Effect]:
        """``state_operations`` are what the SQL does, so what they take away is gone. What they add SQL can soften."""
        return (effect for effect in differences(before, self._schema(state)) if effect.kind is Kind.TAKEN_AWAY)

    def _separate(self, operation: Any, migration: Migration, state: ProjectState) -> Iterator[Effect]:
        """The database's side is what happens to the schema, the state's side what later operations build on."""
        database = state.clone()
        found, places = False, set[str]()
        for inner in operation.database_operations:
            for effect in self._operation(inner, migration, database):
                found = True
                places.add(effect.place)
                yield replace(effect, operation=effect.operation or type(inner).__name__)
        before = self._schema(state)
        operation.state_forwards(migration.app_label, state)
        for effect in differences(before, self._schema(state)):
            # What the state learns again was there, but only now code makes rows in it.
            if effect.kind is Kind.DELETES and effect.place not in places and not self._refers_to_new(effect):
                found = True
                yield effect
        if not found:
            yield _effect(Kind.EXPAND, "the state alone, nothing in the database")

    def _code(self, operation: Any, app_label: str) -> Effect:
        if hides_app(self.connection, app_label, operation.hints):
            return _effect(Kind.UNKNOWN, HIDDEN)
        if not takes_app(self.connection, app_label, operation.hints):
            return _effect(Kind.EXPAND, "not for this database")
        code = operation.code if isinstance(operation, operations.RunPython) else operation.sql
        if code in (operations.RunPython.noop, operations.RunSQL.noop, [], ()):
            return _effect(Kind.EXPAND, "does nothing")
        return _effect(Kind.UNKNOWN, "runs code that nobody but its author can judge")

    def _compared(self, operation: Operation, app_label: str, state: ProjectState) -> Iterator[Effect]:
        before, hidden = self._schema(state), self._schema(state, hides_model)
        operation.state_forwards(app_label, state)
        after = self._schema(state)
        yield from self._made(after.keys() - before.keys())
        found = [replace(effect, new_table=effect.table in self.new) for effect in differences(before, after)]
        yield from (effect for effect in found if not self._refers_to_new(effect))
        if hidden != self._schema(state, hides_model):
            yield _effect(Kind.UNKNOWN, HIDDEN)
        elif not found and _is_djangos(operation):
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

    def _schema(self, state: ProjectState, belongs: Belongs = takes_model) -> Schema:
        """The tables that migrations make in this database, or the others that ``belongs`` asks for."""
        schema: Schema = {}
        for model in state.apps.get_models(include_auto_created=True):
            if model not in self.described:
                self.described[model] = describe(model, self.connection)
            table = self.described[model]
            if table.managed and belongs(self.connection, model):
                schema.setdefault(table.name, []).append(table)
        return schema


def _effect(kind: Kind, detail: str) -> Effect:
    return Effect("", "", kind, detail=detail)


def _is_djangos(operation: Operation) -> bool:
    """Whether what it does on the way forward is Django's own, or nothing, whoever wrote the class."""
    return _is_marker(operation) or not (overridden(operation) - NOT_OF_THE_DATABASE or djangos(operation) is object)


def _is_marker(operation: Operation) -> bool:
    """Whether it is the linter's, which does nothing at all."""
    cls: Any = type(operation)
    return cls.__name__ == "IgnoreMigration" and comes_from(cls, "django_migration_linter.operations")


def _labelled_harmless(operation: object, migration: Migration) -> bool:
    """What the author says, for django-syzygy (``stage``) or for django-safemigrate (``safe``)."""
    stage = getattr(operation, "stage", None) or getattr(migration, "stage", None)
    safe = getattr(migration, "safe", None)
    labels = {getattr(label, "name", "").upper() for label in (stage, getattr(safe, "when", safe)) if label is not None}
    return bool(labels) and labels <= HARMLESS_STAGES

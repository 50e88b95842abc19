"""Analysis of a plan, operation by operation.

Most operations are not judged by their names. The schema before and after each one is computed from the state that
Django itself computes, and compared. This covers foreign keys that follow the type of a primary key, many-to-many
tables, order columns and parents without a rule of their own. It holds for operations that run only Django's code on
the database. The effect of custom code is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from django.db.migrations import operations

from django_mirrors.content_types import renamed_content_type_effects
from django_mirrors.custom_operations import (
    is_builtin_operation,
    is_labelled_safe,
    is_linter_marker,
    overrides_apply,
    removes_collation,
)
from django_mirrors.effects import ChangeKind, Effect
from django_mirrors.errors import AnalysisError
from django_mirrors.introspection import introspect_tables
from django_mirrors.plan_steps import PlanStep
from django_mirrors.rendering import StateRenderer
from django_mirrors.routing import HIDDEN_BY_ROUTER, hides_app, runs_app
from django_mirrors.schema_change import SchemaChange
from django_mirrors.schema_diff import diff_effects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration
    from django.db.migrations.operations.base import Operation
    from django.db.migrations.state import ProjectState

    from django_mirrors.schema_change import ColumnKey

__all__ = ["OperationAnalyzer"]

# These operations change nothing in the database. `managed` is included: a table that is no longer managed remains.
WITHOUT_DATABASE: tuple[type[Operation], ...] = (
    operations.AlterModelOptions,
    operations.AlterModelManagers,
    operations.AlterModelTableComment,
    *filter(None, [getattr(operations, "AlterConstraint", None)]),  # since Django 5.2: the database does not change
)
TABLES_MOVE = (operations.AlterModelTable,)
COLUMNS_MOVE = (operations.RenameField, operations.AlterField)


@dataclass
class OperationAnalyzer:
    """Analyzer of one plan. It reads only names from the database of ``connection``: of tables and its schema."""

    connection: BaseDatabaseWrapper
    created: frozenset[ColumnKey] = frozenset()  # what the plan creates, under names that no code can know
    removed: set[ColumnKey] = field(default_factory=set)  # names that the plan removes: code may know them
    dropped_tables: set[str] = field(default_factory=set)  # tables that the plan removes or renames
    rendering: StateRenderer = field(init=False)

    def __post_init__(self) -> None:
        self.rendering = StateRenderer(self.connection)

    def analyze_migration(self, migration: Migration, state: ProjectState) -> Iterator[PlanStep]:
        """Yield the effects of each operation. Advance ``state`` past the migration."""
        own = overrides_apply(migration)
        if own:
            step = _unknown("applies its operations with code of its own")
            yield _with_names(step, migration, migration, "Migration")
        one_transaction = migration.atomic and self.connection.features.can_rollback_ddl
        steps = [step for operation in migration.operations for step in self._analyze(operation, migration, state)]
        for number, step in enumerate(steps, start=1):
            yield replace(
                step, isolated=own or step.isolated, transaction_continues=one_transaction and number < len(steps)
            )

    def mark_new(self, effect: Effect) -> Effect:
        """Set ``new``, after the whole analysis: whether no code can know the subject of the effect."""
        of_column = (
            effect.kind in {ChangeKind.REMOVED, ChangeKind.NARROWED} and (effect.table, effect.column) in self.created
        )
        return replace(effect, new=of_column or (effect.table, "") in self.created)

    def is_relevant(self, effect: Effect) -> bool:
        """Return whether it is an effect at all: a reference to rows that no code can know blocks no code."""
        references = effect.after.references if effect.after else None
        return not (effect.kind is ChangeKind.BLOCKS_DELETE and references and (references.table, "") in self.created)

    def _analyze(self, operation: Operation, migration: Migration, state: ProjectState) -> Iterator[PlanStep]:
        name = type(operation).__name__
        try:
            content_types = PlanStep(
                "", tuple(renamed_content_type_effects(operation, migration, state, self.rendering))
            )
            steps = list(self._operation(operation, migration, state))
            found = [content_types, *steps] if content_types.effects else steps
            yield from [_with_names(step, operation, migration, name) for step in found]
        except Exception as error:
            raise AnalysisError(f"{migration.app_label}.{migration.name}", name, error) from error

    def _operation(self, operation: Operation, migration: Migration, state: ProjectState) -> Iterator[PlanStep]:
        """Yield the effects of the operation. Advance ``state`` past it."""
        if is_builtin_operation(operation):
            yield from self._builtin(operation, migration, state)
        else:
            yield _unknown("is an operation that is not Django's own")
            for step in self._builtin(operation, migration, state):
                kept = tuple(effect for effect in step.effects if effect.table)
                yield replace(step, effects=kept, isolated=True)

    def _builtin(self, operation: Operation, migration: Migration, state: ProjectState) -> Iterator[PlanStep]:
        app_label = migration.app_label
        if isinstance(operation, operations.SeparateDatabaseAndState):
            yield from self._separate(operation, migration, state)
        elif isinstance(operation, (operations.RunPython, operations.RunSQL)):
            before = self.rendering.schemas(state)[0] if getattr(operation, "state_operations", ()) else {}
            operation.state_forwards(app_label, state)
            after = self.rendering.schemas(state)[0] if before else {}
            yield self._code(operation, app_label, SchemaChange.from_schemas(before, after))
        elif isinstance(operation, WITHOUT_DATABASE) or is_linter_marker(operation):
            operation.state_forwards(app_label, state)
            yield _nothing("nothing in the database")
        elif self._removes_collation(operation, app_label):
            yield _unknown("removes a collation, and queries of any code may name it")
        else:
            yield self._compared(operation, app_label, state)

    def _separate(self, operation: Any, migration: Migration, state: ProjectState) -> Iterator[PlanStep]:
        """Yield the effects of the database operations. The state operations are the base of later operations."""
        database = state.clone()
        steps = [
            _with_operation(type(inner).__name__, step)
            for inner in operation.database_operations
            for step in self._operation(inner, migration, database)
        ]
        yield from steps
        places = {effect.place for step in steps for effect in step.effects}
        before = self.rendering.schemas(state)[0]
        operation.state_forwards(migration.app_label, state)
        # A table that the state learns again exists, but only now code creates rows in it.
        state_differences = self._differences(SchemaChange.from_schemas(before, self.rendering.schemas(state)[0]))
        found = [effect for effect in state_differences if effect.place not in places]
        refers = tuple(effect for effect in found if effect.kind is ChangeKind.BLOCKS_DELETE)
        if any(effect.kind is ChangeKind.UNKNOWN for step in steps for effect in step.effects):
            yield from _forgotten(found)
        if refers:
            yield PlanStep("", refers, isolated=True)
        elif not steps:
            yield _nothing("the state alone, nothing in the database")

    def _code(self, operation: Any, app_label: str, state_change: SchemaChange) -> PlanStep:
        if hides_app(self.connection, app_label, operation.hints):
            return _unknown(HIDDEN_BY_ROUTER)
        if not runs_app(self.connection, app_label, operation.hints):
            return _nothing("not for this database")
        code = operation.code if isinstance(operation, operations.RunPython) else operation.sql
        if code in (operations.RunPython.noop, operations.RunSQL.noop, [], ()):
            return _nothing("does nothing")
        # `state_operations` describe the SQL, so what they remove is gone. What they add the SQL may have softened.
        removed = (effect for effect in diff_effects(state_change) if effect.kind is ChangeKind.REMOVED)
        return _unknown("runs code that only its author can judge", *removed)

    def _compared(self, operation: Operation, app_label: str, state: ProjectState) -> PlanStep:
        before, hidden = self.rendering.schemas(state)
        operation.state_forwards(app_label, state)
        after, hidden_after = self.rendering.schemas(state)
        moves = {"tables": isinstance(operation, TABLES_MOVE), "columns": isinstance(operation, COLUMNS_MOVE)}
        change = replace(SchemaChange.from_schemas(before, after, **moves), created_by_plan=self.created)
        existing = self._record_created(change)
        effects = [*existing, *self._differences(change)]
        if hidden != hidden_after:
            effects.append(_effect(ChangeKind.UNKNOWN, HIDDEN_BY_ROUTER))
        return PlanStep(
            "", tuple(effects) or _nothing("nothing that code could notice").effects, change, isolated=bool(existing)
        )

    def _removes_collation(self, operation: Operation, app_label: str) -> bool:
        here = self.connection.vendor == "postgresql" and runs_app(self.connection, app_label, {})
        return here and removes_collation(operation)

    def _differences(self, change: SchemaChange) -> list[Effect]:
        return [effect for effect in diff_effects(change) if self.is_relevant(effect)]

    def _record_created(self, change: SchemaChange) -> list[Effect]:
        """Record new and removed names. Return an effect for each new table that already exists.

        A squashed migration creates its tables again if the migrations that it replaces were deleted.
        """
        tables = change.after.keys() - change.before.keys()
        existing = introspect_tables(self.connection, tables - self.dropped_tables).keys() if tables else set()
        self.removed |= change.removed_names() - self.created
        self.created |= {place for place in change.new_names() if place[0] not in existing} - self.removed
        self.dropped_tables = (self.dropped_tables | change.before.keys()) - change.after.keys()
        words = "the table already exists: were the originals of a squashed migration deleted?"
        return [replace(_effect(ChangeKind.REMOVED, words), table=name) for name in sorted(existing)]


def _effect(kind: ChangeKind, detail: str) -> Effect:
    return Effect("", "", kind, detail=detail)


def _unknown(words: str, *more: Effect) -> PlanStep:
    return PlanStep("", (_effect(ChangeKind.UNKNOWN, words), *more))


def _nothing(words: str) -> PlanStep:
    return PlanStep("", (_effect(ChangeKind.EXPAND, words),))


def _forgotten(state_differences: Iterable[Effect]) -> Iterator[PlanStep]:
    """Yield what the state forgets beside code that cannot be judged: the code may drop it, or only free it."""
    removed = [effect for effect in state_differences if effect.kind is ChangeKind.REMOVED]
    words = "forgets {} in the state, and its code may drop that in the database"
    if removed:
        unknown = (replace(effect, kind=ChangeKind.UNKNOWN, detail=words.format(effect.place)) for effect in removed)
        yield PlanStep("", tuple(unknown), isolated=True)


def _with_operation(operation: str, step: PlanStep) -> PlanStep:
    named = (replace(effect, operation=effect.operation or operation) for effect in step.effects)
    return replace(step, effects=tuple(named))


def _with_names(step: PlanStep, labelled: object, migration: Migration, operation: str) -> PlanStep:
    """Return the step with its migration and operation. An unknown one stays isolated, even with a label."""
    name = f"{migration.app_label}.{migration.name}"
    safe = is_labelled_safe(labelled, migration)
    effects = (replace(effect, migration=name) for effect in _with_operation(operation, step).effects)
    unknown = any(effect.kind is ChangeKind.UNKNOWN for effect in step.effects)
    kept = tuple(_as_safe(effect) if safe else effect for effect in effects)
    return replace(step, migration=name, effects=kept, isolated=step.isolated or unknown)


def _as_safe(effect: Effect) -> Effect:
    if effect.kind is not ChangeKind.UNKNOWN:
        return effect
    return replace(effect, kind=ChangeKind.EXPAND, detail="labelled as safe before deployment")

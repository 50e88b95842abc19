"""The way through a plan, operation by operation.

Most operations are not judged by their names: the schema is computed before and after each of them, from the state
that Django itself computes, and compared. So foreign keys that follow the type of a primary key, tables between
many and many, order columns and parents are seen without a rule of their own. This holds for operations whose effect on
the database is Django's own; what anybody else's code does there is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from django.db.migrations import operations

from django_mirrors.content_types import renamed
from django_mirrors.differences import differences
from django_mirrors.effect import Effect, Kind
from django_mirrors.errors import JudgementError
from django_mirrors.forward import decides_itself, is_djangos, is_marker, labelled_harmless
from django_mirrors.found import find
from django_mirrors.moves import Change
from django_mirrors.rendering import Rendering
from django_mirrors.routing import HIDDEN, hides_app, takes_app
from django_mirrors.steps import Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration
    from django.db.migrations.operations.base import Operation
    from django.db.migrations.state import ProjectState

    from django_mirrors.moves import Place

__all__ = ["Walk"]

# Nothing of what these change is in the database, and `managed` is among it: a table that is no longer managed stays.
WITHOUT_DATABASE: tuple[type[Operation], ...] = (
    operations.AlterModelOptions,
    operations.AlterModelManagers,
    operations.AlterModelTableComment,
    *filter(None, [getattr(operations, "AlterConstraint", None)]),  # since Django 5.2: what the database has stays
)
TABLES_MOVE = (operations.AlterModelTable,)
COLUMNS_MOVE = (operations.RenameField, operations.AlterField)


@dataclass
class Walk:
    """One plan, on the database of ``connection``, of which only the names of tables are read."""

    connection: BaseDatabaseWrapper
    made: frozenset[Place] = frozenset()  # what the plan has made, under names that no code can know
    lost: set[Place] = field(default_factory=set)  # names that the plan has taken away: code may know them
    gone: set[str] = field(default_factory=set)  # tables that are not there any more
    rendering: Rendering = field(init=False)

    def __post_init__(self) -> None:
        self.rendering = Rendering(self.connection)

    def migration(self, migration: Migration, state: ProjectState) -> Iterator[Step]:
        """What each operation does. Moves ``state`` beyond the migration."""
        own = decides_itself(migration)
        if own:
            step = _unknown("decides by itself what it does with its operations")
            yield _named(step, migration, migration, "Migration")
        one = migration.atomic and self.connection.features.can_rollback_ddl
        steps = [step for operation in migration.operations for step in self._judged(operation, migration, state)]
        for place, step in enumerate(steps, start=1):
            yield replace(step, alone=own or step.alone, goes_on=one and place < len(steps))

    def marked(self, effect: Effect) -> Effect:
        """Says, at the end of the walk, whether any code can know what the effect is about."""
        of_column = effect.kind in {Kind.TAKEN_AWAY, Kind.TIGHTENED} and (effect.table, effect.column) in self.made
        return replace(effect, new=of_column or (effect.table, "") in self.made)

    def counts(self, effect: Effect) -> bool:
        """Whether it is one at all: a reference to rows that no code can know is in nobody's way."""
        references = effect.after.references if effect.after else None
        return not (effect.kind is Kind.DELETES and references and (references.table, "") in self.made)

    def _judged(self, operation: Operation, migration: Migration, state: ProjectState) -> Iterator[Step]:
        name = type(operation).__name__
        try:
            content_types = Step("", tuple(renamed(operation, migration, state, self.rendering)))
            steps = list(self._operation(operation, migration, state))
            found = [content_types, *steps] if content_types.effects else steps
            yield from [_named(step, operation, migration, name) for step in found]
        except Exception as error:
            raise JudgementError(f"{migration.app_label}.{migration.name}", name, error) from error

    def _operation(self, operation: Operation, migration: Migration, state: ProjectState) -> Iterator[Step]:
        """Moves ``state`` beyond the operation."""
        if is_djangos(operation):
            yield from self._djangos(operation, migration, state)
        else:
            yield _unknown("is an operation that is not Django's own")
            for step in self._djangos(operation, migration, state):
                told = tuple(effect for effect in step.effects if effect.table)
                yield replace(step, effects=told, alone=True)

    def _djangos(self, operation: Operation, migration: Migration, state: ProjectState) -> Iterator[Step]:
        app_label = migration.app_label
        if isinstance(operation, operations.SeparateDatabaseAndState):
            yield from self._separate(operation, migration, state)
        elif isinstance(operation, (operations.RunPython, operations.RunSQL)):
            before = self.rendering.schemas(state)[0] if getattr(operation, "state_operations", ()) else {}
            operation.state_forwards(app_label, state)
            after = self.rendering.schemas(state)[0] if before else {}
            yield self._code(operation, app_label, Change.of(before, after))
        elif isinstance(operation, WITHOUT_DATABASE) or is_marker(operation):
            operation.state_forwards(app_label, state)
            yield _nothing("nothing in the database")
        else:
            yield self._compared(operation, app_label, state)

    def _separate(self, operation: Any, migration: Migration, state: ProjectState) -> Iterator[Step]:
        """The database's side is what happens to the schema, the state's side what later operations build on."""
        database = state.clone()
        steps = [
            _of(type(inner).__name__, step)
            for inner in operation.database_operations
            for step in self._operation(inner, migration, database)
        ]
        yield from steps
        places = {effect.place for step in steps for effect in step.effects}
        before = self.rendering.schemas(state)[0]
        operation.state_forwards(migration.app_label, state)
        # What the state learns again was there, but only now code makes rows in it.
        learnt = self._differences(Change.of(before, self.rendering.schemas(state)[0]))
        refers = tuple(effect for effect in learnt if effect.kind is Kind.DELETES and effect.place not in places)
        if refers:
            yield Step("", refers, alone=True)
        elif not steps:
            yield _nothing("the state alone, nothing in the database")

    def _code(self, operation: Any, app_label: str, in_the_state: Change) -> Step:
        if hides_app(self.connection, app_label, operation.hints):
            return _unknown(HIDDEN)
        if not takes_app(self.connection, app_label, operation.hints):
            return _nothing("not for this database")
        code = operation.code if isinstance(operation, operations.RunPython) else operation.sql
        if code in (operations.RunPython.noop, operations.RunSQL.noop, [], ()):
            return _nothing("does nothing")
        # `state_operations` are what the SQL does, so what they take away is gone. What they add SQL can soften.
        taken = (effect for effect in differences(in_the_state) if effect.kind is Kind.TAKEN_AWAY)
        return _unknown("runs code that nobody but its author can judge", *taken)

    def _compared(self, operation: Operation, app_label: str, state: ProjectState) -> Step:
        before, hidden = self.rendering.schemas(state)
        operation.state_forwards(app_label, state)
        after, hidden_after = self.rendering.schemas(state)
        moves = {"tables": isinstance(operation, TABLES_MOVE), "columns": isinstance(operation, COLUMNS_MOVE)}
        change = replace(Change.of(before, after, **moves), made=self.made)
        twice = self._made(change)
        effects = [*twice, *self._differences(change)]
        if hidden != hidden_after:
            effects.append(_effect(Kind.UNKNOWN, HIDDEN))
        return Step("", tuple(effects) or _nothing("nothing that code could notice").effects, change, alone=bool(twice))

    def _differences(self, change: Change) -> list[Effect]:
        return [effect for effect in differences(change) if self.counts(effect)]

    def _made(self, change: Change) -> list[Effect]:
        """Tables that are there already are made again where the originals of a squashed migration were deleted."""
        tables = change.after.keys() - change.before.keys()
        existing = find(self.connection, tables - self.gone).keys() if tables else set()
        self.lost |= change.names_gone() - self.made
        self.made |= {place for place in change.names_made() if place[0] not in existing} - self.lost
        self.gone = (self.gone | change.before.keys()) - change.after.keys()
        words = "the table is made, and is there already: was a squashed migration left without its originals?"
        return [replace(_effect(Kind.TAKEN_AWAY, words), table=name) for name in sorted(existing)]


def _effect(kind: Kind, detail: str) -> Effect:
    return Effect("", "", kind, detail=detail)


def _unknown(words: str, *more: Effect) -> Step:
    return Step("", (_effect(Kind.UNKNOWN, words), *more))


def _nothing(words: str) -> Step:
    return Step("", (_effect(Kind.EXPAND, words),))


def _of(operation: str, step: Step) -> Step:
    named = (replace(effect, operation=effect.operation or operation) for effect in step.effects)
    return replace(step, effects=tuple(named))


def _named(step: Step, labelled: object, migration: Migration, operation: str) -> Step:
    """With the names of both. What is unknown is not joined with others, also where its author calls it harmless."""
    name = f"{migration.app_label}.{migration.name}"
    harmless = labelled_harmless(labelled, migration)
    effects = (replace(effect, migration=name) for effect in _of(operation, step).effects)
    unknown = any(effect.kind is Kind.UNKNOWN for effect in step.effects)
    told = tuple(_harmless(effect) if harmless else effect for effect in effects)
    return replace(step, migration=name, effects=told, alone=step.alone or unknown)


def _harmless(effect: Effect) -> Effect:
    if effect.kind is not Kind.UNKNOWN:
        return effect
    return replace(effect, kind=Kind.EXPAND, detail="labelled as safe before deployment")

"""Merging of operations that have one joint effect. Pure.

Operations are merged unless an unknown one is between them, or one does not begin with the schema that the previous one
left. Operations of one transaction have only their joint effect: what they undo themselves never existed for other
code. Between two transactions other code runs. An effect that ends with a later migration says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING, Any

from django_mirrors.effects import ChangeKind, Effect
from django_mirrors.schema_change import compose
from django_mirrors.schema_diff import diff_effects

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django_mirrors.schema_change import SchemaChange

__all__ = ["PlanStep", "combine_steps"]

TRANSIENT_KINDS = {ChangeKind.REMOVED, ChangeKind.REQUIRED, ChangeKind.CONSTRAINT}
"""Kinds that code can run into between two migrations.

A reference to old rows is none: no running code would create one.
"""

IsRelevant = Callable[[Effect], bool]


@dataclass(frozen=True)
class PlanStep:
    """The effect of one operation, or of several. ``change`` is None if the schema does not change."""

    migration: str  # "gallery.0002_photo_title"
    effects: tuple[Effect, ...]
    change: SchemaChange | None = None
    isolated: bool = False  # its joint effect with other steps is unknown
    transaction_continues: bool = False  # the next step is in the same transaction


def combine_steps(steps: Sequence[PlanStep], is_relevant: IsRelevant) -> Iterator[Effect]:
    """Yield the effects of a plan, operation by operation.

    Args:
        steps: the effects of each operation by itself.
        is_relevant: returns whether a difference is an effect at all.
    """
    prepared = [_with_until(step, steps[index + 1 :]) for index, step in enumerate(steps)]
    for run in _split(prepared, _continues):
        parts = [
            _StepGroup(part, is_relevant).combine()
            for part in _split(run, lambda part, _: part[-1].transaction_continues)
        ]
        yield from _StepGroup(parts, is_relevant, code_between=True).combine().effects


def _split(steps: Sequence[PlanStep], belongs: Callable[[list[PlanStep], PlanStep], bool]) -> list[list[PlanStep]]:
    found: list[list[PlanStep]] = []
    for step in steps:
        if found and belongs(found[-1], step):
            found[-1].append(step)
        else:
            found.append([step])
    return found


def _continues(run: list[PlanStep], step: PlanStep) -> bool:
    if step.isolated or run[-1].isolated:
        return False
    changes = [earlier.change for earlier in run if earlier.change]
    return not (changes and step.change) or changes[-1].after == step.change.before


@dataclass(frozen=True)
class _StepGroup:
    """Steps with one joint effect. ``code_between``: other code runs between them."""

    parts: Sequence[PlanStep]
    is_relevant: IsRelevant
    code_between: bool = False

    def combine(self) -> PlanStep:
        changes = [part.change for part in self.parts if part.change]
        if len(self.parts) == 1 or not changes:
            return replace(self.parts[0], effects=tuple(effect for part in self.parts for effect in part.effects))
        whole = reduce(compose, changes)
        joint_effects = [effect for effect in diff_effects(whole) if self.is_relevant(effect)]
        found: list[list[Effect]] = [[] for _ in self.parts]
        for effect in joint_effects:
            index, like = self._cause(effect)
            named = replace(effect, migration=like.migration, operation=like.operation)
            found[index].append(replace(named, until=like.until) if _key(like) == _key(effect) else named)
        before: SchemaChange | None = None
        for index, part in enumerate(self.parts):
            found[index] += self._leftovers(index, before, joint_effects)
            found[index] = found[index] or [_no_effect(part)]
            before = _compose_optional(before, part.change)
        return PlanStep(self.parts[-1].migration, tuple(effect for effects in found for effect in effects), whole)

    def _cause(self, effect: Effect) -> tuple[int, Effect]:
        """Return the last step with the same effect, or one on the column, or one on the table, and its effect."""
        keys: tuple[Callable[[Effect], Any], ...] = (_key, lambda item: item.place, lambda item: item.table)
        candidates = [(index, item) for index, part in enumerate(self.parts) for item in part.effects]
        causes = ([one for one in candidates if key_of(one[1]) == key_of(effect)] for key_of in keys)
        return next((found[-1] for found in causes if found), candidates[-1])

    def _leftovers(self, index: int, before: SchemaChange | None, joint_effects: Sequence[Effect]) -> Iterator[Effect]:
        """Yield the effects of a step that the joint change does not contain, but that have to be reported.

        Args:
            index: the step's index.
            before: the joint change of the steps before it.
            joint_effects: the effects of the joint change.
        """
        keys = {_key(effect) for effect in joint_effects}
        taken = {
            effect.place for effect in joint_effects if effect.kind is ChangeKind.REMOVED and not effect.constraint
        }
        for effect in self.parts[index].effects:
            if _key(effect) in keys or taken & {effect.place, effect.table} or _is_created_before(effect, before):
                continue
            if effect.kind in {ChangeKind.NARROWED, ChangeKind.UNKNOWN}:  # existing rows went through it
                yield effect
            elif (
                self.code_between
                and effect.kind in TRANSIENT_KINDS
                and (until := effect.until or self._undone_by(effect, index))
            ):
                yield replace(effect, until=until)

    def _undone_by(self, effect: Effect, index: int) -> str:
        """Return the migration that ends the effect, or "" if this step only restores the original schema."""
        change: SchemaChange | None = None
        for part in self.parts[index:]:
            change = _compose_optional(change, part.change)
            if change and all(_key(found) != _key(effect) for found in diff_effects(change)):
                return part.migration
        return ""


def _compose_optional(first: SchemaChange | None, second: SchemaChange | None) -> SchemaChange | None:
    return compose(first, second) if first and second else first or second


def _is_created_before(effect: Effect, before: SchemaChange | None) -> bool:
    """Return whether the effect concerns a table or column that was created just before, so that no code knows it."""
    if before is None or not effect.table:
        return False
    names = ["", effect.column] if effect.column and effect.kind in {ChangeKind.REMOVED, ChangeKind.NARROWED} else [""]
    origins = [before.origin(effect.table, name) for name in names]
    return any(origin is None or origin in before.created_by_plan for origin in origins)


def _key(effect: Effect) -> Any:
    constraint = effect.constraint
    return (effect.kind, effect.table, effect.column, constraint and (constraint.kind, constraint.key))


def _no_effect(part: PlanStep) -> Effect:
    if all(effect.kind is ChangeKind.EXPAND and not effect.table for effect in part.effects):
        return part.effects[0]
    return Effect(
        part.migration, part.effects[0].operation, ChangeKind.EXPAND, detail="nothing of it is left in the end"
    )


def _with_until(step: PlanStep, later: Sequence[PlanStep]) -> PlanStep:
    """Return the step with the migration that frees each newly required column again, wherever it is in the plan.

    No release could ever know such a column, so a refusal would never end.
    """
    effects = (
        replace(effect, until=_freed_by(effect.table or "", effect.column or "", later))
        if effect.kind is ChangeKind.REQUIRED
        else effect
        for effect in step.effects
    )
    return replace(step, effects=tuple(effects))


def _freed_by(table: str, column: str, later: Sequence[PlanStep]) -> str:
    for step in later:
        change = step.change
        if change is None or table not in change.before:
            continue
        if not any(found.column(column) for found in change.before[table]):
            return ""  # the state forgot the column, the database did not
        name = change.final_name(table, column) if change.keeps_name(table) else None
        renamed = name != column and (table, column) in change.created_by_plan  # has its own effect
        if not name or renamed or not _requires(change, table, name):
            return step.migration
        column = name
    return ""


def _requires(change: SchemaChange, table: str, column: str) -> bool:
    columns = [found.column(column) for found in change.after[table]]
    return any(found is not None and (found.required or found.unique_with_default) for found in columns)

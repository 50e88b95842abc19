"""What several operations do as one, where nobody sees the moments between. Pure.

Operations are joined as far as nothing unknown lies between them, and one begins with the schema that the one before
has left. Those of one transaction are simply one: what they undo again was never there. Those of several transactions
leave moments between, and an effect that lasts no longer says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING, Any

from django_mirrors.differences import differences
from django_mirrors.effect import Effect, Kind
from django_mirrors.moves import then

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django_mirrors.moves import Change

__all__ = ["Step", "judged"]

OF_A_MOMENT = {Kind.TAKEN_AWAY, Kind.REQUIRED, Kind.CONSTRAINT}
"""What code can run into meanwhile. A reference to old rows it cannot: no code runs that would make one."""

Counts = Callable[[Effect], bool]


@dataclass(frozen=True)
class Step:
    """What an operation does, or several. ``change`` is None where the schema stays as it is."""

    migration: str  # "gallery.0002_photo_title"
    effects: tuple[Effect, ...]
    change: Change | None = None
    alone: bool = False  # nobody can say what it means together with others
    goes_on: bool = False  # its transaction has not ended


def judged(steps: Sequence[Step], counts: Counts) -> Iterator[Effect]:
    """The effects of a plan, operation after operation. ``counts``: whether a difference is an effect at all."""
    marked = [_marked(step, steps[place + 1 :]) for place, step in enumerate(steps)]
    for run in _split(marked, _continues):
        parts = [_One(part, counts).joined() for part in _split(run, lambda part, _: part[-1].goes_on)]
        yield from _One(parts, counts, moments=True).joined().effects


def _split(steps: Sequence[Step], belongs: Callable[[list[Step], Step], bool]) -> list[list[Step]]:
    found: list[list[Step]] = []
    for step in steps:
        if found and belongs(found[-1], step):
            found[-1].append(step)
        else:
            found.append([step])
    return found


def _continues(run: list[Step], step: Step) -> bool:
    if step.alone or run[-1].alone:
        return False
    changes = [earlier.change for earlier in run if earlier.change]
    return not (changes and step.change) or changes[-1].after == step.change.before


@dataclass(frozen=True)
class _One:
    """Parts that are one. ``moments``: other code sees what is between them."""

    parts: Sequence[Step]
    counts: Counts
    moments: bool = False

    def joined(self) -> Step:
        changes = [part.change for part in self.parts if part.change]
        if len(self.parts) == 1 or not changes:
            return replace(self.parts[0], effects=tuple(effect for part in self.parts for effect in part.effects))
        whole = reduce(then, changes)
        in_the_end = [effect for effect in differences(whole) if self.counts(effect)]
        found: list[list[Effect]] = [[] for _ in self.parts]
        for effect in in_the_end:
            place, like = self._cause(effect)
            named = replace(effect, migration=like.migration, operation=like.operation)
            found[place].append(replace(named, until=like.until) if _key(like) == _key(effect) else named)
        before: Change | None = None
        for place, part in enumerate(self.parts):
            found[place] += self._left(place, before, in_the_end)
            found[place] = found[place] or [_nothing(part)]
            before = _both(before, part.change)
        return Step(self.parts[-1].migration, tuple(effect for effects in found for effect in effects), whole)

    def _cause(self, effect: Effect) -> tuple[int, Effect]:
        """The last part that says so too, or something of the column, or of the table; and what it says there."""
        likenesses: tuple[Callable[[Effect], Any], ...] = (_key, lambda item: item.place, lambda item: item.table)
        said = [(place, item) for place, part in enumerate(self.parts) for item in part.effects]
        causes = ([one for one in said if likeness(one[1]) == likeness(effect)] for likeness in likenesses)
        return next((found[-1] for found in causes if found), said[-1])

    def _left(self, place: int, before: Change | None, in_the_end: Sequence[Effect]) -> Iterator[Effect]:
        """What a part does that is not so in the end, and has to be said all the same.

        :param before: what the parts before it do
        """
        keys = {_key(effect) for effect in in_the_end}
        taken = {effect.place for effect in in_the_end if effect.kind is Kind.TAKEN_AWAY and not effect.constraint}
        for effect in self.parts[place].effects:
            if _key(effect) in keys or taken & {effect.place, effect.table} or _is_made(effect, before):
                continue
            if effect.kind in {Kind.TIGHTENED, Kind.UNKNOWN}:  # the rows have gone through it
                yield effect
            elif (
                self.moments
                and effect.kind in OF_A_MOMENT
                and (until := effect.until or self._undone_by(effect, place))
            ):
                yield replace(effect, until=until)

    def _undone_by(self, effect: Effect, place: int) -> str:
        """The migration; none where this part itself only brings back what was there at first."""
        change: Change | None = None
        for part in self.parts[place:]:
            change = _both(change, part.change)
            if change and all(_key(found) != _key(effect) for found in differences(change)):
                return part.migration
        return ""


def _both(first: Change | None, second: Change | None) -> Change | None:
    return then(first, second) if first and second else first or second


def _is_made(effect: Effect, before: Change | None) -> bool:
    """Whether it is done to what was made just before, which no code can know."""
    if before is None or not effect.table:
        return False
    names = ["", effect.column] if effect.column and effect.kind in {Kind.TAKEN_AWAY, Kind.TIGHTENED} else [""]
    origins = [before.origin(effect.table, name) for name in names]
    return any(origin is None or origin in before.made for origin in origins)


def _key(effect: Effect) -> Any:
    constraint = effect.constraint
    return (effect.kind, effect.table, effect.column, constraint and (constraint.kind, constraint.key))


def _nothing(part: Step) -> Effect:
    if all(effect.kind is Kind.EXPAND and not effect.table for effect in part.effects):
        return part.effects[0]
    return Effect(part.migration, part.effects[0].operation, Kind.EXPAND, detail="nothing of it is left in the end")


def _marked(step: Step, later: Sequence[Step]) -> Step:
    """With the migration that frees a column again which it requires, whatever lies between.

    No release could ever know such a column, so a refusal would wait for good.
    """
    effects = (
        replace(effect, until=_freed_by(effect.table or "", effect.column or "", later))
        if effect.kind is Kind.REQUIRED
        else effect
        for effect in step.effects
    )
    return replace(step, effects=tuple(effects))


def _freed_by(table: str, column: str, later: Sequence[Step]) -> str:
    for step in later:
        change = step.change
        if change is None or table not in change.before:
            continue
        if not any(found.column(column) for found in change.before[table]):
            return ""  # the state has forgotten it, and the database has not
        name = change.now(table, column) if change.stays(table) else None
        renamed = name != column and (table, column) in change.made  # what that requires is said there
        if not name or renamed or not _requires(change, table, name):
            return step.migration
        column = name
    return ""


def _requires(change: Change, table: str, column: str) -> bool:
    columns = [found.column(column) for found in change.after[table]]
    return any(found is not None and (found.required or found.filled_alike) for found in columns)

"""The difference between two schemas, as effects on code that knows only the first or only the second. Pure."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from django_mirrors.effect import Effect, Kind
from django_mirrors.tables import OWN, Constraint
from django_mirrors.tolerance import objection

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from django_mirrors.moves import Change
    from django_mirrors.tables import Column, Schema, Table

__all__ = ["differences"]


def differences(change: Change) -> Iterator[Effect]:
    """What the change means, in effects that name no migration yet."""
    before, after = change.carried(), change.after
    for name in sorted(change.concerned & {*before, *after}):
        old, new = before.get(name, ()), after.get(name, ())
        if old and not (new and change.stays(name)):
            yield _effect(Kind.TAKEN_AWAY, name, detail=_what_becomes(change, name))
        elif len(new) < len(old):
            yield _effect(Kind.TAKEN_AWAY, name, detail="the table is dropped")
        if len(new) > len(old) or (new and not change.stays(name)):
            yield from _added_table(new[-1])
        elif new:
            for known, one, other in zip(change.before[name], old, new):
                yield from _known_columns(known, other, change)
                if one != other:
                    yield from _changed_table(one, other, after, {column.name for column in known.columns})


WORDS = {"check": "a check", "exclude": "an exclusion", "index": "an index of an expression"}


def _content(constraint: Constraint) -> tuple[str, tuple[str, ...], str]:
    """All but the name."""
    return (constraint.kind, constraint.columns, constraint.definition)


def _effect(
    kind: Kind, table: str, column: Column | None = None, detail: str = "", constraint: Constraint | None = None
) -> Effect:
    return Effect("", "", kind, table, column.name if column else None, detail, column, constraint)


def _added_table(table: Table) -> Iterator[Effect]:
    yield _effect(Kind.EXPAND, table.name, detail="the table is new")
    yield from chain.from_iterable(_referring(table.name, column) for column in table.columns)


def _what_becomes(change: Change, table: str) -> str:
    if table in change.after:
        return "the table is dropped, and another takes its name"
    renamed = next((name for name in change.after if change.origin(name) == (table, "")), None)
    return f"the table is renamed to {renamed}" if renamed else "the table is dropped"


def _known_columns(before: Table, after: Table, change: Change) -> Iterator[Effect]:
    """What code finds under the names that it knows: nothing, or another column."""
    for column in before.columns:
        name, other = change.now(after.name, column.name), after.column(column.name)
        done = f"renamed to {name}" if name and name != column.name else "dropped"
        if other is None:
            yield Effect("", "", Kind.TAKEN_AWAY, after.name, column.name, f"the column is {done}")
        elif not change.stays(after.name, column.name):
            words = f"puts another column in the place of {after.name}.{column.name}, which is {done}"
            yield _effect(Kind.UNKNOWN, after.name, other, words)
            yield from _tightened(after.name, column, other)


def _changed_table(before: Table, after: Table, schema: Schema, known: Collection[str]) -> Iterator[Effect]:
    """``before`` is in the names of ``after``; ``known``: the names that columns had."""
    for column in after.columns:
        old = before.column(column.name)
        if old is None:
            yield from _added_column(after.name, column)
        elif old != column:
            yield from _changed_column(after.name, old, column, schema)
    yield from _uniques(before, after, {*known, *(column.name for column in before.columns)})
    yield from _own(before, after)
    there = {_content(constraint) for constraint in before.constraints}
    for constraint in after.constraints:
        if constraint.kind not in {"unique", OWN} and _content(constraint) not in there:
            words = f"rows must satisfy {constraint.name}, {WORDS.get(constraint.kind, constraint.kind)}, which is new"
            yield _effect(Kind.CONSTRAINT, after.name, detail=words, constraint=constraint)


def _own(before: Table, after: Table) -> Iterator[Effect]:
    """Constraints and indexes that are not Django's: what they do when they come or go only their author knows."""
    old, new = ({_content(item): item for item in table.constraints if item.kind == OWN} for table in (before, after))
    for content, constraint in {**old, **new}.items():
        if not (content in old and content in new):
            does = "adds" if content in new else "takes away"
            words = f"{does} {constraint.name} of {after.name}, of a class that is not Django's own"
            yield _effect(Kind.UNKNOWN, after.name, detail=words, constraint=constraint)


def _own_column(table: str, column: Column) -> Effect:
    words = f"changes {table}.{column.name}, and the field's class decides by itself what the database gets"
    return _effect(Kind.UNKNOWN, table, column, words)


def _added_column(table: str, column: Column) -> Iterator[Effect]:
    if column.generated is not None:
        words = (
            "the database computes the new column from what any code writes, and refuses what it cannot compute from"
        )
        constraint = Constraint("generated", columns=(column.name,), definition=column.generated)
        yield _effect(Kind.CONSTRAINT, table, column, words, constraint=constraint)
    elif column.required:
        yield _effect(Kind.REQUIRED, table, column, "the new column is NOT NULL and has no database default")
    elif column.filled_alike:
        yield _effect(Kind.REQUIRED, table, column, "the new column is unique, and its default may come twice")
    elif not column.own:
        yield _effect(Kind.EXPAND, table, column, "the column is new")
    if column.own:
        yield _own_column(table, column)
    yield from _referring(table, column)


def _referring(table: str, column: Column) -> Iterator[Effect]:
    """Code that does not know a reference does not delete the row that refers before the one referred to."""
    if column.references and column.references.enforced:
        words = f"code that does not know it cannot delete the row of {column.references.table} that it refers to"
        yield _effect(Kind.DELETES, table, column, words)


def _tightened(table: str, before: Column, after: Column) -> Iterator[Effect]:
    reason = objection(before, after)
    if reason:
        yield _effect(Kind.TIGHTENED, table, after, f"the column {reason}")


def _changed_column(table: str, before: Column, after: Column, schema: Schema) -> Iterator[Effect]:
    yield from _tightened(table, before, after)
    if after.required and not before.required:
        yield _effect(Kind.REQUIRED, table, after, "the column is NOT NULL and has no database default any more")
    if after.filled_alike and not (before.filled_alike or after.required):
        yield _effect(Kind.REQUIRED, table, after, "the column is unique, and its default may come twice")
    if before.own != after.own:
        yield _own_column(table, after)
    if _new_reference(before, after, schema):
        constraint = Constraint("foreign key", columns=(after.name,))
        yield _effect(Kind.CONSTRAINT, table, after, "the foreign key constraint is new", constraint=constraint)
        yield from _referring(table, after)


def _new_reference(before: Column, after: Column, schema: Schema) -> bool:
    """Not one whose table was renamed under it."""
    old, new = before.references, after.references
    if new is None or not new.enforced or new == old:
        return False
    return old is None or not old.enforced or old.table in schema


def _uniques(before: Table, after: Table, known: Collection[str]) -> Iterator[Effect]:
    """What comes, and what goes among the columns that both know."""
    old, new = before.uniques, after.uniques
    for key in sorted(old.keys() - new.keys()):
        if all(after.column(name) for name in old[key].columns):
            words = f"{_of(old[key])} was unique and may come twice, and ON CONFLICT finds no constraint"
            yield _effect(Kind.TAKEN_AWAY, after.name, detail=words, constraint=old[key])
    for key in sorted(new.keys() - old.keys()):
        if not _is_left_empty(new[key], after, known):
            words = f"{_of(new[key])} must be unique"
            yield _effect(Kind.CONSTRAINT, after.name, detail=words, constraint=new[key])


def _of(constraint: Constraint) -> str:
    return ", ".join(constraint.columns) or constraint.name


def _is_left_empty(constraint: Constraint, table: Table, known: Collection[str]) -> bool:
    """Whether code that does not know its columns cannot break it: one NULL among them, and a row is like no other.

    What is said of a new column that is unique by itself says it all, whatever it is filled with.
    """
    columns = [column for column in table.columns if column.name in constraint.columns]
    if not columns or any(column.name in known for column in columns):
        return False
    if len(columns) == 1 and columns[0].unique:
        return True
    return "nulls_distinct" not in constraint.definition and any(column.left_empty for column in columns)

"""The difference between two schemas, as effects on code that knows only one of them. Pure."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from django_mirrors.effect import Effect, Kind
from django_mirrors.tables import OWN, Constraint
from django_mirrors.tolerance import objection

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from django_mirrors.tables import Column, Table

    Schema = Mapping[str, Sequence[Table]]
    """By name; a table that two models share has two entries."""

__all__ = ["differences"]


def differences(before: Schema, after: Schema) -> Iterator[Effect]:
    """What happens on the way from ``before`` to ``after``, in effects that name no migration yet."""
    for name in sorted({*before, *after}):
        old, new = before.get(name, ()), after.get(name, ())
        if len(new) < len(old):
            yield _effect(Kind.TAKEN_AWAY, name, detail="the table is dropped")
        elif len(new) > len(old):
            yield from _added_table(new[-1])
        for one, other in zip(old, new):
            if one != other:
                yield from _changed_table(one, other, after)


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


def _changed_table(before: Table, after: Table, schema: Schema) -> Iterator[Effect]:
    for column in before.columns:
        if not after.column(column.name):
            yield Effect("", "", Kind.TAKEN_AWAY, after.name, column.name, "the column is dropped")
    for column in after.columns:
        old = before.column(column.name)
        if old is None:
            yield from _added_column(after.name, column)
        elif old != column:
            yield from _changed_column(after.name, old, column, schema)
    yield from _uniques(before, after)
    yield from _own(before, after)
    known = {_content(constraint) for constraint in before.constraints}
    for constraint in after.constraints:
        if constraint.kind not in {"unique", OWN} and _content(constraint) not in known:
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
    elif _fills_alike(column):
        yield _effect(Kind.REQUIRED, table, column, "the new column is unique, and its default may come twice")
    elif not column.own:
        yield _effect(Kind.EXPAND, table, column, "the column is new")
    if column.own:
        yield _own_column(table, column)
    yield from _referring(table, column)


def _fills_alike(column: Column) -> bool:
    """Whether each row of code that does not name the column gets a value, and no value may come twice."""
    return column.unique and (column.db_default is not None or not column.null)


def _referring(table: str, column: Column) -> Iterator[Effect]:
    """Code that does not know a reference does not delete the row that refers before the one referred to."""
    if column.references and column.references.enforced:
        words = f"code that does not know it cannot delete the row of {column.references.table} that it refers to"
        yield _effect(Kind.DELETES, table, column, words)


def _changed_column(table: str, before: Column, after: Column, schema: Schema) -> Iterator[Effect]:
    reason = objection(before, after)
    if reason:
        yield _effect(Kind.TIGHTENED, table, after, f"the column {reason}")
    if after.required and not before.required:
        yield _effect(Kind.REQUIRED, table, after, "the column is NOT NULL and has no database default any more")
    if _fills_alike(after) and not (_fills_alike(before) or after.required):
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


def _uniques(before: Table, after: Table) -> Iterator[Effect]:
    """What comes and goes among the columns that both know."""
    old, new = before.uniques, after.uniques
    for columns, definition in old.keys() - new.keys():
        if all(after.column(name) for name in columns):
            words = "what was unique may come twice, and ON CONFLICT finds no constraint"
            yield _effect(Kind.TAKEN_AWAY, after.name, detail=words, constraint=old[columns, definition])
    for columns, definition in new.keys() - old.keys():
        if len(columns) != 1 or before.column(columns[0]):
            constraint = new[columns, definition]
            words = f"{', '.join(columns) or constraint.name} must be unique"
            yield _effect(Kind.CONSTRAINT, after.name, detail=words, constraint=constraint)

"""Difference between two schemas, as effects on code that knows only the first or only the second. Pure."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from django_mirrors.compatibility import incompatibility
from django_mirrors.effects import ChangeKind, Effect
from django_mirrors.tables import CUSTOM, Constraint

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from django_mirrors.schema_change import SchemaChange
    from django_mirrors.tables import Column, Schema, Table

__all__ = ["diff_effects"]


def diff_effects(change: SchemaChange) -> Iterator[Effect]:
    """Yield the effects of the change. They name no migration yet."""
    before, after = change.before_renamed(), change.after
    for name in sorted(change.changed_tables & {*before, *after}):
        old, new = before.get(name, ()), after.get(name, ())
        if old and not (new and change.keeps_name(name)):
            yield _effect(ChangeKind.REMOVED, name, detail=_removed_table_detail(change, name))
        elif len(new) < len(old):
            yield _effect(ChangeKind.REMOVED, name, detail="the table is dropped")
        if len(new) > len(old) or (new and not change.keeps_name(name)):
            yield from _added_table(new[-1])
        elif new:
            for known, one, other in zip(change.before[name], old, new):
                yield from _known_columns(known, other, change)
                if one != other:
                    yield from _changed_table(one, other, after, {column.name for column in known.columns})


WORDS = {"check": "check", "exclude": "exclusion", "index": "index of an expression"}


def _content(constraint: Constraint) -> tuple[str, tuple[str, ...], str]:
    """Return everything except the name."""
    return (constraint.kind, constraint.columns, constraint.definition)


def _effect(
    kind: ChangeKind, table: str, column: Column | None = None, detail: str = "", constraint: Constraint | None = None
) -> Effect:
    return Effect("", "", kind, table, column.name if column else None, detail, column, constraint)


def _added_table(table: Table) -> Iterator[Effect]:
    yield _effect(ChangeKind.EXPAND, table.name, detail="the table is new")
    yield from chain.from_iterable(_reference_effects(table.name, column) for column in table.columns)


def _removed_table_detail(change: SchemaChange, table: str) -> str:
    if table in change.after:
        return "the table is dropped, and another takes its name"
    renamed = next((name for name in change.after if change.origin(name) == (table, "")), None)
    return f"the table is renamed to {renamed}" if renamed else "the table is dropped"


def _known_columns(before: Table, after: Table, change: SchemaChange) -> Iterator[Effect]:
    """Yield the effects on names that code knows: the column is missing, or it is another one."""
    for column in before.columns:
        name, other = change.final_name(after.name, column.name), after.column(column.name)
        done = f"renamed to {name}" if name and name != column.name else "dropped"
        if other is None:
            yield Effect("", "", ChangeKind.REMOVED, after.name, column.name, f"the column is {done}")
        elif not change.keeps_name(after.name, column.name):
            words = f"puts another column in the place of {after.name}.{column.name}, which is {done}"
            yield _effect(ChangeKind.UNKNOWN, after.name, other, words)
            yield from _narrowed(after.name, column, other)


def _changed_table(before: Table, after: Table, schema: Schema, known: Collection[str]) -> Iterator[Effect]:
    """Yield the effects of changed columns and constraints.

    Args:
        before: the table before the change, with the column names of ``after``.
        after: the table after the change.
        schema: the whole schema after the change.
        known: the names that columns had before.
    """
    for column in after.columns:
        old = before.column(column.name)
        if old is None:
            yield from _added_column(after.name, column)
        elif old != column:
            yield from _changed_column(after.name, old, column, schema)
    yield from _unique_effects(before, after, {*known, *(column.name for column in before.columns)})
    yield from _custom_constraints(before, after)
    there = {_content(constraint) for constraint in before.constraints}
    for constraint in after.constraints:
        if constraint.kind not in {"unique", CUSTOM} and _content(constraint) not in there:
            words = f"rows must satisfy the new {WORDS.get(constraint.kind, constraint.kind)} {constraint.name}"
            yield _effect(ChangeKind.CONSTRAINT, after.name, detail=words, constraint=constraint)


def _custom_constraints(before: Table, after: Table) -> Iterator[Effect]:
    """Yield an effect for each added or removed custom constraint or index. Only its author knows what it does."""
    old, new = (
        {_content(item): item for item in table.constraints if item.kind == CUSTOM} for table in (before, after)
    )
    for content, constraint in {**old, **new}.items():
        if not (content in old and content in new):
            does = "adds" if content in new else "removes"
            words = f"{does} {constraint.name} of {after.name}, which has a custom class"
            yield _effect(ChangeKind.UNKNOWN, after.name, detail=words, constraint=constraint)


def _custom_column(table: str, column: Column) -> Effect:
    words = f"changes {table}.{column.name}, whose custom field class decides what the database gets"
    return _effect(ChangeKind.UNKNOWN, table, column, words)


def _added_column(table: str, column: Column) -> Iterator[Effect]:
    if column.generated is not None:
        words = (
            "the database computes the new column from what any code writes, and refuses what it cannot compute from"
        )
        constraint = Constraint("generated", columns=(column.name,), definition=column.generated)
        yield _effect(ChangeKind.CONSTRAINT, table, column, words, constraint=constraint)
    elif column.required:
        yield _effect(ChangeKind.REQUIRED, table, column, "the new column is NOT NULL and has no database default")
    elif column.unique_with_default:
        yield _effect(ChangeKind.REQUIRED, table, column, "the new column is unique, and its default may occur twice")
    elif not column.own:
        yield _effect(ChangeKind.EXPAND, table, column, "the column is new")
    if column.own:
        yield _custom_column(table, column)
    yield from _reference_effects(table, column)


def _reference_effects(table: str, column: Column) -> Iterator[Effect]:
    """Yield the effect of a new reference: code that does not know it cannot delete rows in the right order."""
    if column.references and column.references.enforced:
        words = f"code that does not know it cannot delete the row of {column.references.table} that it refers to"
        yield _effect(ChangeKind.BLOCKS_DELETE, table, column, words)


def _narrowed(table: str, before: Column, after: Column) -> Iterator[Effect]:
    reason = incompatibility(before, after)
    if reason:
        yield _effect(ChangeKind.NARROWED, table, after, f"the column {reason}")


def _changed_column(table: str, before: Column, after: Column, schema: Schema) -> Iterator[Effect]:
    yield from _narrowed(table, before, after)
    if after.required and not before.required:
        yield _effect(ChangeKind.REQUIRED, table, after, "the column is NOT NULL and has no database default any more")
    if after.unique_with_default and not (before.unique_with_default or after.required):
        yield _effect(ChangeKind.REQUIRED, table, after, "the column is unique, and its default may occur twice")
    if before.own != after.own:
        yield _custom_column(table, after)
    if _new_reference(before, after, schema):
        constraint = Constraint("foreign key", columns=(after.name,))
        yield _effect(ChangeKind.CONSTRAINT, table, after, "the foreign key constraint is new", constraint=constraint)
        yield from _reference_effects(table, after)


def _new_reference(before: Column, after: Column, schema: Schema) -> bool:
    """Return whether the reference is new. A reference whose table was renamed is not."""
    old, new = before.references, after.references
    if new is None or not new.enforced or new == old:
        return False
    return old is None or not old.enforced or old.table in schema


def _unique_effects(before: Table, after: Table, known: Collection[str]) -> Iterator[Effect]:
    """Yield the effects of new uniqueness, and of lost uniqueness of columns that both schemas have."""
    old, new = before.uniques, after.uniques
    for key in sorted(old.keys() - new.keys()):
        if all(after.column(name) for name in old[key].columns):
            words = f"{_of(old[key])} was unique and may now occur twice, and ON CONFLICT finds no constraint"
            yield _effect(ChangeKind.REMOVED, after.name, detail=words, constraint=old[key])
    for key in sorted(new.keys() - old.keys()):
        if not _is_left_empty(new[key], after, known):
            words = f"{_of(new[key])} must be unique"
            yield _effect(ChangeKind.CONSTRAINT, after.name, detail=words, constraint=new[key])


def _of(constraint: Constraint) -> str:
    return ", ".join(constraint.columns) or constraint.name


def _is_left_empty(constraint: Constraint, table: Table, known: Collection[str]) -> bool:
    """Return whether code that does not know the constraint's columns cannot violate it.

    One NULL among the columns makes a row unlike any other. A new column that is unique by itself has an effect of its
    own, whatever fills it.
    """
    columns = [column for column in table.columns if column.name in constraint.columns]
    if not columns or any(column.name in known for column in columns):
        return False
    if len(columns) == 1 and columns[0].unique:
        return True
    return "nulls_distinct" not in constraint.definition and any(column.null_by_default for column in columns)

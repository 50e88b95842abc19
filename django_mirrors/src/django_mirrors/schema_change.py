"""Table and column names before and after a change. Pure.

A column that is renamed and renamed back is the same column. A column that is dropped and added again under its name is
another one: its content is gone.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from django_mirrors.tables import Column, Constraint, Schema, Table

__all__ = ["ColumnKey", "SchemaChange", "compose"]

ColumnKey = tuple[str, str]


@dataclass(frozen=True)
class SchemaChange:
    """Two schemas, and the origin of each table and column of the later one.

    ``origins`` maps a key to the key before the change, or to None for a new table or column. A key is a table's name
    with a column's, or with "" for the table itself. A missing key has not changed.

    ``created_by_plan`` contains keys before the change that no code can know: the same plan created them.
    """

    before: Schema
    after: Schema
    origins: Mapping[ColumnKey, ColumnKey | None] = field(default_factory=dict)
    created_by_plan: Collection[ColumnKey] = frozenset()

    @classmethod
    def from_schemas(
        cls, before: Schema, after: Schema, *, tables: bool = False, columns: bool = False
    ) -> SchemaChange:
        """Return the change that one operation makes.

        Args:
            before: the schema before the operation.
            after: the schema after the operation.
            tables: whether the operation renames tables.
            columns: whether the operation renames columns.
        """
        origins: dict[ColumnKey, ColumnKey | None] = {}
        for name in after.keys() - before.keys():
            old = _named_before(name, before, after) if tables else None
            origins[name, ""] = (old, "") if old else None
            for column in _names(after, name):
                origins[name, column] = (old, column) if old else None
        for name in _changed(before, after):
            removed, added = (_names(before, name) - _names(after, name), _names(after, name) - _names(before, name))
            moved = columns and len(removed) == len(added) == 1
            origins.update({(name, column): (name, min(removed)) if moved else None for column in added})
        return cls(before, after, origins)

    @cached_property
    def changed_tables(self) -> set[str]:
        """Return the tables that changed or were replaced. All others need no comparison."""
        tables = {*_changed(self.before, self.after), *(table for table, _ in self.origins)}
        return tables | (self.before.keys() ^ self.after.keys())

    def origin(self, table: str, column: str = "") -> ColumnKey | None:
        """Return the key before the change, or None if the table or column is new."""
        return self.origins.get((table, column), (table, column))

    def keeps_name(self, table: str, column: str = "") -> bool:
        """Return whether the table or column of this name still has the name after the change."""
        exists = table in self.after and (not column or column in _names(self.after, table))
        return exists and self.origin(table, column) == (table, column)

    def final_name(self, table: str, column: str) -> str | None:
        """Return the name after the change of a column of a table that remains, or None if the column is dropped."""
        return next((name for name in _ordered(self.after, table) if self.origin(table, name) == (table, column)), None)

    def new_names(self) -> set[ColumnKey]:
        """Return the names that did not exist before, except new names of columns that code knows."""
        return {
            key for key, origin in self.origins.items() if not (key[1] and origin) or origin in self.created_by_plan
        } - _keys(self.before)

    def removed_names(self) -> set[ColumnKey]:
        """Return the names that no longer exist."""
        return _keys(self.before) - _keys(self.after)

    def before_renamed(self) -> Schema:
        """Return the changed tables of the schema before, with the names after, without dropped columns."""
        return {
            name: [self._renamed(table) for table in found] if self.keeps_name(name) else found
            for name, found in self.before.items()
            if name in self.changed_tables
        }

    def _renamed(self, table: Table) -> Table:
        names = {column.name: self._name_after(table.name, column.name) for column in table.columns}
        columns = tuple(self._rename_column(column, name) for column in table.columns if (name := names[column.name]))
        constraints = tuple(_rename_constraint(constraint, names) for constraint in table.constraints)
        return replace(table, columns=columns, constraints=constraints)

    def _name_after(self, table: str, column: str) -> str | None:
        """Return the column's name after the change, or None if it is gone.

        A renamed column that the plan itself created counts as gone: no code knew its first name.
        """
        name = self.final_name(table, column)
        return None if name != column and (table, column) in self.created_by_plan else name

    def _rename_column(self, column: Column, name: str) -> Column:
        target = column.references
        if target and target.table in self.before and self.keeps_name(target.table):
            target = replace(target, column=self.final_name(target.table, target.column) or target.column)
        return replace(column, name=name, references=target)


def compose(first: SchemaChange, second: SchemaChange) -> SchemaChange:
    """Return both changes as one."""
    origins = dict(first.origins)
    for key, between in second.origins.items():
        origins[key] = between and first.origin(*between)
    return SchemaChange(first.before, second.after, origins, first.created_by_plan)


def _named_before(name: str, before: Schema, after: Schema) -> str | None:
    """Return the former name of the table with the same models, if no table has that name any more."""
    models = {table.model for table in after[name]}
    removed = before.keys() - after.keys()
    return next((old for old in sorted(removed) if {table.model for table in before[old]} == models), None)


def _rename_constraint(constraint: Constraint, names: Mapping[str, str | None]) -> Constraint:
    return replace(constraint, columns=tuple(names.get(name) or name for name in constraint.columns))


def _keys(schema: Schema) -> set[ColumnKey]:
    return {(table, name) for table in schema for name in ("", *_ordered(schema, table))}


def _changed(before: Schema, after: Schema) -> set[str]:
    return {name for name in before.keys() & after.keys() if before[name] != after[name]}


def _names(schema: Schema, table: str) -> set[str]:
    return set(_ordered(schema, table))


def _ordered(schema: Schema, table: str) -> list[str]:
    return [column.name for found in schema[table] for column in found.columns]

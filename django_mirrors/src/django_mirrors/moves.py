"""Which table and which column a name leads to, before and after a change. Pure.

A column that is renamed and renamed back is the one that it was. One that is dropped and added again under its name is
not: what was in it is gone.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from django_mirrors.tables import Column, Constraint, Schema, Table

__all__ = ["Change", "Place", "then"]

Place = tuple[str, str]


@dataclass(frozen=True)
class Change:
    """Two schemas, and where what the later one has comes from.

    ``origins`` is by place, which is a table's name with a column's, or with nothing for the table itself: the place
    before the change, None for what is made. A place that it does not name has stayed where it was. ``made`` are
    places before the change that no code can know, since the same plan has made them.
    """

    before: Schema
    after: Schema
    origins: Mapping[Place, Place | None] = field(default_factory=dict)
    made: Collection[Place] = frozenset()

    @classmethod
    def of(cls, before: Schema, after: Schema, *, tables: bool = False, columns: bool = False) -> Change:
        """What one operation does. ``tables``, ``columns``: whether it gives these other names."""
        origins: dict[Place, Place | None] = {}
        for name in after.keys() - before.keys():
            old = _named_before(name, before, after) if tables else None
            origins[name, ""] = (old, "") if old else None
            for column in _names(after, name):
                origins[name, column] = (old, column) if old else None
        for name in _changed(before, after):
            gone, come = (_names(before, name) - _names(after, name), _names(after, name) - _names(before, name))
            moved = columns and len(gone) == len(come) == 1
            origins.update({(name, column): (name, min(gone)) if moved else None for column in come})
        return cls(before, after, origins)

    @cached_property
    def concerned(self) -> set[str]:
        """The tables that are not as they were, or not the same. All others need no look."""
        tables = {*_changed(self.before, self.after), *(table for table, _ in self.origins)}
        return tables | (self.before.keys() ^ self.after.keys())

    def origin(self, table: str, column: str = "") -> Place | None:
        """Where it was before; None if it is made."""
        return self.origins.get((table, column), (table, column))

    def stays(self, table: str, column: str = "") -> bool:
        """Whether what has this name before has it after."""
        there = table in self.after and (not column or column in _names(self.after, table))
        return there and self.origin(table, column) == (table, column)

    def now(self, table: str, column: str) -> str | None:
        """What a column of a table that stays is called in the end; None if it is dropped."""
        return next((name for name in _ordered(self.after, table) if self.origin(table, name) == (table, column)), None)

    def names_made(self) -> set[Place]:
        """What has a name that was not there, but for a known column: that is known, whatever it is called."""
        return {
            place for place, origin in self.origins.items() if not (place[1] and origin) or origin in self.made
        } - _places(self.before)

    def names_gone(self) -> set[Place]:
        """What is not there any more under its name."""
        return _places(self.before) - _places(self.after)

    def carried(self) -> Schema:
        """What it concerns of the schema before, in the names after; without columns that are dropped."""
        return {
            name: [self._carried(table) for table in found] if self.stays(name) else found
            for name, found in self.before.items()
            if name in self.concerned
        }

    def _carried(self, table: Table) -> Table:
        names = {column.name: self._carried_to(table.name, column.name) for column in table.columns}
        columns = tuple(self._under(column, name) for column in table.columns if (name := names[column.name]))
        constraints = tuple(_of(constraint, names) for constraint in table.constraints)
        return replace(table, columns=columns, constraints=constraints)

    def _carried_to(self, table: str, column: str) -> str | None:
        """Under another name, what the plan has made is as new as before: code that knew the first name is none."""
        name = self.now(table, column)
        return None if name != column and (table, column) in self.made else name

    def _under(self, column: Column, name: str) -> Column:
        target = column.references
        if target and target.table in self.before and self.stays(target.table):
            target = replace(target, column=self.now(target.table, target.column) or target.column)
        return replace(column, name=name, references=target)


def then(first: Change, second: Change) -> Change:
    """Both, one after the other."""
    origins = dict(first.origins)
    for place, between in second.origins.items():
        origins[place] = between and first.origin(*between)
    return Change(first.before, second.after, origins, first.made)


def _named_before(name: str, before: Schema, after: Schema) -> str | None:
    """What the table of the same model was called, where it has given up that name."""
    models = {table.model for table in after[name]}
    gone = before.keys() - after.keys()
    return next((old for old in sorted(gone) if {table.model for table in before[old]} == models), None)


def _of(constraint: Constraint, names: Mapping[str, str | None]) -> Constraint:
    return replace(constraint, columns=tuple(names.get(name) or name for name in constraint.columns))


def _places(schema: Schema) -> set[Place]:
    return {(table, name) for table in schema for name in ("", *_ordered(schema, table))}


def _changed(before: Schema, after: Schema) -> set[str]:
    return {name for name in before.keys() & after.keys() if before[name] != after[name]}


def _names(schema: Schema, table: str) -> set[str]:
    return set(_ordered(schema, table))


def _ordered(schema: Schema, table: str) -> list[str]:
    return [column.name for found in schema[table] for column in found.columns]

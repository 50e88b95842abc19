"""A table and its columns, as a model declares them or a database has them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["CUSTOM", "Column", "Constraint", "Reference", "Schema", "Table", "parse_size"]

CUSTOM = "own"
"""The kind of a constraint or index whose class is not Django's."""


@dataclass(frozen=True)
class Reference:
    """The target of a foreign key. ``enforced`` is false for ``db_constraint=False``."""

    table: str
    column: str
    enforced: bool = True


@dataclass(frozen=True)
class Column:
    """A column as one model declares it."""

    name: str
    type: str  # Django's internal type, "CharField"; the target's type for a foreign key
    db_type: str = ""  # the database's type, if it is not Django's: "mood"
    length: int | None = None  # characters
    precision: int | None = None  # all digits of a decimal number
    scale: int | None = None  # digits after the decimal point
    null: bool = False
    db_default: str | None = None  # the expression's text
    identity: bool = False  # the database generates it by counting
    generated: str | None = None  # the expression's text
    unique: bool = False  # also true of primary keys
    collation: str | None = None
    references: Reference | None = None
    own: str = ""  # what the database gets, if a custom field class decides on it

    @property
    def required(self) -> bool:
        """Return whether an INSERT that omits the column fails."""
        return not (self.null or self.db_default is not None or self.identity or self.generated is not None)

    @property
    def null_by_default(self) -> bool:
        """Return whether the column is NULL in rows of code that omits it."""
        return self.null and self.db_default is None and not self.identity and self.generated is None

    @property
    def unique_with_default(self) -> bool:
        """Return whether rows of code that omits the column get a value, although no value may occur twice."""
        return self.unique and (self.db_default is not None or not self.null)


@dataclass(frozen=True)
class Constraint:
    """A constraint. ``definition`` is everything that the columns do not say.

    ``kind`` is ``unique``, ``check``, ``exclude``, ``index`` (of an expression), ``generated``, ``foreign key`` or
    ``own`` (its class decides what the database gets).
    """

    kind: str
    name: str = ""
    columns: tuple[str, ...] = ()
    definition: str = ""

    @property
    def key(self) -> tuple[tuple[str, ...], str]:
        """Return the constraint's identity for the database.

        It contains neither the name, nor the order of columns that have no further definition.
        """
        return (self.columns if self.definition else tuple(sorted(self.columns)), self.definition)


@dataclass(frozen=True)
class Table:
    """A table as one model declares it. Two models with one table are two instances."""

    name: str
    model: str  # "gallery.Photo"
    managed: bool  # whether migrations create the table
    columns: tuple[Column, ...]
    constraints: tuple[Constraint, ...] = ()

    def column(self, name: str) -> Column | None:
        """Return the column of this name, if this model has one."""
        return next((column for column in self.columns if column.name == name), None)

    @property
    def uniques(self) -> dict[tuple[tuple[str, ...], str], Constraint]:
        """Return everything unique, by its key: the database does not distinguish how the model declares it."""
        columns = (Constraint("unique", columns=(column.name,)) for column in self.columns if column.unique)
        found = (*columns, *(constraint for constraint in self.constraints if constraint.kind == "unique"))
        return {constraint.key: constraint for constraint in found}


Schema = Mapping[str, Sequence[Table]]
"""Tables by name. A table that two models share has two entries."""


def parse_size(number: object) -> int | None:
    """Return a size as a number, or None if it is no number. Django also accepts ``max_length="30"``."""
    try:
        return int(number)  # type: ignore[call-overload, no-any-return]
    except (TypeError, ValueError, OverflowError):
        return None

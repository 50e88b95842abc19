"""A table and its columns, as a model declares them or a database has them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["OWN", "Column", "Constraint", "Reference", "Schema", "Table", "whole"]

OWN = "own"
"""The kind of a constraint or index that is not Django's."""


@dataclass(frozen=True)
class Reference:
    """What a foreign key points at. ``enforced`` is false for ``db_constraint=False``."""

    table: str
    column: str
    enforced: bool = True


@dataclass(frozen=True)
class Column:
    """A column as one model declares it."""

    name: str
    type: str  # Django's internal type, of the target for a foreign key: "CharField"
    db_type: str = ""  # the database's type, where Django's would be another: "mood"
    length: int | None = None  # characters
    precision: int | None = None  # digits of a decimal number in all
    scale: int | None = None  # digits behind the point
    null: bool = False
    db_default: str | None = None  # the expression's text
    identity: bool = False  # the database counts it up
    generated: str | None = None  # the expression's text
    unique: bool = False  # primary keys too
    collation: str | None = None
    references: Reference | None = None
    own: str = ""  # what the database gets, where the field's class decides on it by itself

    @property
    def required(self) -> bool:
        """Whether an INSERT that does not name the column fails."""
        return not (self.null or self.db_default is not None or self.identity or self.generated is not None)

    @property
    def left_empty(self) -> bool:
        """Whether it holds NULL in the rows of code that does not name it."""
        return self.null and self.db_default is None and not self.identity and self.generated is None

    @property
    def filled_alike(self) -> bool:
        """Whether each row of code that does not name the column gets a value, and no value may come twice."""
        return self.unique and (self.db_default is not None or not self.null)


@dataclass(frozen=True)
class Constraint:
    """``definition`` is what the columns do not say.

    ``kind`` is ``unique``, ``check``, ``exclude``, ``index`` (of an expression), ``generated``, ``foreign key`` or
    ``own`` (its class decides by itself what the database gets).
    """

    kind: str
    name: str = ""
    columns: tuple[str, ...] = ()
    definition: str = ""

    @property
    def key(self) -> tuple[tuple[str, ...], str]:
        """What makes it another one for the database: not its name, nor the order of columns that have nothing else."""
        return (self.columns if self.definition else tuple(sorted(self.columns)), self.definition)


@dataclass(frozen=True)
class Table:
    """A table as one model declares it: two models on one table are two of these."""

    name: str
    model: str  # "gallery.Photo"
    managed: bool  # whether migrations make the table
    columns: tuple[Column, ...]
    constraints: tuple[Constraint, ...] = ()

    def column(self, name: str) -> Column | None:
        """The column of this name, if this model knows one."""
        return next((column for column in self.columns if column.name == name), None)

    @property
    def uniques(self) -> dict[tuple[tuple[str, ...], str], Constraint]:
        """Everything unique, by its key: how it was written makes no difference to the database."""
        columns = (Constraint("unique", columns=(column.name,)) for column in self.columns if column.unique)
        found = (*columns, *(constraint for constraint in self.constraints if constraint.kind == "unique"))
        return {constraint.key: constraint for constraint in found}


Schema = Mapping[str, Sequence[Table]]
"""Tables by name; one that two models share has two entries."""


def whole(number: object) -> int | None:
    """A size as a number: Django takes ``max_length="30"`` too. None for what is none."""
    try:
        return int(number)  # type: ignore[call-overload, no-any-return]
    except (TypeError, ValueError, OverflowError):
        return None

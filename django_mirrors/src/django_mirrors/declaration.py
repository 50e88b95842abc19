"""What code needs of the schema: the declaration of one image, as data that fits into the registry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.apps.registry import Apps

__all__ = ["Column", "Constraint", "Declaration", "Reference", "Table", "declare", "fingerprint"]

VERSION = 1


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
    db_type: str = ""  # the database's type: "varchar(50)"
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

    @property
    def required(self) -> bool:
        """Whether an INSERT that does not name the column fails."""
        return not (self.null or self.db_default is not None or self.identity or self.generated is not None)


@dataclass(frozen=True)
class Constraint:
    """``kind`` is ``unique``, ``check`` or ``exclude``; ``definition`` holds what the columns do not say."""

    kind: str
    name: str
    columns: tuple[str, ...] = ()
    definition: str = ""


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


@dataclass(frozen=True)
class Declaration:
    """Everything that one image needs of the schema, and the names of all its migrations (``gallery.0001_initial``)."""

    tables: tuple[Table, ...]
    migrations: tuple[str, ...] = ()

    def of_table(self, name: str) -> tuple[Table, ...]:
        """Every model's view of the table."""
        return tuple(table for table in self.tables if table.name == name)

    def as_data(self) -> dict[str, Any]:
        """What JSON can hold; :meth:`from_data` reads it."""
        raise NotImplementedError

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Declaration:
        """Reads what this or another version of the companion app has written: unknown keys are passed over.

        :raises ValueError: not a declaration at all
        """
        raise NotImplementedError


def declare(apps: Apps | None = None) -> Declaration:
    """What the models of ``apps``, by default those of this process with the migrations on its disk, need."""
    raise NotImplementedError


def fingerprint(declaration: Declaration, leaves: Iterable[tuple[str, str]]) -> str:
    """Names an image's release: 16 hexadecimal digits over declaration and leaves (app, name) of its migrations."""
    raise NotImplementedError

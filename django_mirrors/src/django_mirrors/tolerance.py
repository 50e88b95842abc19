"""Whether code that declares a column works with the column as the database has it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django_mirrors.tables import Column

__all__ = ["objection", "widens"]

TEXTS = ("CharField", "SlugField")
WITH_LENGTH = (*TEXTS, "FileField", "FilePathField")


def objection(code: Column, database: Column) -> str | None:
    """What in ``database`` code that declares ``code`` cannot stand, in words; None if it can."""
    checks = (
        (code.generated is None and database.generated is not None, "is computed by the database and takes no value"),
        (code.generated is not None and database.required, "is no longer computed by the database"),
        (code.null and not database.null and database.generated is None, "takes no NULL"),
        (code.db_default is not None and _gives_nothing(database), "has no database default"),
        (code.identity and _gives_nothing(database), "is not counted up by the database"),
        (not widens(code, database), f"is {_type(database)}, not {_type(code)}"),
        (code.collation != database.collation, "compares and sorts in another way"),
        (_enforced(code) and not _enforced(database), "may hold references to rows that do not exist"),
    )
    return next((words for objects, words in checks if objects), None)


def widens(code: Column, database: Column) -> bool:
    """Whether the database's type takes all that the code writes, and gives nothing that the code cannot read or find.

    That was tried, and is true of longer text alone. Code that knows fewer digits cannot read a longer decimal number
    on SQLite; on PostgreSQL code that knows a smaller whole number never finds a row by a bigger one: Django answers
    without asking the database, even for a primary key.
    """
    if code.db_type != database.db_type:
        return False
    if code.type == database.type and code.type not in WITH_LENGTH:
        return (code.precision, code.scale) == (database.precision, database.scale)
    if code.type in TEXTS and database.type == "TextField":
        return True
    if code.type == database.type or (code.type in TEXTS and database.type in TEXTS):
        return database.length is None or (code.length is not None and code.length <= database.length)
    return False


def _gives_nothing(database: Column) -> bool:
    return database.db_default is None and not database.identity and database.generated is None


def _enforced(column: Column) -> bool:
    return column.references is not None and column.references.enforced


def _type(column: Column) -> str:
    if column.db_type:
        return column.db_type
    sizes = [size for size in (column.length, column.precision, column.scale) if size is not None]
    return f"{column.type}({', '.join(map(str, sizes))})" if sizes else column.type

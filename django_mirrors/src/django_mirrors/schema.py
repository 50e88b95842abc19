"""The real schema, looked at after migrating."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from django_mirrors.declaration import Declaration

__all__ = ["missing"]


def missing(connection: BaseDatabaseWrapper, declaration: Declaration) -> tuple[str, ...]:
    """What stands between ``declaration`` and the schema as it is, a sentence each; nothing if the code can run.

    Tables and columns that are not there, columns that are tighter than declared, and required columns that the code
    does not know.
    """
    raise NotImplementedError

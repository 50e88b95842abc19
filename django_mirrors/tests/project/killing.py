"""The end of this process at one of the statements that change the schema, as the driver sends it."""

from __future__ import annotations

import os
import signal
from itertools import count
from typing import Any

from django_mirrors.schema_statements import CHANGES_SCHEMA

__all__ = ["kill_at_statement"]


def kill_at_statement(place: str) -> None:
    """Kill this process at a statement. ``place`` is ``before 2`` or ``after 2``, and the first statement is 1."""
    from pymysql.cursors import Cursor

    moment, number = place.split()
    numbers, execute = count(1), Cursor.execute

    def killing(self: Any, query: Any, args: Any = None) -> Any:
        here = bool(CHANGES_SCHEMA.match(query)) and next(numbers) == int(number)
        if here and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = execute(self, query, args)
        if here:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    Cursor.execute = killing  # type: ignore[method-assign]

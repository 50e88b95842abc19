"""All cases, by the name of their app."""

from __future__ import annotations

from tests.operations import code, columns, constraints, postgresql, relations, structure
from tests.operations.case import Case

__all__ = ["CASES"]

FOUND = [*columns.CASES, *structure.CASES, *relations.CASES, *constraints.CASES, *postgresql.CASES, *code.CASES]
CASES: dict[str, Case] = {case.label: case for case in FOUND}
assert len(CASES) == len(FOUND), "two cases have one name"

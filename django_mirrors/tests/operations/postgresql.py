"""Cases that only PostgreSQL has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import IntegerRangeField
from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    ValidateConstraint,
)
from django.db import models
from django.db.migrations import AddConstraint, AlterField, RunSQL, SeparateDatabaseAndState

from tests.operations.case import POSTGRESQL, Case, thing
from tests.operations.constraints import check, number

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["CASES"]


class MoodField(models.CharField):  # type: ignore[type-arg]
    """A field with an enum type of the database."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:  # noqa: ARG002
        return "mood"


def char(**options: Any) -> models.Field[Any, Any]:
    return models.CharField(max_length=20, **options)


# Each case that needs the type begins with it: the cases may run in any order.
CREATE_MOOD = "CREATE TYPE mood AS ENUM ('x', 'y'); EXCEPTION WHEN duplicate_object THEN NULL;"
MOOD = RunSQL(f"DO $$ BEGIN {CREATE_MOOD} END $$", RunSQL.noop)
CAST = "ALTER TABLE to_enum_thing ALTER COLUMN value TYPE mood USING value::mood"

CASES = [
    Case(
        "not_valid",
        "AddConstraintNotValid",
        [thing(value=number())],
        [AddConstraintNotValid("thing", check("not_valid"))],
        kinds=POSTGRESQL,
    ),
    Case(
        "validate",
        "ValidateConstraint",
        [thing(value=number()), AddConstraintNotValid("thing", check("validate", least=-10))],
        [ValidateConstraint("thing", "validate")],
        kinds=POSTGRESQL,
    ),
    Case(
        "concurrently",
        "AddIndexConcurrently",
        [thing(value=number())],
        [AddIndexConcurrently("thing", models.Index(fields=["value"], name="concurrently"))],
        kinds=POSTGRESQL,
        attributes={"atomic": False},
    ),
    Case(
        "exclude",
        "AddConstraint, EXCLUDE",
        [thing(span=IntegerRangeField())],
        [AddConstraint("thing", ExclusionConstraint(name="exclude", expressions=[("span", "&&")]))],
        kinds=POSTGRESQL,
    ),
    Case(
        "to_enum",
        "SeparateDatabaseAndState, CharField to an enum type with RunSQL",
        [MOOD, thing(value=char())],
        [SeparateDatabaseAndState([RunSQL(CAST)], [AlterField("thing", "value", MoodField(max_length=20))])],
        kinds=POSTGRESQL,
    ),
    Case(
        "from_enum",
        "AlterField, an enum type to CharField",
        [MOOD, thing(value=MoodField(max_length=20))],
        [AlterField("thing", "value", char())],
        kinds=POSTGRESQL,
    ),
    Case(
        "more_moods",
        "RunSQL, an enum type gets a value",
        [MOOD, thing(value=char())],
        [RunSQL("ALTER TYPE mood ADD VALUE 'z'", RunSQL.noop)],
        kinds=POSTGRESQL,
        attributes={"atomic": False},
    ),
    Case(
        "collate",
        "AlterField, db_collation",
        [thing(value=char())],
        [AlterField("thing", "value", char(db_collation="C"))],
        kinds=POSTGRESQL,
    ),
]

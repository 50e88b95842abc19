"""Cases: constraints and indexes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import django
from django.apps.registry import Apps
from django.db import connection, models
from django.db.migrations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    AlterUniqueTogether,
    RemoveConstraint,
    RemoveIndex,
    RenameIndex,
)
from django.db.migrations.operations.base import Operation
from django.db.models import F, Q
from django.db.models.functions import Lower

from tests.operations.case import Case, thing

__all__ = ["CASES"]


def number(**options: Any) -> models.Field[Any, Any]:
    return models.IntegerField(**options)


def check(name: str, least: int = 0) -> models.CheckConstraint:
    condition = Q(value__gte=least)
    named: dict[str, Any] = {"condition": condition} if django.VERSION >= (5, 1) else {"check": condition}
    return models.CheckConstraint(name=name, **named)


def unique(name: str, *expressions: Any, **options: Any) -> models.UniqueConstraint:
    fields = () if expressions else ("value",)
    return models.UniqueConstraint(*expressions, fields=fields, name=name, **options)


class UniqueIndex(models.Index):
    """A unique index without a constraint, as some projects write it."""

    def create_sql(self, *arguments: Any, **options: Any) -> Any:
        statement: Any = super().create_sql(*arguments, **options)
        statement.template = statement.template.replace("CREATE INDEX", "CREATE UNIQUE INDEX")
        return statement


def constrained(label: str, words: str, constraint: models.BaseConstraint) -> Case:
    return Case(label, words, [thing(value=number())], [AddConstraint("thing", constraint)])


def freed(label: str, words: str, constraint: models.BaseConstraint, **more: Any) -> Case:
    old = [thing(value=number()), AddConstraint("thing", constraint)]
    return Case(label, words, old, [RemoveConstraint("thing", constraint.name)], **more)


def changed(label: str, words: str, before: list[Operation], after: Operation, **more: Any) -> Case:
    return Case(label, words, [thing(value=number()), *before], [after], **more)


def upsert(label: str, *, unique: Sequence[str] = ("value",), update: str = "name") -> Any:
    """Run old code's ON CONFLICT twice, which needs a unique constraint. MariaDB makes a second row without one."""

    def use(apps: Apps) -> None:
        things = apps.get_model(label, "Thing")
        names = unique if connection.features.supports_update_conflicts_with_target else None
        for _ in range(2):
            rows = [things(name="again", value=1)]
            things.objects.bulk_create(rows, update_conflicts=True, unique_fields=names, update_fields=[update])
        things.objects.get(name="again")

    return use


def both(name: str, *names: str) -> models.UniqueConstraint:
    return models.UniqueConstraint(fields=names, name=name)


CASES = [
    Case(
        "own_index",
        "AddIndex, of the project's own class",
        [thing(value=number())],
        [AddIndex("thing", UniqueIndex(fields=["value"], name="own_index"))],
    ),
    constrained("check", "AddConstraint, CHECK", check("check_value")),
    freed("drop_check", "RemoveConstraint, CHECK", check("drop_check_value")),
    constrained("unique", "AddConstraint, UNIQUE", unique("unique_value")),
    constrained(
        "unique_partial", "AddConstraint, UNIQUE with a condition", unique("unique_p", condition=Q(value__lt=9))
    ),
    constrained("unique_lower", "AddConstraint, UNIQUE of an expression", unique("unique_l", Lower("name"))),
    freed("drop_unique", "RemoveConstraint, UNIQUE", unique("drop_unique_value"), old_use=upsert("drop_unique")),
    freed(
        "drop_partial", "RemoveConstraint, UNIQUE with a condition", unique("drop_partial", condition=Q(value__lt=9))
    ),
    changed("together", "AlterUniqueTogether", [], AlterUniqueTogether("thing", {("name", "value")})),
    changed(
        "apart",
        "AlterUniqueTogether, none any more",
        [AlterUniqueTogether("thing", {("value", "name")})],
        AlterUniqueTogether("thing", set()),
    ),
    Case(
        "together_rewritten",
        "AlterUniqueTogether, none any more, and AddConstraint, the same UNIQUE",
        [thing(value=number(), more=number(default=1)), AlterUniqueTogether("thing", {("name", "value")})],
        [AlterUniqueTogether("thing", set()), AddConstraint("thing", both("together_rewritten", "name", "value"))],
        old_use=upsert("together_rewritten", unique=["name", "value"], update="more"),
    ),
    Case(
        "unique_reordered",
        "RemoveConstraint and AddConstraint, UNIQUE, its columns in another order",
        [
            thing(value=number(), more=number(default=1)),
            AddConstraint("thing", both("unique_reordered", "name", "value")),
        ],
        [
            RemoveConstraint("thing", "unique_reordered"),
            AddConstraint("thing", both("unique_reordered", "value", "name")),
        ],
        old_use=upsert("unique_reordered", unique=["name", "value"], update="more"),
    ),
    Case(
        "check_and_not",
        "AddConstraint, CHECK, and RemoveConstraint",
        [thing(value=number())],
        [AddConstraint("thing", check("check_and_not")), RemoveConstraint("thing", "check_and_not")],
    ),
    Case(
        "unique_new",
        "AddField, NULL, and AddConstraint, UNIQUE",
        [thing()],
        [AddField("thing", "value", number(null=True)), AddConstraint("thing", unique("unique_new"))],
    ),
    Case(
        "unique_with_new",
        "AddField, NULL, and AddConstraint, UNIQUE with an old column",
        [thing()],
        [
            AddField("thing", "value", number(null=True)),
            AddConstraint("thing", both("unique_with_new", "name", "value")),
        ],
    ),
    changed("to_unique", "AlterField, unique", [], AlterField("thing", "value", number(unique=True))),
    Case(
        "from_unique",
        "AlterField, no longer unique",
        [thing(value=number(unique=True))],
        [AlterField("thing", "value", number())],
        old_use=upsert("from_unique"),
    ),
    Case(
        "unique_rewritten",
        "RemoveConstraint and AlterField, the same UNIQUE",
        [thing(value=number()), AddConstraint("thing", unique("unique_rewritten"))],
        [AlterField("thing", "value", number(unique=True)), RemoveConstraint("thing", "unique_rewritten")],
        old_use=upsert("unique_rewritten"),
    ),
    changed("index", "AddIndex", [], AddIndex("thing", models.Index(fields=["value"], name="index_value"))),
    changed(
        "index_partial",
        "AddIndex, with a condition",
        [],
        AddIndex("thing", models.Index(fields=["value"], name="index_partial", condition=Q(value__lt=9))),
    ),
    changed(
        "index_expression",
        "AddIndex, of an expression",
        [],
        AddIndex("thing", models.Index(F("value") * 2, name="index_expression")),
    ),
    changed(
        "index_computed",
        "AddIndex, with a condition that computes",
        [],
        AddIndex("thing", models.Index(fields=["value"], name="index_computed", condition=Q(value__lt=F("value") * 2))),
    ),
    changed(
        "drop_index",
        "RemoveIndex",
        [AddIndex("thing", models.Index(fields=["value"], name="drop_index"))],
        RemoveIndex("thing", "drop_index"),
    ),
    changed(
        "rename_index",
        "RenameIndex",
        [AddIndex("thing", models.Index(fields=["value"], name="rename_index"))],
        RenameIndex("thing", new_name="other_index", old_name="rename_index"),
    ),
]

if django.VERSION >= (5, 0):  # database defaults
    CASES += [
        Case(
            "unique_new_default",
            "AddField with db_default, and AddConstraint, UNIQUE",
            [thing()],
            [
                AddField("thing", "value", number(db_default=1)),
                AddConstraint("thing", unique("unique_new_default")),
            ],
        ),
    ]

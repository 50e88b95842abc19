"""Cases: references between tables."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.migrations import AddField, AlterField, RemoveField

from tests.operations.case import Case, model, parent, thing

__all__ = ["CASES"]


def refers(to: str, **options: Any) -> models.Field[Any, Any]:
    return models.ForeignKey(to, options.pop("on_delete", models.CASCADE), **options)


def number() -> models.Field[Any, Any]:
    return models.IntegerField(default=1)


def child(label: str, words: str, **options: Any) -> Case:
    """Return a new table that refers to an old one."""
    return Case(label, words, [parent()], [model("Child", ("parent", refers(f"{label}.Parent", **options)))])


CASES = [
    child("new_child", "CreateModel, with a foreign key to an old table"),
    child("new_null_child", "CreateModel, with a foreign key that may be NULL", null=True, on_delete=models.SET_NULL),
    child("new_loose_child", "CreateModel, with a foreign key without constraint", db_constraint=False),
    Case(
        "new_pair",
        "CreateModel twice, one refers to the other",
        [thing()],
        [parent(), model("Child", ("parent", refers("new_pair.Parent")))],
    ),
    Case(
        "add_reference",
        "AddField, ForeignKey with NULL",
        [parent(), thing()],
        [AddField("thing", "parent", refers("add_reference.Parent", null=True))],
    ),
    Case(
        "add_loose_reference",
        "AddField, ForeignKey with NULL and without constraint",
        [parent(), thing()],
        [AddField("thing", "parent", refers("add_loose_reference.Parent", null=True, db_constraint=False))],
    ),
    Case(
        "add_many",
        "AddField, ManyToManyField",
        [parent(), thing()],
        [AddField("thing", "parents", models.ManyToManyField("add_many.Parent"))],
    ),
    Case(
        "drop_many",
        "RemoveField, ManyToManyField",
        [parent(), thing(parents=models.ManyToManyField("drop_many.Parent"))],
        [RemoveField("thing", "parents")],
    ),
    Case(
        "new_many",
        "CreateModel, with a ManyToManyField to an old table",
        [parent()],
        [model("Child", ("parents", models.ManyToManyField("new_many.Parent")))],
    ),
    Case(
        "drop_reference",
        "RemoveField, ForeignKey",
        [parent(), thing(parent=refers("drop_reference.Parent"))],
        [RemoveField("thing", "parent")],
    ),
    Case(
        "to_reference",
        "AlterField, IntegerField to ForeignKey",
        [parent(), thing(parent=models.IntegerField(db_column="parent_id", default=1))],
        [AlterField("thing", "parent", refers("to_reference.Parent"))],
    ),
    Case(
        "from_reference",
        "AlterField, ForeignKey to IntegerField",
        [parent(), thing(parent=refers("from_reference.Parent"))],
        [AlterField("thing", "parent", models.IntegerField(db_column="parent_id", default=1))],
    ),
    Case(
        "tie_reference",
        "AlterField, ForeignKey gets its constraint",
        [parent(), thing(parent=refers("tie_reference.Parent", db_constraint=False))],
        [AlterField("thing", "parent", refers("tie_reference.Parent"))],
    ),
    Case(
        "loosen_reference",
        "AlterField, ForeignKey loses its constraint",
        [parent(), thing(parent=refers("loosen_reference.Parent"))],
        [AlterField("thing", "parent", refers("loosen_reference.Parent", db_constraint=False))],
    ),
    Case(
        "one_to_one",
        "AlterField, ForeignKey to OneToOneField",
        [parent(), thing(parent=refers("one_to_one.Parent"))],
        [AlterField("thing", "parent", models.OneToOneField("one_to_one.Parent", models.CASCADE))],
    ),
    Case(
        "many_again",
        "AlterField, OneToOneField to ForeignKey",
        [parent(), thing(parent=models.OneToOneField("many_again.Parent", models.CASCADE))],
        [AlterField("thing", "parent", refers("many_again.Parent"))],
    ),
    Case(
        "redirect",
        "AlterField, ForeignKey to another table",
        [parent(), model("Other", ("size", number())), thing(parent=refers("redirect.Parent"))],
        [AlterField("thing", "parent", refers("redirect.Other"))],
    ),
    Case(
        "key_type",
        "AlterField, the type of a primary key that others refer to",
        [
            model("Parent", ("code", models.CharField(max_length=20, primary_key=True))),
            thing(parent=refers("key_type.Parent")),
        ],
        [AlterField("parent", "code", models.CharField(max_length=10, primary_key=True))],
    ),
]

"""Cases: new, removed and renamed tables."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.migrations import (
    AddField,
    AlterModelManagers,
    AlterModelOptions,
    AlterModelTable,
    AlterOrderWithRespectTo,
    CreateModel,
    DeleteModel,
    RemoveField,
    RenameModel,
)

from tests.operations.case import Case, model, parent, thing

__all__ = ["CASES"]


def value() -> models.Field[Any, Any]:
    return models.CharField(max_length=20)


def cascade(to: str, **options: Any) -> models.Field[Any, Any]:
    return models.ForeignKey(to, models.CASCADE, **options)


CASES = [
    Case("create", "CreateModel", [thing()], [model("Other", ("value", value()))]),
    Case("delete", "DeleteModel", [thing()], [DeleteModel("Thing")]),
    Case(
        "delete_child",
        "DeleteModel, of what refers to another",
        [parent(), model("Child", ("parent", cascade("delete_child.Parent")))],
        [DeleteModel("Child")],
    ),
    Case("rename_model", "RenameModel", [thing()], [RenameModel("Thing", "Other")]),
    Case(
        "rename_parent",
        "RenameModel, of what others refer to",
        [parent(), model("Child", ("parent", cascade("rename_parent.Parent")))],
        [RenameModel("Parent", "Other")],
    ),
    Case(
        "rename_model_kept",
        "RenameModel, db_table as before",
        [model("Thing", ("name", value()), db_table="rename_model_kept_things")],
        [RenameModel("Thing", "Other")],
    ),
    Case("named_table", "AlterModelTable", [thing()], [AlterModelTable("Thing", "named_table_other")]),
    Case(
        "order",
        "AlterOrderWithRespectTo",
        [parent(), model("Child", ("parent", cascade("order.Parent")))],
        [AlterOrderWithRespectTo("Child", "parent")],
    ),
    Case("options", "AlterModelOptions", [thing()], [AlterModelOptions("Thing", {"ordering": ["name"]})]),
    Case("managers", "AlterModelManagers", [thing()], [AlterModelManagers("Thing", [("objects", models.Manager())])]),
    Case("unmanage", "AlterModelOptions, managed=False", [thing()], [AlterModelOptions("Thing", {"managed": False})]),
    Case(
        "proxy",
        "CreateModel and DeleteModel, of a proxy",
        [thing(), CreateModel("Old", [], options={"proxy": True}, bases=("proxy.thing",))],
        [CreateModel("New", [], options={"proxy": True}, bases=("proxy.thing",)), DeleteModel("Old")],
    ),
    Case(
        "unmanaged",
        "CreateModel, unmanaged",
        [thing()],
        [model("View", ("name", value()), managed=False, db_table="unmanaged_thing")],
    ),
    Case(
        "forget_unmanaged",
        "DeleteModel, of an unmanaged model",
        [thing(), model("View", ("name", value()), managed=False, db_table="forget_unmanaged_thing")],
        [DeleteModel("View")],
    ),
    Case(
        "two_models",
        "RemoveField, of one of two models on a table",
        [thing(value=value()), model("View", ("name", value()), managed=False, db_table="two_models_thing")],
        [RemoveField("thing", "value")],
    ),
    Case(
        "second_model",
        "RemoveField, of what only a second model on the table uses",
        [
            thing(value=models.CharField(max_length=20, null=True)),
            model("View", ("value", value()), managed=False, db_table="second_model_thing"),
        ],
        [RemoveField("thing", "value")],
    ),
    Case(
        "swapped",
        "RemoveField, of a model that is swapped out",
        [parent(), model("Thing", ("value", value()), swappable="OPERATIONS_SWAPPED_MODEL")],
        [RemoveField("thing", "value")],
    ),
    Case(
        "child_table",
        "CreateModel, inheriting an old model's table",
        [thing()],
        [CreateModel("Special", [("value", value())], bases=("child_table.thing",))],
    ),
    Case(
        "parent_column",
        "RemoveField, of a parent's table",
        [thing(value=value()), CreateModel("Special", [("more", value())], bases=("parent_column.thing",))],
        [RemoveField("thing", "value")],
    ),
    Case(
        "parent_required",
        "AddField, NOT NULL in a parent's table",
        [thing(), CreateModel("Special", [("more", value())], bases=("parent_required.thing",))],
        [AddField("thing", "value", models.CharField(max_length=20, default="x"))],
    ),
]

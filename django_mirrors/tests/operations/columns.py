"""Cases: new, removed and changed columns."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import django
from django.db import models
from django.db.migrations import AddField, AlterField, RemoveField, RenameField
from django.db.models import F, Value

from tests.operations.case import Case, thing

__all__ = ["CASES"]

NEW = (5, 0)  # database defaults and computed columns


def char(length: int = 20, **options: Any) -> models.Field[Any, Any]:
    return models.CharField(max_length=length, **options)


def number(**options: Any) -> models.Field[Any, Any]:
    return models.IntegerField(**options)


def altered(label: str, words: str, old: models.Field[Any, Any], new: models.Field[Any, Any], **more: Any) -> Case:
    """Return the case of a changed column ``value``."""
    return Case(label, words, [thing(value=old)], [AlterField("thing", "value", new)], **more)


def added(label: str, words: str, new: models.Field[Any, Any], **more: Any) -> Case:
    """Return the case of a new column ``value``."""
    return Case(label, words, [thing(size=number(default=1))], [AddField("thing", "value", new)], **more)


def computed() -> models.Field[Any, Any]:
    """Return a column that is twice the size."""
    return models.GeneratedField(expression=F("size") * 2, output_field=number(), db_persist=True)


CASES = [
    Case("drop_column", "RemoveField", [thing(value=char())], [RemoveField("thing", "value")]),
    Case(
        "drop_null_column",
        "RemoveField, of a column with NULL",
        [thing(value=char(null=True))],
        [RemoveField("thing", "value")],
    ),
    added("add_required", "AddField, NOT NULL with a default in Python", char(default="x")),
    added("add_null", "AddField, NULL", char(null=True)),
    added("add_unique_null", "AddField, unique and NULL", char(null=True, unique=True)),
    altered("to_not_null", "AlterField, NULL to NOT NULL", char(null=True), char(default="x")),
    altered("to_null", "AlterField, NOT NULL to NULL", char(), char(null=True)),
    altered("shorter", "AlterField, shorter CharField", char(20), char(10)),
    altered("longer", "AlterField, longer CharField", char(20), char(50)),
    altered("char_to_text", "AlterField, CharField to TextField", char(), models.TextField()),
    altered("text_to_char", "AlterField, TextField to CharField", models.TextField(), char()),
    altered("char_to_slug", "AlterField, CharField to longer SlugField", char(), models.SlugField(max_length=50)),
    altered(
        "longer_path",
        "AlterField, longer FileField",
        models.FileField(max_length=20),
        models.FileField(max_length=50),
    ),
    altered("to_big", "AlterField, IntegerField to BigIntegerField", number(), models.BigIntegerField()),
    altered("to_small", "AlterField, BigIntegerField to IntegerField", models.BigIntegerField(), number()),
    altered("to_positive", "AlterField, IntegerField to PositiveIntegerField", number(), models.PositiveIntegerField()),
    altered("to_signed", "AlterField, PositiveIntegerField to IntegerField", models.PositiveIntegerField(), number()),
    altered("number_to_char", "AlterField, IntegerField to CharField", number(), char()),
    altered("to_float", "AlterField, IntegerField to FloatField", number(), models.FloatField()),
    altered("to_day_time", "AlterField, DateField to DateTimeField", models.DateField(), models.DateTimeField()),
    altered(
        "more_digits",
        "AlterField, DecimalField with more digits",
        models.DecimalField(max_digits=5, decimal_places=2),
        models.DecimalField(max_digits=9, decimal_places=2, default=Decimal(0)),
    ),
    altered(
        "fewer_digits",
        "AlterField, DecimalField with fewer digits",
        models.DecimalField(max_digits=9, decimal_places=2),
        models.DecimalField(max_digits=5, decimal_places=2),
    ),
    altered("same", "AlterField, what the database does not see", char(), char(help_text="x", choices=[("a", "b")])),
    altered("comment", "AlterField, db_comment", char(), char(db_comment="x")),
    altered("named_column", "AlterField, db_column", char(), char(db_column="other")),
    Case("rename", "RenameField", [thing(value=char())], [RenameField("thing", "value", "other")]),
    Case(
        "rename_kept",
        "RenameField, db_column as before",
        [thing(value=char(db_column="value"))],
        [RenameField("thing", "value", "other")],
    ),
    Case(
        "renamed_back",
        "RenameField, forth and back",
        [thing(value=char())],
        [RenameField("thing", "value", "other"), RenameField("thing", "other", "value")],
    ),
    Case(
        "swapped_names",
        "RenameField, two columns change their names",
        [thing(value=char(), other=number())],
        [
            RenameField("thing", "value", "between"),
            RenameField("thing", "other", "value"),
            RenameField("thing", "between", "other"),
        ],
    ),
    Case(
        "in_the_place",
        "RemoveField and AddField, of the same name",
        [thing(value=char())],
        [RemoveField("thing", "value"), AddField("thing", "value", char(null=True))],
    ),
    Case(
        "required_and_freed",
        "AddField, NOT NULL, and AlterField to NULL",
        [thing()],
        [AddField("thing", "value", char(default="x")), AlterField("thing", "value", char(null=True))],
    ),
    Case(
        "required_and_dropped",
        "AddField, NOT NULL, and RemoveField",
        [thing()],
        [AddField("thing", "value", char(default="x")), RemoveField("thing", "value")],
    ),
    Case(
        "required_and_renamed",
        "AddField, NOT NULL, and RenameField",
        [thing()],
        [AddField("thing", "value", char(default="x")), RenameField("thing", "value", "other")],
    ),
    Case(
        "auto_to_big",
        "AlterField, AutoField to BigAutoField",
        [thing()],
        [AlterField("thing", "id", models.BigAutoField(primary_key=True))],
    ),
    Case(
        "auto_to_number",
        "AlterField, AutoField to IntegerField",
        [thing()],
        [AlterField("thing", "id", models.IntegerField(primary_key=True))],
    ),
]

if django.VERSION >= NEW:
    CASES += [
        added("add_db_default", "AddField, NOT NULL with db_default", char(db_default=Value("x"))),
        added("add_unique_default", "AddField, unique with db_default", char(db_default=Value("x"), unique=True)),
        added(
            "add_unique_null_default",
            "AddField, unique and NULL with db_default",
            char(db_default=Value("x"), unique=True, null=True),
        ),
        altered("default_not_null", "AlterField, NULL to db_default", char(null=True), char(db_default="x")),
        altered("gain_db_default", "AlterField, db_default is new", char(), char(db_default=Value("x"))),
        altered("other_db_default", "AlterField, db_default changes", char(db_default="x"), char(db_default="y")),
        altered("lose_db_default", "AlterField, db_default is dropped", char(db_default=Value("x")), char()),
        added("add_computed", "AddField, GeneratedField", computed()),
        Case(
            "drop_computed",
            "RemoveField, of a GeneratedField",
            [thing(size=number(), value=computed())],
            [RemoveField("thing", "value")],
        ),
        Case(
            "to_computed",
            "RemoveField and AddField, as GeneratedField",
            [thing(size=number(), value=number())],
            [RemoveField("thing", "value"), AddField("thing", "value", computed())],
        ),
    ]

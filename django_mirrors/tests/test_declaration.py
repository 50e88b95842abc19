"""The schema declaration of an image, as data that other versions of the companion read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import models
from django.db.migrations import CreateModel
from django.db.migrations.state import ProjectState

from django_mirrors.declaration import Column, SchemaDeclaration, Table, declare_schema, fingerprint


def declared(**fields: models.Field[Any, Any]) -> SchemaDeclaration:
    """Return the declaration of one model ``shop.Thing``."""
    state = ProjectState()
    key = ("id", models.AutoField(primary_key=True))
    CreateModel("Thing", [key, *fields.items()]).state_forwards("shop", state)
    return declare_schema(state.apps)


def column(field: models.Field[Any, Any]) -> Column:
    """Return the field's column in the declaration."""
    found = declared(value=field).of_table("shop_thing")[0].column("value")
    assert found
    return found


def test_what_this_process_declares_survives_the_registry() -> None:
    declaration = declare_schema()

    assert declaration.of_table("gallery_picture")
    assert "gallery.0001_initial" in declaration.migrations
    assert SchemaDeclaration.from_data(json.loads(json.dumps(declaration.as_data()))) == declaration


def test_keys_of_another_version_are_passed_over() -> None:
    data = declared(value=models.IntegerField()).as_data()
    data["version"], data["colour"] = 7, "green"
    data["tables"][0]["partitions"] = 3
    data["tables"][0]["columns"][1]["compression"] = "lz4"

    assert SchemaDeclaration.from_data(data) == declared(value=models.IntegerField())


@pytest.mark.parametrize("data", [{}, {"tables": [1]}, {"tables": [{"name": "x"}]}, {"tables": None}])
def test_what_is_no_declaration_is_an_error_and_not_an_empty_declaration(data: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no schema declaration"):
        SchemaDeclaration.from_data(data)


def test_a_column_says_type_length_null_and_uniqueness() -> None:
    options: Any = {"max_length": 7, "null": True, "unique": True}
    assert column(models.CharField(**options)) == Column("value", "CharField", length=7, null=True, unique=True)


def test_a_number_says_its_digits() -> None:
    found = column(models.DecimalField(max_digits=9, decimal_places=2))
    assert (found.precision, found.scale) == (9, 2)


def test_a_foreign_key_is_of_its_targets_type_and_counts_nothing() -> None:
    state = ProjectState()
    key = ("id", models.BigAutoField(primary_key=True))
    CreateModel("Thing", [key]).state_forwards("shop", state)
    reference = models.ForeignKey("shop.Thing", models.CASCADE, db_constraint=False)
    CreateModel("Part", [key, ("thing", reference)]).state_forwards("shop", state)

    found = declare_schema(state.apps).of_table("shop_part")[0].column("thing_id")

    assert found
    assert (found.type, found.identity, found.required) == ("BigIntegerField", False, True)
    assert found.references
    assert (found.references.table, found.references.column, found.references.enforced) == ("shop_thing", "id", False)


def test_of_proxies_there_is_nothing_to_say() -> None:
    state = ProjectState()
    CreateModel("Thing", [("id", models.AutoField(primary_key=True))]).state_forwards("shop", state)
    CreateModel("Other", [], options={"proxy": True}, bases=("shop.thing",)).state_forwards("shop", state)

    assert [table.model for table in declare_schema(state.apps).tables] == ["shop.Thing"]


def test_a_fingerprint_changes_with_a_column_and_with_a_migration_and_with_nothing_else() -> None:
    leaves = [("shop", "0001_initial"), ("blog", "0001_initial")]
    short, long = (declared(value=models.CharField(max_length=length)) for length in (5, 6))

    assert fingerprint(short, leaves) == fingerprint(short, reversed(leaves))
    assert len({fingerprint(short, leaves), fingerprint(long, leaves), fingerprint(short, leaves[:1])}) == 3


def test_two_models_on_a_table_are_two_views_of_it() -> None:
    tables = (Table("x", "a.A", True, ()), Table("x", "a.B", False, ()), Table("y", "a.C", True, ()))
    assert [table.model for table in SchemaDeclaration(tables).of_table("x")] == ["a.A", "a.B"]

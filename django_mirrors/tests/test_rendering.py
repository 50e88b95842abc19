"""Rendering of a part of a state, compared with the whole state. test_model_schema has generated models."""

from __future__ import annotations

import gc
import weakref
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from django.db import models
from django.db.migrations import AddField, AlterField, CreateModel, DeleteModel, RenameField
from django.db.migrations.state import ProjectState
from django.db.models.signals import class_prepared

from django_mirrors.plan_analysis import analyze_plan
from django_mirrors.rendering import StateRenderer
from tests.small_app import after, migration, schema_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.migrations.operations.base import Operation

    from tests.databases import Database

NUMBER = AddField("leaf", "size", models.IntegerField(null=True))


def tree() -> list[Operation]:
    """Return three models, each of which refers to the one before, and one without references."""
    key = ("code", models.CharField(max_length=20, primary_key=True))
    return [
        CreateModel("Root", [key]),
        CreateModel("Branch", [("of", models.OneToOneField("Root", models.CASCADE, primary_key=True))]),
        CreateModel("Leaf", [("id", models.AutoField(primary_key=True)), reference("Branch")]),
        CreateModel("Stone", [("id", models.AutoField(primary_key=True)), ("size", models.IntegerField())]),
    ]


def reference(to: str, **options: Any) -> tuple[str, models.Field[Any, Any]]:
    return "of", models.ForeignKey(to, models.CASCADE, **options)


@contextmanager
def rendering() -> Iterator[list[weakref.ref[type[models.Model]]]]:
    """Record what is rendered in the block."""
    found: list[weakref.ref[type[models.Model]]] = []

    def add(sender: type[models.Model], **_: Any) -> None:
        found.append(weakref.ref(sender))

    class_prepared.connect(add)
    try:
        yield found
    finally:
        class_prepared.disconnect(add)


def names(found: list[weakref.ref[type[models.Model]]]) -> list[str]:
    return sorted(model._meta.object_name or "" for model in (one() for one in found) if model)


def test_a_model_that_changes_is_rendered_with_what_it_refers_to_and_no_other(sqlite: Database) -> None:
    state = after(*tree())
    with sqlite.connected() as connection:
        looked = StateRenderer(connection)
        looked.schemas(state)
        NUMBER.state_forwards("shop", state)
        gc.disable()  # otherwise some may be gone before they are counted
        try:
            with rendering() as found:
                looked.schemas(state)
            assert names(found) == ["Branch", "Leaf", "Root"]
            with rendering() as found:
                looked.schemas(state)
            assert names(found) == []
        finally:
            gc.enable()


@pytest.mark.parametrize(
    ("change", "column"),
    [
        (AlterField("root", "code", models.CharField(max_length=10, primary_key=True)), "shop_leaf.of_id"),
        (RenameField("root", "code", "number"), "shop_root.code"),
        (AlterField("leaf", "of", models.ForeignKey("Stone", models.CASCADE)), "shop_leaf.of_id"),
    ],
)
def test_what_changes_far_away_is_seen(sqlite: Database, change: Operation, column: str) -> None:
    state = after(*tree())
    with sqlite.connected() as connection:
        looked = StateRenderer(connection)
        before = looked.schemas(state)
        change.state_forwards("shop", state)
        assert looked.schemas(state)[0] == schema_of(state, connection)
        assert looked.schemas(state)[0] != before[0]
        found = analyze_plan([(migration("0002", [change]), False)], connection, after(*tree()))
    assert column in {effect.place for effect in found}


def test_a_key_to_a_column_that_is_renamed_follows_it(sqlite: Database) -> None:
    coded = CreateModel("Root", [("id", models.AutoField(primary_key=True)), ("code", models.SlugField(unique=True))])
    leaf = CreateModel("Leaf", [("id", models.AutoField(primary_key=True)), reference("Root", to_field="code")])
    state = after(coded, leaf)
    with sqlite.connected() as connection:
        looked = StateRenderer(connection)
        (table,) = looked.schemas(state)[0]["shop_leaf"]
        assert table.columns[1].references is not None
        assert (table.columns[1].references.column, table.columns[1].type) == ("code", "SlugField")
        RenameField("root", "code", "slug").state_forwards("shop", state)
        assert looked.schemas(state)[0] == schema_of(state, connection)


def test_classes_are_forgotten(sqlite: Database) -> None:
    """Otherwise each operation of a long history leaves its models in memory."""
    steps = [AddField("root", f"note_{number}", models.IntegerField(null=True)) for number in range(5)]
    with sqlite.connected() as connection, rendering() as found:
        analyze_plan([(migration("0002", [*steps, DeleteModel("leaf")]), False)], connection, after(*tree()))
    gc.collect()
    assert len(found) > len(steps)
    assert names(found) == []


class Curious(models.ForeignKey):  # type: ignore[type-arg]
    """A field whose type depends on other models, which Django's own fields never do."""

    def db_type(self, connection: Any) -> str | None:
        size = self.remote_field.model._meta.get_field("size")
        return str(size.db_type(connection))


def test_a_field_that_looks_further_finds_everything(sqlite: Database) -> None:
    state = after(*tree(), AddField("leaf", "stone", Curious("Stone", models.CASCADE, null=True)))
    with sqlite.connected() as connection:
        assert StateRenderer(connection).schemas(state)[0] == schema_of(state, connection)


def test_what_the_state_refers_to_and_has_not_is_an_error_of_the_operation_that_comes_to_it(sqlite: Database) -> None:
    lost = AddField("stone", "of", models.ForeignKey("Nothing", models.CASCADE, null=True))
    with sqlite.connected() as connection, pytest.raises(Exception, match=r"shop\.0002: .* AddField .*shop\.nothing"):
        analyze_plan([(migration("0002", [lost]), False)], connection, after(*tree()))


def test_models_of_apps_without_migrations_are_there(sqlite: Database) -> None:
    state = ProjectState(real_apps={"sites"})
    with sqlite.connected() as connection:
        found, _ = StateRenderer(connection).schemas(state)
        assert found == schema_of(state, connection)
    assert set(found) == {"django_site"}

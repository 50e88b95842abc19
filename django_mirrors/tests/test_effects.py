"""What the walk through a plan sees, beyond single operations: those have a table of their own."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from django.db import models
from django.db.migrations import (
    AddField,
    AlterField,
    AlterModelManagers,
    AlterModelOptions,
    CreateModel,
    RemoveField,
    RunPython,
    RunSQL,
    SeparateDatabaseAndState,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.test import override_settings

from django_mirrors.effects import Effect, Kind, effects_of
from tests.small_app import after, applied, migration, thing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.migrations.migration import Migration

    from tests.databases import Database

SQL = RunSQL("SELECT 1", RunSQL.noop)


def number(**options: Any) -> models.Field[Any, Any]:
    return models.IntegerField(**options)


def effects(database: Database, state: ProjectState, *plan: Migration) -> Sequence[Effect]:
    """Of a plan, on a database that nothing was applied to."""
    with database.connected() as connection:
        return effects_of([(item, False) for item in plan], connection, state)


def test_each_effect_names_migration_operation_table_and_column(sqlite: Database) -> None:
    (found,) = effects(sqlite, after(thing(size=number())), migration("0002_less", [RemoveField("thing", "size")]))

    assert (found.migration, found.operation, found.place) == ("shop.0002_less", "RemoveField", "shop_thing.size")


def test_the_given_state_stays_as_it_was(sqlite: Database) -> None:
    state = after(thing(size=number()))
    effects(sqlite, state, migration("0002_less", [RemoveField("thing", "size")]))

    assert "size" in state.models["shop", "thing"].fields


def test_what_happens_to_a_table_that_the_plan_itself_makes_is_marked(sqlite: Database) -> None:
    found = effects(
        sqlite,
        ProjectState(),
        migration("0001_initial", [thing(size=number(null=True))]),
        migration("0002_tight", [AlterField("thing", "size", number(default=1))]),
    )
    assert [effect.new_table for effect in found if effect.kind is Kind.TIGHTENED] == [True]


def test_a_plan_that_takes_migrations_back_is_an_error(sqlite: Database) -> None:
    with sqlite.connected() as connection, pytest.raises(ValueError, match=r"shop\.0002_back"):
        effects_of([(migration("0002_back", []), True)], connection, ProjectState())


def test_a_table_that_is_there_already_tells_that_a_squashed_migration_lost_its_originals(database: Database) -> None:
    with database.connected() as connection:
        applied(connection, ProjectState(), thing())
        squashed = migration("0001_squashed_0009", [thing()])
        found = effects_of([(squashed, False)], connection, ProjectState())

    assert (Kind.TAKEN_AWAY, "shop_thing") in {(effect.kind, effect.place) for effect in found}


def test_a_table_in_another_schema_that_is_there_already_is_found_too(postgresql: Database) -> None:
    reading = CreateModel(
        "Reading", [("id", models.AutoField(primary_key=True))], options={"db_table": 'timeseries"."reading'}
    )
    postgresql.query("CREATE SCHEMA timeseries")
    (found,) = effects(postgresql, ProjectState(), migration("0001_initial", [reading]))
    assert found.kind is Kind.EXPAND
    postgresql.query("CREATE TABLE timeseries.reading (id integer)")
    again = effects(postgresql, ProjectState(), migration("0001_initial", [reading]))
    assert Kind.TAKEN_AWAY in {effect.kind for effect in again}


def test_a_foreign_key_follows_the_primary_key_that_it_refers_to(sqlite: Database) -> None:
    key = ("code", models.CharField(max_length=20, primary_key=True))
    part = CreateModel(
        "Part", [("number", number(primary_key=True)), ("of", models.ForeignKey("shop.Thing", models.CASCADE))]
    )
    shorter = AlterField("thing", "code", models.CharField(max_length=10, primary_key=True))

    found = effects(sqlite, after(CreateModel("Thing", [key]), part), migration("0002", [shorter]))

    assert {effect.place for effect in found} == {"shop_thing.code", "shop_part.of_id"}


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ({"stage": SimpleNamespace(name="PRE_DEPLOY")}, Kind.EXPAND),
        ({"stage": SimpleNamespace(name="POST_DEPLOY")}, Kind.UNKNOWN),
        ({"safe": SimpleNamespace(when=SimpleNamespace(name="BEFORE_DEPLOY"))}, Kind.EXPAND),
        ({"safe": SimpleNamespace(when=SimpleNamespace(name="AFTER_DEPLOY"))}, Kind.UNKNOWN),
        ({"safe": SimpleNamespace(name="always")}, Kind.EXPAND),
        ({"safe": True}, Kind.UNKNOWN),
        ({"safe": SimpleNamespace(name="always"), "stage": SimpleNamespace(name="POST_DEPLOY")}, Kind.UNKNOWN),
        ({}, Kind.UNKNOWN),
    ],
)
def test_a_label_turns_what_is_unknown_into_expand_if_it_says_so(
    sqlite: Database, label: dict[str, Any], kind: Kind
) -> None:
    (found,) = effects(sqlite, after(thing()), migration("0002", [SQL], **label))
    assert found.kind is kind


@pytest.mark.parametrize("operation", [RemoveField("thing", "size"), AddField("thing", "note", number(default=1))])
def test_no_label_makes_a_contract_harmless(sqlite: Database, operation: Any) -> None:
    plan = migration("0002", [operation], stage=SimpleNamespace(name="PRE_DEPLOY"))
    (found,) = effects(sqlite, after(thing(size=number())), plan)
    assert found.kind in {Kind.TAKEN_AWAY, Kind.REQUIRED}


def dropping(kind: type[Operation]) -> type[Operation]:
    """A project's own subclass, which does more to the database than its parent."""

    class Dropping(kind):  # type: ignore[misc,valid-type]
        def database_forwards(self, _app_label: str, editor: Any, *_: Any) -> None:
            editor.execute("ALTER TABLE shop_thing DROP COLUMN size")

    return Dropping


@pytest.mark.parametrize(
    "operation",
    [
        dropping(AlterModelOptions)("thing", {}),
        dropping(AlterModelManagers)("thing", []),
        dropping(SeparateDatabaseAndState)([], []),
        dropping(RunPython)(RunPython.noop),
        dropping(RunSQL)([]),
        type("IgnoreMigration", (dropping(Operation),), {"state_forwards": lambda *_: None})(),
    ],
    ids=lambda operation: type(operation).__mro__[1].__name__,
)
def test_an_operation_of_the_projects_own_is_unknown_whatever_its_parent_does(
    sqlite: Database, operation: Operation
) -> None:
    found = effects(sqlite, after(thing(size=number())), migration("0002", [operation]))
    assert Kind.UNKNOWN in {effect.kind for effect in found}


def test_what_the_linter_is_told_to_ignore_does_nothing(sqlite: Database) -> None:
    ignore = import_module("django_migration_linter").IgnoreMigration()
    (found,) = effects(sqlite, after(thing()), migration("0002", [ignore]))
    assert found.kind is Kind.EXPAND


class Elsewhere:
    """A router that keeps the app ``shop`` out of the database."""

    def allow_migrate(self, _db: str, app_label: str, **_hints: Any) -> bool:
        return app_label != "shop"


def test_what_a_router_keeps_out_of_this_database_is_not_judged(sqlite: Database) -> None:
    plan = migration("0002", [RemoveField("thing", "size"), SQL])
    with override_settings(DATABASE_ROUTERS=[Elsewhere()]):
        found = effects(sqlite, after(thing(size=number())), plan)

    assert [effect.kind for effect in found] == [Kind.EXPAND, Kind.EXPAND]

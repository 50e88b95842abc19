"""Names that are written in several ways and mean one table or column, on each kind of database."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
from django.db import DatabaseError, models
from django.db.migrations import (
    AddField,
    AlterField,
    AlterModelTable,
    CreateModel,
    DeleteModel,
    RemoveField,
    SeparateDatabaseAndState,
)
from django.db.migrations.state import ProjectState

from django_mirrors.conf import ORIGINAL, CurrentSite
from django_mirrors.declaration import declare_schema
from django_mirrors.guard import SiteDeclaration, decide
from django_mirrors.plan_analysis import analyze_plan
from django_mirrors.registry import Registry, utc_now
from django_mirrors.release import site_declarations
from django_mirrors.schema_check import mismatch_texts
from tests.small_app import after, applied, migration, thing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.operations.base import Operation

    from django_mirrors.guard import Decision
    from tests.databases import Database

TABLES = {
    "sqlite": ["SHOP_thing", '"shop_thing"', 'main"."shop_thing', '"MAIN"."Shop_Thing"'],
    "postgresql": ['"shop_thing"', 'public"."shop_thing', '"public"."shop_thing"'],
    "mariadb": ["`shop_thing`", "{database}`.`shop_thing"],
}
COLUMNS = {"sqlite": ["NOTE", '"note"'], "postgresql": ['"note"'], "mariadb": ["NOTE", "`note`"]}
OTHERS = {
    "sqlite": ['other"."shop_thing', "shop_thing2"],
    "postgresql": ["SHOP_thing", 'other"."shop_thing', "public.shop_thing"],
    "mariadb": ["SHOP_thing", "other`.`shop_thing"],
}


def note(**options: Any) -> models.Field[Any, Any]:
    return models.CharField(max_length=20, **options)


def in_state(*operations: Operation) -> Operation:
    """Return an operation that changes the state alone."""
    return SeparateDatabaseAndState(state_operations=list(operations))


def decided(connection: BaseDatabaseWrapper, state: ProjectState, *plans: Sequence[Operation]) -> Decision:
    """Decide on migrations while another site runs code with the models of ``state``."""
    plan = [(migration(f"{number:04}", operations), False) for number, operations in enumerate(plans, start=2)]
    running = SiteDeclaration(2, "acme-de", "running", declare_schema(state.apps).normalize(connection))
    effects = analyze_plan(plan, connection, state)
    return decide(effects, [running], [], [], datetime.now(timezone.utc), site_id=1)


@pytest.mark.parametrize(
    "contract",
    [
        RemoveField("thing", "note"),
        AddField("thing", "more", models.IntegerField(default=1)),
        AlterField("thing", "note", note(unique=True)),
        DeleteModel("Thing"),
    ],
    ids=lambda contract: type(contract).__name__,
)
def test_a_contract_is_refused_however_the_state_writes_the_table(database: Database, contract: Operation) -> None:
    with database.connected() as connection:
        state = applied(connection, ProjectState(), thing(note=note()))
        for name in TABLES[database.kind]:
            renamed = in_state(AlterModelTable("thing", name.format(database=database.name)))
            assert decided(connection, state, [renamed, contract]).refusals, name
            assert decided(connection, state, [renamed], [contract]).refusals, name


def test_a_second_model_may_write_the_table_in_another_way(database: Database) -> None:
    with database.connected() as connection:
        state = applied(connection, ProjectState(), thing(note=note()))
        for name in TABLES[database.kind]:
            options = {"db_table": name.format(database=database.name)}
            fields = [("id", models.AutoField(primary_key=True)), ("note", note())]
            second = in_state(CreateModel("Second", fields, options=options))
            for contract in (RemoveField("second", "note"), DeleteModel("Second")):
                assert decided(connection, state, [second], [contract]).refusals, name


def test_a_column_is_missed_however_the_state_writes_it(database: Database) -> None:
    with database.connected() as connection:
        state = applied(connection, ProjectState(), thing(note=note()))
        for name in COLUMNS[database.kind]:
            renamed = in_state(AlterField("thing", "note", note(db_column=name)))
            (refusal,) = decided(connection, state, [renamed], [RemoveField("thing", "note")]).refusals
            assert "removes shop_thing.note: the column is dropped" in refusal.text


def test_the_names_mean_one_table_to_the_database_itself(database: Database) -> None:
    for number, name in enumerate(TABLES[database.kind]):
        with database.connected() as connection, connection.cursor() as cursor:
            state = applied(connection, ProjectState(), thing(note=note(), value=note()))
            written = in_state(
                AlterModelTable("thing", name.format(database=database.name)),
                AlterField(
                    "thing", "note", note(db_column=COLUMNS[database.kind][number % len(COLUMNS[database.kind])])
                ),
            )
            spelled = applied(connection, state, written)
            assert mismatch_texts(connection, declare_schema(spelled.apps)) == ()
            cursor.execute("SELECT note, value FROM shop_thing")
            applied(connection, spelled, RemoveField("thing", "value"))
            with pytest.raises(DatabaseError):
                cursor.execute("SELECT value FROM shop_thing")
            assert "shop_thing.value does not exist: shop.Thing needs it." in (
                mismatch_texts(connection, declare_schema(spelled.apps))
            )
            cursor.execute("DROP TABLE shop_thing")


def test_other_letters_change_nothing_where_the_database_ignores_case(database: Database) -> None:
    with database.connected() as connection, connection.cursor() as cursor:
        state = applied(connection, ProjectState(), thing(note=note()))
        plan = {
            "table": AlterModelTable("thing", "SHOP_thing"),
            "column": AlterField("thing", "note", note(db_column="Note")),
        }
        refused = {of for of, operation in plan.items() if decided(connection, state, [operation]).refusals}
        assert refused == {"sqlite": set(), "mariadb": {"table"}, "postgresql": {"table", "column"}}[database.kind]
        for of in sorted(plan.keys() - refused):
            state = applied(connection, state, plan[of])
            cursor.execute("SELECT note FROM shop_thing")
            assert mismatch_texts(connection, declare_schema(state.apps)) == ()


def test_another_table_is_another_one(database: Database) -> None:
    with database.connected() as connection:
        state = applied(connection, ProjectState(), thing(note=note()))
        for name in OTHERS[database.kind]:
            renamed = in_state(AlterModelTable("thing", name))
            assert not decided(connection, state, [renamed], [RemoveField("thing", "note")]).refusals, name


def test_what_a_state_writes_in_another_way_only_for_a_while_is_missed(sqlite: Database) -> None:
    with sqlite.connected() as connection:
        state = applied(connection, ProjectState(), thing(note=note()))
        there, back = (in_state(AlterModelTable("thing", name)) for name in ('"shop_thing"', "shop_thing"))
        assert decided(connection, state, [there, RemoveField("thing", "note"), back]).refusals


def test_sqlite_ignores_the_case_of_ascii_letters_alone(sqlite: Database) -> None:
    with sqlite.connected() as connection, connection.cursor() as cursor:
        cursor.execute('CREATE TABLE two ("ä" integer, "Ä" integer)')
        state = after(thing(note=note(db_column="ä")))
        renamed = in_state(AlterField("thing", "note", note(db_column="Ä")))
        assert not decided(connection, state, [renamed], [RemoveField("thing", "note")]).refusals


def test_two_names_that_the_database_cuts_are_one(postgresql: Database) -> None:
    long = thing(note=note())
    long.options["db_table"] = "ä" * 40
    with postgresql.connected() as connection:
        state = applied(connection, ProjectState(), long)
        renamed = in_state(AlterModelTable("thing", "ä" * 31))
        assert decided(connection, state, [renamed], [RemoveField("thing", "note")]).refusals


def test_the_default_schema_is_that_of_the_connection(postgresql: Database) -> None:
    postgresql.query("CREATE SCHEMA other")
    with postgresql.connected() as connection, connection.cursor() as cursor:
        cursor.execute("SET search_path TO other, public")
        state = applied(connection, ProjectState(), thing(note=note()))
        for name, refused in (('other"."shop_thing', True), ('public"."shop_thing', False)):
            renamed = in_state(AlterModelTable("thing", name))
            assert bool(decided(connection, state, [renamed], [RemoveField("thing", "note")]).refusals) is refused


def test_a_view_is_found_by_other_letters(sqlite: Database) -> None:
    with sqlite.connected() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE VIEW Shop_Thing AS SELECT 1 AS ID, '' AS Note")
        assert mismatch_texts(connection, declare_schema(after(thing(note=note(unique=True))).apps)) == ()


def test_what_is_registered_as_the_models_write_it_is_compared_all_the_same(sqlite: Database) -> None:
    """So a companion of another version, which compares in another way, reads what it would have written."""
    written = thing(note=note(db_column="Note"))
    written.options["db_table"] = 'main"."Shop_Thing'
    state = after(written)
    site = CurrentSite(2, ORIGINAL, "test", "", "site-2.example")
    with sqlite.connected() as connection:
        registry = Registry.for_site(connection, site)
        registry.table.create_if_missing()
        registry.claim(site)
        registry.register_release(site, "0" * 16, declare_schema(state.apps).as_data(), utc_now())
        (entry,) = registry.entries(utc_now())
        assert [table["name"] for table in entry.declaration["tables"]] == ['main"."Shop_Thing']
        (found,) = site_declarations(registry, utc_now())
        effects = analyze_plan([(migration("0002", [RemoveField("thing", "note")]), False)], connection, state)
        decision = decide(effects, [found], [], [], utc_now(), site_id=1)
    assert "removes shop_thing.note" in decision.text

"""Analysis of a plan, apart from single operations, which have a table of their own."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import django
import pytest
from django.core.management import get_commands
from django.db import connections, models
from django.db.migrations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterField,
    AlterModelManagers,
    AlterModelOptions,
    CreateModel,
    RemoveConstraint,
    RemoveField,
    RenameField,
    RenameModel,
    RunPython,
    RunSQL,
    SeparateDatabaseAndState,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models.functions import Cast, Collate
from django.db.models.lookups import GreaterThan
from django.test import override_settings

from django_mirrors.declaration import declare_schema
from django_mirrors.errors import AnalysisError
from django_mirrors.plan_analysis import ChangeKind, Effect, analyze_plan
from tests.databases import new_database
from tests.small_app import after, applied, migration, thing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from django.db.migrations.migration import Migration

    from tests.databases import Database

SQL = RunSQL("SELECT 1", RunSQL.noop)


def number(**options: Any) -> models.Field[Any, Any]:
    return models.IntegerField(**options)


def effects(database: Database, state: ProjectState, *plan: Migration) -> Sequence[Effect]:
    """Return the effects of a plan, on a database without applied migrations."""
    with database.connected() as connection:
        return analyze_plan([(item, False) for item in plan], connection, state)


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
        migration("0002_tight", [SQL, AlterField("thing", "size", number(default=1))]),
    )
    assert [effect.new for effect in found if effect.kind is ChangeKind.NARROWED] == [True]


def test_a_plan_that_takes_migrations_back_is_an_error(sqlite: Database) -> None:
    with sqlite.connected() as connection, pytest.raises(ValueError, match=r"shop\.0002_back"):
        analyze_plan([(migration("0002_back", []), True)], connection, ProjectState())


def test_a_table_that_is_there_already_tells_that_a_squashed_migration_lost_its_originals(database: Database) -> None:
    with database.connected() as connection:
        applied(connection, ProjectState(), thing())
        squashed = migration("0001_squashed_0009", [thing()])
        found = analyze_plan([(squashed, False)], connection, ProjectState())

    assert (ChangeKind.REMOVED, "shop_thing") in {(effect.kind, effect.place) for effect in found}


def test_a_table_in_another_schema_that_is_there_already_is_found_too(postgresql: Database) -> None:
    reading = CreateModel(
        "Reading", [("id", models.AutoField(primary_key=True))], options={"db_table": 'timeseries"."reading'}
    )
    postgresql.query("CREATE SCHEMA timeseries")
    (found,) = effects(postgresql, ProjectState(), migration("0001_initial", [reading]))
    assert found.kind is ChangeKind.EXPAND
    postgresql.query("CREATE TABLE timeseries.reading (id integer)")
    again = effects(postgresql, ProjectState(), migration("0001_initial", [reading]))
    assert ChangeKind.REMOVED in {effect.kind for effect in again}


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
        ({"stage": SimpleNamespace(name="PRE_DEPLOY")}, ChangeKind.EXPAND),
        ({"stage": SimpleNamespace(name="POST_DEPLOY")}, ChangeKind.UNKNOWN),
        ({"safe": SimpleNamespace(when=SimpleNamespace(name="BEFORE_DEPLOY"))}, ChangeKind.EXPAND),
        ({"safe": SimpleNamespace(when=SimpleNamespace(name="AFTER_DEPLOY"))}, ChangeKind.UNKNOWN),
        ({"safe": SimpleNamespace(name="always")}, ChangeKind.EXPAND),
        ({"safe": True}, ChangeKind.UNKNOWN),
        ({"safe": SimpleNamespace(name="always"), "stage": SimpleNamespace(name="POST_DEPLOY")}, ChangeKind.UNKNOWN),
        ({}, ChangeKind.UNKNOWN),
    ],
)
def test_a_label_turns_what_is_unknown_into_expand_if_it_says_so(
    sqlite: Database, label: dict[str, Any], kind: ChangeKind
) -> None:
    (found,) = effects(sqlite, after(thing()), migration("0002", [SQL], **label))
    assert found.kind is kind


@pytest.mark.parametrize("operation", [RemoveField("thing", "size"), AddField("thing", "note", number(default=1))])
def test_no_label_makes_a_contract_harmless(sqlite: Database, operation: Any) -> None:
    plan = migration("0002", [operation], stage=SimpleNamespace(name="PRE_DEPLOY"))
    (found,) = effects(sqlite, after(thing(size=number())), plan)
    assert found.kind in {ChangeKind.REMOVED, ChangeKind.REQUIRED}


def dropping(kind: type[Operation]) -> type[Operation]:
    """Return a project's subclass that does more to the database than its parent."""

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
    assert ChangeKind.UNKNOWN in {effect.kind for effect in found}


def test_what_the_linter_is_set_to_ignore_does_nothing(sqlite: Database) -> None:
    ignore = import_module("django_migration_linter").IgnoreMigration()
    (found,) = effects(sqlite, after(thing()), migration("0002", [ignore]))
    assert found.kind is ChangeKind.EXPAND


class Elsewhere:
    """A router that allows the app ``shop`` only in the database ``archive``, or in none."""

    def allow_migrate(self, alias: str, app_label: str, **_hints: Any) -> bool:
        return app_label != "shop" or alias == "archive"


KEPT_OUT = [RemoveField("thing", "size"), SQL, AddField("thing", "note", number(null=True))]


def test_what_a_router_sends_to_another_database_is_not_judged(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connections.settings, "archive", connections.settings["default"])
    with override_settings(DATABASE_ROUTERS=[Elsewhere()]):
        found = effects(sqlite, after(thing(size=number())), migration("0002", KEPT_OUT))

    assert {effect.kind for effect in found} == {ChangeKind.EXPAND}


def test_what_a_router_lets_into_no_database_is_unknown(sqlite: Database) -> None:
    """django-tenants has such a router: it hides the tenants' apps while the schema is the public one."""
    with override_settings(DATABASE_ROUTERS=[Elsewhere()]):
        found = effects(sqlite, after(thing(size=number())), migration("0002", KEPT_OUT))

    assert [effect.kind for effect in found] == [ChangeKind.UNKNOWN] * 3
    assert "django-tenants" in found[0].detail


def test_what_goes_to_another_database_is_unknown_where_migrate_is_not_djangos(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command may go on to that database, which sites share too, or to further schemas, as django-tenants does."""
    monkeypatch.setitem(connections.settings, "archive", connections.settings["default"])
    monkeypatch.setitem(get_commands(), "migrate", "shop")
    with override_settings(DATABASE_ROUTERS=[Elsewhere()]):
        found = effects(sqlite, after(thing(size=number())), migration("0002", KEPT_OUT))

    assert [effect.kind for effect in found] == [ChangeKind.UNKNOWN] * 3
    assert "second database" in found[0].detail


class ByName:
    """A router that knows models by name, and not the automatic tables of their many-to-many fields."""

    def __init__(self, **places: str) -> None:
        self.places = places

    def allow_migrate(self, alias: str, _app_label: str, model_name: str = "", **_hints: Any) -> bool:
        return alias == self.places.get(model_name, self.places["other"])


@pytest.mark.parametrize(
    ("places", "kind"),
    [
        ({"thing": "default", "other": "archive"}, ChangeKind.REMOVED),
        ({"thing": "archive", "other": "default"}, ChangeKind.EXPAND),
    ],
    ids=["here", "elsewhere"],
)
def test_a_many_to_many_table_is_where_its_model_is_as_django_makes_it(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch, places: dict[str, str], kind: ChangeKind
) -> None:
    monkeypatch.setitem(connections.settings, "archive", connections.settings["default"])
    tags = AddField("thing", "tags", models.ManyToManyField("shop.Tag"))
    state = after(thing(), CreateModel("Tag", [("id", models.AutoField(primary_key=True))]), tags)
    with override_settings(DATABASE_ROUTERS=[ByName(**places)]):
        (found,) = effects(sqlite, state, migration("0002", [RemoveField("thing", "tags")]))
        declared = {table.name for table in declare_schema(state.apps).tables}
    assert found.kind is kind
    assert ("shop_thing_tags" in declared) is (kind is ChangeKind.REMOVED)


def test_a_renamed_model_has_its_content_type_renamed_behind_it(sqlite: Database) -> None:
    kept = thing()
    kept.options["db_table"] = "things"
    found = effects(sqlite, after(kept), migration("0002", [RenameModel("Thing", "Other")]))

    (renamed,) = [effect for effect in found if effect.kind is ChangeKind.UNKNOWN]
    assert (renamed.operation, renamed.model) == ("RenameModel", "shop.thing")
    assert "renames the content type shop.thing" in renamed.detail


def test_a_content_type_is_not_renamed_behind_an_operation_within_another(sqlite: Database) -> None:
    inner = SeparateDatabaseAndState(state_operations=[RenameModel("Thing", "Other")])
    found = effects(sqlite, after(thing()), migration("0002", [inner]))
    assert {effect.kind for effect in found} == {ChangeKind.EXPAND}


@pytest.mark.parametrize("method", ["state_forwards", "database_forwards", "allow_migrate_model"])
def test_an_operation_that_overrides_any_method_on_the_way_forward_is_unknown(sqlite: Database, method: str) -> None:
    """A RemoveField that leaves the state unchanged still drops the column."""
    own = type("RemoveField", (RemoveField,), {method: lambda *_: None, "__module__": "django.db.migrations"})
    found = effects(sqlite, after(thing(size=number())), migration("0002", [own("thing", "size")]))
    assert ChangeKind.UNKNOWN in {effect.kind for effect in found}


@pytest.mark.parametrize("method", ["apply", "mutate_state"])
def test_a_migration_that_decides_by_itself_is_unknown(sqlite: Database, method: str) -> None:
    own = migration("0002", [], **{method: lambda *_: None})
    (found,) = effects(sqlite, after(thing()), own)
    assert (found.kind, found.operation) == (ChangeKind.UNKNOWN, "Migration")


def test_a_table_that_the_state_learns_again_refers_to_old_rows(sqlite: Database) -> None:
    part = CreateModel("Part", [("id", number(primary_key=True)), ("of", models.ForeignKey("Thing", models.CASCADE))])
    learnt = migration("0002", [SeparateDatabaseAndState(state_operations=[part])])
    found = effects(sqlite, after(thing()), learnt)
    assert [(effect.kind, effect.place) for effect in found] == [(ChangeKind.BLOCKS_DELETE, "shop_part.of_id")]

    made = migration("0002", [SeparateDatabaseAndState([part], [part])])
    once = [effect for effect in effects(sqlite, after(thing()), made) if effect.kind is ChangeKind.BLOCKS_DELETE]
    assert len(once) == 1


def test_what_sql_takes_away_with_the_states_word_for_it_is_taken_away(sqlite: Database) -> None:
    drop = RunSQL("ALTER TABLE shop_thing DROP COLUMN size", state_operations=[RemoveField("thing", "size")])
    found = effects(sqlite, after(thing(size=number())), migration("0002", [drop]))
    assert [(effect.kind, effect.place) for effect in found] == [
        (ChangeKind.UNKNOWN, ""),
        (ChangeKind.REMOVED, "shop_thing.size"),
    ]
    add = "ALTER TABLE shop_thing ADD note integer NOT NULL DEFAULT 1"
    soft = RunSQL(add, state_operations=[AddField("thing", "note", number(default=1))])
    (added,) = effects(sqlite, after(thing()), migration("0002", [soft]))
    assert added.kind is ChangeKind.UNKNOWN


def test_a_size_may_be_given_as_text(sqlite: Database) -> None:
    """Django accepts it, and public packages use it."""
    options: Any = {"max_length": "30"}
    state = after(thing(note=models.CharField(**options)))
    longer, shorter = (AlterField("thing", "note", models.CharField(max_length=length)) for length in (40, 20))
    (found,) = effects(sqlite, state, migration("0002", [longer]))
    assert found.kind is ChangeKind.EXPAND
    (found,) = effects(sqlite, state, migration("0002", [shorter]))
    assert found.kind is ChangeKind.NARROWED


def test_an_error_of_the_guard_names_migration_and_operation(sqlite: Database) -> None:
    class Broken(models.IntegerField):  # type: ignore[type-arg]
        def db_parameters(self, *_: Any, **__: Any) -> Any:
            raise ZeroDivisionError("no such type")

    state = after(thing())
    with pytest.raises(
        AnalysisError, match=r"shop\.0002_more: the guard failed at AddField with ZeroDivisionError: no such"
    ):
        effects(sqlite, state, migration("0002_more", [AddField("thing", "size", Broken(null=True))]))


def test_a_key_that_refers_to_itself_is_an_error_and_no_endless_search(sqlite: Database) -> None:
    itself = CreateModel("Part", [("of", models.OneToOneField("self", models.CASCADE, primary_key=True))])
    with pytest.raises(AnalysisError, match=r"shop\.0001: the guard failed at CreateModel .* refers to itself"):
        effects(sqlite, ProjectState(), migration("0001", [itself]))


def test_a_field_may_be_renamed_under_a_constraint(sqlite: Database) -> None:
    """Django's state keeps the constraint with the old field name. PostgreSQL renames its column."""
    once = models.UniqueConstraint(fields=["size"], name="once")
    state = after(thing(size=number()), AddConstraint("thing", once))
    found = effects(sqlite, state, migration("0002", [RenameField("thing", "size", "width")]))
    assert (ChangeKind.REMOVED, "shop_thing.size") in {(effect.kind, effect.place) for effect in found}


def test_other_words_for_a_violation_are_nothing_to_the_database(sqlite: Database) -> None:
    def once(words: str) -> models.UniqueConstraint:
        return models.UniqueConstraint(fields=["size"], name="once", violation_error_message=words)

    state = after(thing(size=number()), AddConstraint("thing", once("Twice.")))
    change = [RemoveConstraint("thing", "once"), AddConstraint("thing", once("Already there."))]
    assert "violation" not in repr(effects(sqlite, state, migration("0002", change)))
    if django.VERSION >= (5, 2):
        alter = import_module("django.db.migrations").AlterConstraint("thing", "once", once("Already there."))
        (found,) = effects(sqlite, state, migration("0002", [alter]))
        assert found.kind is ChangeKind.EXPAND


@pytest.mark.parametrize(
    ("before", "after_it"),
    [
        (models.UniqueConstraint(Collate("note", "binary"), name="once"), Collate("note", "nocase")),
        (models.UniqueConstraint(Cast("note", models.TextField()), name="once"), Cast("note", models.IntegerField())),
    ],
    ids=["collation", "type"],
)
def test_a_constraint_that_changes_in_what_its_text_leaves_out_is_another(
    sqlite: Database, before: models.UniqueConstraint, after_it: Any
) -> None:
    state = after(thing(note=models.CharField(max_length=9)), AddConstraint("thing", before))
    plan = [RemoveConstraint("thing", "once"), AddConstraint("thing", models.UniqueConstraint(after_it, name="once"))]
    found = effects(sqlite, state, migration("0002", plan))
    assert {ChangeKind.REMOVED, ChangeKind.CONSTRAINT} <= {effect.kind for effect in found}


@pytest.mark.parametrize(
    ("condition", "kind"),
    [
        (models.Q(size__gt=100 / models.F("size")), ChangeKind.CONSTRAINT),
        (models.Q(GreaterThan(100 / models.F("size"), 1)), ChangeKind.CONSTRAINT),
        (models.Q(size__gt=1) | ~models.Q(size__lt=models.F("id")), ChangeKind.EXPAND),
    ],
    ids=["a value that is computed", "a condition that is computed", "names and values"],
)
def test_an_index_whose_condition_computes_refuses_rows(
    sqlite: Database, condition: models.Q, kind: ChangeKind
) -> None:
    """PostgreSQL divides by zero when a row comes."""
    index = models.Index(fields=["size"], name="some", condition=condition)
    (found,) = effects(sqlite, after(thing(size=number())), migration("0002", [AddIndex("thing", index)]))
    assert found.kind is kind


def test_a_collation_that_goes_needs_a_word(postgresql: Database, tmp_path: Path) -> None:
    remove = import_module("django.contrib.postgres.operations").RemoveCollation("german", "de")
    (found,) = effects(postgresql, after(thing()), migration("0002", [remove]))
    assert found.kind is ChangeKind.UNKNOWN
    with new_database("sqlite", tmp_path) as sqlite:
        (found,) = effects(sqlite, after(thing()), migration("0002", [remove]))
    assert found.kind is ChangeKind.EXPAND, "Django does nothing there"


def test_what_the_state_forgets_beside_sql_is_said_to_the_person_who_acknowledges_it(sqlite: Database) -> None:
    sql = RunSQL("ALTER TABLE shop_thing DROP COLUMN size")
    drop = SeparateDatabaseAndState([sql], [RemoveField("thing", "size")])
    found = effects(sqlite, after(thing(size=number())), migration("0002", [drop]))
    assert {effect.kind for effect in found} == {ChangeKind.UNKNOWN}
    assert "forgets shop_thing.size in the state" in found[-1].detail


if django.VERSION >= (5, 0):  # database defaults

    @pytest.mark.parametrize("null", [True, False])
    def test_a_unique_column_with_a_database_default_is_filled_alike_in_each_row(sqlite: Database, null: bool) -> None:
        filled = number(unique=True, null=null, db_default=1)
        (found,) = effects(sqlite, after(thing()), migration("0002", [AddField("thing", "size", filled)]))
        assert (found.kind, found.place) == (ChangeKind.REQUIRED, "shop_thing.size")

    def test_a_unique_column_that_gets_a_database_default_is_filled_alike_in_each_row(sqlite: Database) -> None:
        state = after(thing(size=number(unique=True, null=True)))
        filled = AlterField("thing", "size", number(unique=True, null=True, db_default=1))
        (found,) = effects(sqlite, state, migration("0002", [filled]))
        assert found.kind is ChangeKind.REQUIRED

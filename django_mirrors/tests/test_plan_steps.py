"""Joint effects of operations, within a migration and over a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import django
import pytest
from django.db import models
from django.db.migrations import (
    AddConstraint,
    AddField,
    AlterField,
    AlterModelOptions,
    AlterModelTable,
    AlterUniqueTogether,
    CreateModel,
    DeleteModel,
    RemoveConstraint,
    RemoveField,
    RenameField,
    RunPython,
    RunSQL,
    SeparateDatabaseAndState,
)

from django_mirrors.plan_analysis import ChangeKind, Effect, analyze_plan
from tests.small_app import after, migration, thing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django.db.migrations.migration import Migration
    from django.db.migrations.operations.base import Operation
    from django.db.migrations.state import ProjectState

    from tests.databases import Database

SQL = RunSQL("SELECT 1", RunSQL.noop)


def number(**options: Any) -> models.Field[Any, Any]:
    return models.IntegerField(**options)


def once(*names: str, name: str = "once", **options: Any) -> models.UniqueConstraint:
    return models.UniqueConstraint(fields=names, name=name, **options)


def start(*more: Operation, **fields: models.Field[Any, Any]) -> ProjectState:
    return after(thing(size=number(), weight=number(), **fields), *more)


def together(*names: str) -> AlterUniqueTogether:
    return AlterUniqueTogether("thing", {names} if names else set())


def said(effects: Sequence[Effect]) -> list[tuple[ChangeKind, str, str]]:
    """Return the effects other than additions, with the migration that ends each."""
    return [(effect.kind, effect.place, effect.until) for effect in effects if effect.kind is not ChangeKind.EXPAND]


def of_plan(database: Database, state: ProjectState, *plan: Migration) -> Sequence[Effect]:
    with database.connected() as connection:
        return analyze_plan([(item, False) for item in plan], connection, state)


def apart(operations: Sequence[Operation], **attributes: Any) -> Iterator[Migration]:
    """Return one migration for each operation."""
    return (migration(f"000{place}", [item], **attributes) for place, item in enumerate(operations, start=2))


REQUIRED = AddField("thing", "note", number(default=1))
FORTH, BACK = RenameField("thing", "size", "width"), RenameField("thing", "width", "size")
ADDED, REMOVED = AddConstraint("thing", once("size")), RemoveConstraint("thing", "once")

UNDONE: dict[str, tuple[ProjectState, list[Operation], list[tuple[ChangeKind, str, str]]]] = {
    "as the autodetector turns unique_together into a constraint": (
        start(together("size", "weight")),
        [together(), AddConstraint("thing", once("size", "weight"))],
        [(ChangeKind.REMOVED, "shop_thing", "shop.0003")],
    ),
    "the columns of a constraint in another order": (
        start(AddConstraint("thing", once("size", "weight"))),
        [REMOVED, AddConstraint("thing", once("weight", "size", name="other"))],
        [(ChangeKind.REMOVED, "shop_thing", "shop.0003")],
    ),
    "a constraint with other words": (
        start(ADDED),
        [REMOVED, AddConstraint("thing", once("size", violation_error_message="Already there."))],
        [(ChangeKind.REMOVED, "shop_thing", "shop.0003")],
    ),
    "a constraint that comes and goes": (
        start(),
        [ADDED, REMOVED],
        [(ChangeKind.CONSTRAINT, "shop_thing", "shop.0003")],
    ),
    "a required column that gets NULL": (
        start(),
        [REQUIRED, AlterField("thing", "note", number(null=True))],
        [(ChangeKind.REQUIRED, "shop_thing.note", "shop.0003")],
    ),
    "a required column that is dropped": (
        start(),
        [REQUIRED, RemoveField("thing", "note")],
        [(ChangeKind.REQUIRED, "shop_thing.note", "shop.0003")],
    ),
    "a column that is renamed forth and back": (
        start(),
        [FORTH, BACK],
        [(ChangeKind.REMOVED, "shop_thing.size", "shop.0003")],
    ),
    "a column that comes and goes": (
        start(),
        [AddField("thing", "note", number(null=True)), RemoveField("thing", "note")],
        [],
    ),
    "a reference that comes and goes": (
        after(thing(), CreateModel("Part", [("id", models.AutoField(primary_key=True))])),
        [
            AddField("part", "of", models.ForeignKey("shop.Thing", models.CASCADE, null=True)),
            RemoveField("part", "of"),
        ],
        [],
    ),
    "a table that is renamed forth and back": (
        start(),
        [AlterModelTable("thing", "other"), AlterModelTable("thing", None)],
        [(ChangeKind.REMOVED, "shop_thing", "shop.0003")],
    ),
}


@pytest.mark.parametrize("words", UNDONE)
def test_what_a_migration_undoes_or_completes_was_never_there(sqlite: Database, words: str) -> None:
    state, operations, _ = UNDONE[words]
    found = of_plan(sqlite, state, migration("0002", operations))
    assert said(found) == []
    assert len(found) >= len(operations), "each operation has its line"


@pytest.mark.parametrize("words", UNDONE)
def test_what_another_migration_of_the_plan_undoes_is_said_to_last_until_then(sqlite: Database, words: str) -> None:
    state, operations, expected = UNDONE[words]
    assert said(of_plan(sqlite, state, *apart(operations))) == expected


@pytest.mark.parametrize("words", UNDONE)
def test_a_migration_that_is_not_atomic_leaves_moments_too(sqlite: Database, words: str) -> None:
    state, operations, expected = UNDONE[words]
    found = said(of_plan(sqlite, state, migration("0003", operations, atomic=False)))
    assert found == expected


@pytest.mark.parametrize("words", UNDONE)
def test_what_is_unknown_between_lets_nothing_pass_for_undone(sqlite: Database, words: str) -> None:
    """A column that this plan requires is gone again, so waiting does not help."""
    state, (first, *rest), expected = UNDONE[words]
    for between in (SQL, RunPython(lambda *_: None)):
        found = said(of_plan(sqlite, state, migration("0003", [first, between, *rest])))
        assert (ChangeKind.UNKNOWN, "", "") in found
        kinds = {kind for kind, _, until in found if not until or kind is ChangeKind.REQUIRED}
        assert {kind for kind, _, _ in expected} <= kinds


def test_options_and_what_does_nothing_lie_between_without_harm(sqlite: Database) -> None:
    plan = [FORTH, AlterModelOptions("thing", {"ordering": ["width"]}), RunPython(RunPython.noop), BACK]
    assert said(of_plan(sqlite, start(), migration("0002", plan))) == []


def test_a_table_that_the_state_hands_over_meanwhile_is_not_joined(sqlite: Database) -> None:
    """A table that the state forgets still exists, so the steps before and after are not one change of the schema."""
    forget = SeparateDatabaseAndState(state_operations=[RemoveField("thing", "note")])
    found = said(
        of_plan(sqlite, start(), migration("0002", [REQUIRED, forget, AddField("thing", "x", number(null=True))]))
    )
    assert found == [(ChangeKind.REQUIRED, "shop_thing.note", "")]


def test_a_column_in_the_place_of_another_needs_a_word(sqlite: Database) -> None:
    """Code that knows the name finds a column that may be empty. A refusal would never end: all code knows the name."""
    again = [RemoveField("thing", "size"), AddField("thing", "size", number(null=True))]
    assert said(of_plan(sqlite, start(), migration("0002", again))) == [(ChangeKind.UNKNOWN, "shop_thing.size", "")]
    swap = [
        RenameField("thing", "size", "tmp"),
        RenameField("thing", "weight", "size"),
        RenameField("thing", "tmp", "weight"),
    ]
    found = of_plan(sqlite, start(), migration("0002", swap))
    assert {place for kind, place, _ in said(found) if kind is ChangeKind.UNKNOWN} == {
        "shop_thing.size",
        "shop_thing.weight",
    }
    assert "renamed to weight" in next(effect.detail for effect in found if effect.place == "shop_thing.size")


def test_a_column_in_the_place_of_another_that_is_tighter_waits(sqlite: Database) -> None:
    state = start(note=models.CharField(max_length=20))
    again = [RemoveField("thing", "note"), AddField("thing", "note", models.CharField(max_length=10, null=True))]
    assert (ChangeKind.NARROWED, "shop_thing.note", "") in said(of_plan(sqlite, state, migration("0002", again)))


def test_a_table_that_is_dropped_and_made_again_is_another(sqlite: Database) -> None:
    again = [DeleteModel("thing"), thing(size=number(), weight=number())]
    found = of_plan(sqlite, start(), migration("0002", again))
    assert [(effect.kind, effect.place, effect.new) for effect in found if effect.kind is not ChangeKind.EXPAND] == [
        (ChangeKind.REMOVED, "shop_thing", False)
    ]


def test_a_column_that_was_tighter_for_a_moment_stays_so(sqlite: Database) -> None:
    """Existing rows went through the narrower form."""
    state = start(note=models.CharField(max_length=20))
    length = [AlterField("thing", "note", models.CharField(max_length=size)) for size in (10, 20)]
    assert said(of_plan(sqlite, state, migration("0002", length))) == [(ChangeKind.NARROWED, "shop_thing.note", "")]
    assert said(of_plan(sqlite, state, *apart(length))) == [(ChangeKind.NARROWED, "shop_thing.note", "")]


def test_a_renamed_column_is_one_refusal(sqlite: Database) -> None:
    found = of_plan(sqlite, start(), migration("0002", [FORTH]))
    assert said(found) == [(ChangeKind.REMOVED, "shop_thing.size", "")]
    assert "renamed to width" in found[0].detail


def test_a_required_column_stays_required_under_its_last_name(sqlite: Database) -> None:
    """The same holds if the operations between are unknown."""
    rename = RenameField("thing", "note", "caption")
    assert said(of_plan(sqlite, start(), migration("0002", [REQUIRED, rename]))) == [
        (ChangeKind.REQUIRED, "shop_thing.caption", "")
    ]
    found = said(of_plan(sqlite, start(), *apart([REQUIRED, SQL, rename])))
    assert (ChangeKind.REQUIRED, "shop_thing.caption", "") in found
    assert (ChangeKind.REQUIRED, "shop_thing.note", "shop.0004") in found


def test_a_known_column_that_becomes_required_is_so_under_another_name_too(sqlite: Database) -> None:
    state = start(note=number(null=True))
    plan = [AlterField("thing", "note", number(default=1)), SQL, RenameField("thing", "note", "caption")]
    assert (ChangeKind.REQUIRED, "shop_thing.note", "") in said(of_plan(sqlite, state, *apart(plan)))


def test_a_column_takes_the_place_of_another_over_several_migrations(sqlite: Database) -> None:
    """social-auth-app-django has such migrations."""
    plan = [
        AddField("thing", "size_new", number(default=1)),
        SQL,
        RemoveField("thing", "size"),
        RenameField("thing", "size_new", "size"),
    ]
    found = of_plan(sqlite, start(), *apart(plan))
    assert said([effect for effect in found if not effect.new]) == [
        (ChangeKind.REQUIRED, "shop_thing.size_new", "shop.0005"),
        (ChangeKind.UNKNOWN, "", ""),
        (ChangeKind.REMOVED, "shop_thing.size", "shop.0005"),
        (ChangeKind.UNKNOWN, "shop_thing.size", ""),
        (ChangeKind.REQUIRED, "shop_thing.size", ""),
    ]


def test_code_that_no_one_knows_does_not_need_what_the_plan_makes(sqlite: Database) -> None:
    plan = [AddField("thing", "note", number(null=True)), SQL, RemoveField("thing", "note")]
    found = of_plan(sqlite, start(), *apart(plan))
    assert [(effect.place, effect.new) for effect in found if effect.kind is ChangeKind.REMOVED] == [
        ("shop_thing.note", True)
    ]


def test_code_that_no_one_knows_may_need_a_name_that_the_plan_gives_again(sqlite: Database) -> None:
    plan = [
        RemoveField("thing", "size"),
        SQL,
        AddField("thing", "size", number(null=True)),
        SQL,
        RemoveField("thing", "size"),
    ]
    found = of_plan(sqlite, start(), *apart(plan))
    assert [effect.new for effect in found if effect.kind is ChangeKind.REMOVED] == [False, False]


def test_what_is_done_to_a_table_that_goes_in_the_end_is_not_said(sqlite: Database) -> None:
    plan = [REQUIRED, AddConstraint("thing", once("size")), AlterModelTable("thing", "other")]
    for found in (of_plan(sqlite, start(), *apart(plan)), of_plan(sqlite, start(), migration("0002", plan))):
        assert said(found) == [(ChangeKind.REMOVED, "shop_thing", "")]


def test_the_last_form_of_a_new_column_is_what_counts(sqlite: Database) -> None:
    plan = [AddField("thing", "note", number(null=True)), AlterField("thing", "note", number(default=1))]
    (found,) = [
        effect for effect in of_plan(sqlite, start(), migration("0002", plan)) if effect.kind is ChangeKind.REQUIRED
    ]
    assert (found.operation, found.detail) == ("AlterField", "the new column is NOT NULL and has no database default")


def test_a_new_column_that_is_unique_and_empty_is_in_no_ones_way(sqlite: Database) -> None:
    free = [AddField("thing", "note", number(null=True)), AddConstraint("thing", once("note"))]
    assert said(of_plan(sqlite, start(), migration("0002", free))) == []
    known = [AddField("thing", "note", number(null=True)), AddConstraint("thing", once("note", "size"))]
    assert said(of_plan(sqlite, start(), migration("0002", known))) == [(ChangeKind.CONSTRAINT, "shop_thing", "")]


if django.VERSION >= (5, 0):  # database defaults and constraints without distinct NULLs

    def test_a_new_column_that_is_filled_and_unique_stays_a_constraint(sqlite: Database) -> None:
        filled = [AddField("thing", "note", number(null=True, db_default=1)), AddConstraint("thing", once("note"))]
        assert said(of_plan(sqlite, start(), migration("0002", filled))) == [(ChangeKind.CONSTRAINT, "shop_thing", "")]
        alike = once("note", nulls_distinct=False)
        empty = [AddField("thing", "note", number(null=True)), AddConstraint("thing", alike)]
        assert said(of_plan(sqlite, start(), migration("0002", empty))) == [(ChangeKind.CONSTRAINT, "shop_thing", "")]


def test_two_constraints_in_one_table_of_which_one_goes_are_distinguished(sqlite: Database) -> None:
    state = start(AddConstraint("thing", once("size")), AddConstraint("thing", once("weight", name="other")))
    (found,) = [
        effect for effect in of_plan(sqlite, state, migration("0002", [REMOVED])) if effect.kind is ChangeKind.REMOVED
    ]
    assert "size was unique and may now occur twice" in found.detail

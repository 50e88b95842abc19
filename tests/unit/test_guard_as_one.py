"""Any plan that the companion's guard lets pass leaves old code its rows and lets it write more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler, DatabaseError
from hypothesis import event, given
from hypothesis import strategies as st

from tests.search import searching

pytestmark = pytest.mark.usefixtures("django_settings")


NAMES = st.sampled_from(["a", "b", "c", "d", "e"])


def operations() -> st.SearchStrategy[Any]:
    from django.db import migrations, models

    def field(text: bool, options: dict[str, Any]) -> Any:
        return models.CharField(max_length=options.pop("length"), **options) if text else number(options)

    def number(options: dict[str, Any]) -> Any:
        options.pop("length")
        return models.IntegerField(**options)

    options = st.sampled_from([{"null": True}, {"default": 0}, {"null": True, "unique": True}, {"db_default": 0}])
    sized = st.builds(lambda chosen, length: {**chosen, "length": length}, options, st.sampled_from([10, 20]))
    fields = st.builds(field, st.booleans(), sized)
    uniques = st.builds(
        lambda names, name: models.UniqueConstraint(fields=names, name=name),
        st.lists(NAMES, min_size=1, max_size=2, unique=True),
        st.sampled_from(["one", "two"]),
    )
    return st.one_of(
        st.builds(migrations.AddField, st.just("thing"), NAMES, fields),
        st.builds(migrations.RemoveField, st.just("thing"), NAMES),
        st.builds(migrations.RenameField, st.just("thing"), NAMES, NAMES),
        st.builds(migrations.AlterField, st.just("thing"), NAMES, fields),
        st.builds(migrations.AddConstraint, st.just("thing"), uniques),
        st.builds(migrations.RemoveConstraint, st.just("thing"), st.sampled_from(["one", "two"])),
        st.builds(migrations.AlterModelTable, st.just("thing"), st.sampled_from(["shop_thing", "shop_other"])),
        st.just(migrations.RunSQL(migrations.RunSQL.noop)),
    )


def undone(operation: Any) -> Any:
    """Return an operation with what takes it back, so that plans with nothing in the end are no rarity."""
    from django.db import migrations

    if isinstance(operation, migrations.RenameField):
        return [operation, migrations.RenameField("thing", operation.new_name, operation.old_name)]
    if isinstance(operation, migrations.AddField):
        return [operation, migrations.RemoveField("thing", operation.name)]
    if isinstance(operation, migrations.AddConstraint):
        return [operation, migrations.RemoveConstraint("thing", operation.constraint.name)]
    return [operation]


def first() -> Any:
    from django.db import migrations, models

    number = models.IntegerField
    key = ("id", models.AutoField(primary_key=True))
    fields: list[Any] = [
        key,
        ("a", number()),
        ("b", number(null=True)),
        ("c", models.CharField(max_length=20, unique=True)),
    ]
    return migrations.CreateModel("Thing", fields)


def plan_of(drawn: Sequence[Sequence[Any]], initial: Any) -> list[Any]:
    """Migrations of those operations that Django itself can do on empty tables, one after another."""
    from django.db.migrations import Migration
    from django.db.migrations.state import ProjectState

    plan = []
    with in_memory() as connection:
        with connection.schema_editor() as editor:
            state = initial.apply(ProjectState(), editor)
        for number, chosen in enumerate(drawn, start=2):
            taken: list[Any] = []
            for operation in chosen:
                if adds_twice(operation, state):  # SQLite would take it, and lose the first
                    continue
                alone = type("M", (Migration,), {"operations": [operation]})("0002", "shop")
                try:
                    with connection.schema_editor() as editor:
                        after = alone.apply(state.clone(), editor)
                except Exception:  # noqa: BLE001, S112 - whatever Django says, it is no plan
                    continue
                state, taken = after, [*taken, operation]
            plan.append(type("M", (Migration,), {"operations": taken})(f"{number:04}", "shop"))
    return plan


def adds_twice(operation: Any, state: Any) -> bool:
    from django.db import migrations

    fields = state.models["shop", "thing"].fields
    return isinstance(operation, migrations.AddField) and operation.name in fields


class OldCode:
    """Knows the columns of the first migration, and names each of them."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.rows: list[tuple[Any, ...]] = []
        self.write()

    def work(self) -> None:
        assert self.query("SELECT a, b, c FROM shop_thing ORDER BY c") == self.rows
        self.query("UPDATE shop_thing SET a = a, b = b, c = c")
        self.write()

    def write(self) -> None:
        """Rows that keep to what the first migration asks for, and to no more."""
        for b in (None, 7):
            row = (7, b, f"{len(self.rows):020}")
            self.query("INSERT INTO shop_thing (a, b, c) VALUES (%s, %s, %s)", row)
            self.rows.append(row)

    def query(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall()) if cursor.description else []


@contextmanager
def in_memory() -> Iterator[Any]:
    """Django's ``default``, which its transactions ask for by this name."""
    handler = ConnectionHandler({"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}})
    connections["default"] = connection = handler["default"]
    try:
        yield connection
    finally:
        BaseDatabaseWrapper.close(connection)  # SQLite's own leaves a database in memory open
        del connections["default"]


@searching(50)
@given(data=st.data())
def test_a_plan_that_passes_is_one_that_old_code_survives_at_each_moment(data: st.DataObject) -> None:
    from django.db.migrations import Migration
    from django.db.migrations.state import ProjectState
    from django_mirrors.declaration import SchemaDeclaration
    from django_mirrors.guard import SiteDeclaration, decide
    from django_mirrors.model_schema import describe_model
    from django_mirrors.plan_analysis import analyze_plan

    one = operations() | operations().map(undone)
    drawn = data.draw(st.lists(st.lists(one, min_size=1, max_size=4), min_size=1, max_size=3))
    flat = [[item for made in chosen for item in (made if isinstance(made, list) else [made])] for chosen in drawn]
    initial = type("M", (Migration,), {"operations": [first()]})("0001", "shop")
    state = initial.mutate_state(ProjectState())
    plan = plan_of(flat, initial)
    with in_memory() as connection:
        with connection.schema_editor() as editor:
            initial.apply(ProjectState(), editor)
        old = OldCode(connection)
        effects = analyze_plan([(migration, False) for migration in plan], connection, state)
        needed = SchemaDeclaration(tuple(describe_model(model, connection) for model in state.apps.get_models()))
        site = SiteDeclaration(2, "acme-de", "running", needed)
        refused = decide(effects, [site], [], [], datetime.now(UTC), site_id=1).refusals
        event("refused" if refused else f"passes with {sum(len(item.operations) for item in plan)} operations")
        for migration in plan if not refused else ():
            try:
                with connection.schema_editor() as editor:
                    state = migration.apply(state, editor)
            except DatabaseError:  # it is undone, and the plan ends
                break
            old.work()

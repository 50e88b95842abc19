"""The guard can judge, register and read again every model and migration that Django accepts."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.migrations import AddConstraint, AddField, AlterModelTable, CreateModel, RunSQL
from django.db.migrations.state import ProjectState
from django.db.models import Q
from django.db.utils import ConnectionHandler
from hypothesis import HealthCheck, Phase, event, example, given, reject, settings
from hypothesis import strategies as st

from django_mirrors.declaration import SchemaDeclaration
from django_mirrors.guard import SiteDeclaration, decide
from django_mirrors.plan_analysis import analyze_plan
from django_mirrors.rendering import StateRenderer
from tests.databases import ONCE
from tests.odd_projects import CONDITION, Bare, OwnCheck, labelled, lazy, operations
from tests.small_app import after, migration, schema_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper

    from tests.databases import Database

OTHER = CreateModel("Other", [("id", models.AutoField(primary_key=True)), ("code", models.SlugField(unique=True))])
THING: list[tuple[str, Any]] = [
    ("id", models.BigAutoField(primary_key=True)),
    ("size", models.IntegerField(default=1)),
    ("note", models.CharField(max_length=20, default="")),
    ("a", models.DecimalField(max_digits=5, decimal_places=2, null=True)),
]
BEGINNING = [OTHER, CreateModel("Thing", THING)]
QUICK = settings(
    max_examples=20 if ONCE else 60,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much, HealthCheck.too_slow],
)


@given(st.lists(operations(postgresql=False), min_size=1, max_size=3))
@example([labelled(RunSQL("SELECT 1"), 1)])
@example([AlterModelTable("thing", lazy("things"))])
@example([AddField("thing", "b", models.TextField(db_column=lazy("x"), null=True))])
@example([AddField("thing", "b", models.TextField(max_length=float("inf"), null=True))])  # type: ignore[arg-type]
@example([AddField("thing", "b", Bare(null=True))])
@example([AddConstraint("thing", OwnCheck(**{CONDITION: Q(size__gt=0)}, name="one"))])
@QUICK
def test_what_django_applies_on_sqlite_is_judged(plan: list[Any]) -> None:
    with in_memory() as connection:
        changed = applied(connection, plan)
    with in_memory() as connection:
        is_judged(connection, plan, changed)


@given(plan=st.lists(operations(postgresql=True), min_size=1, max_size=3))
@settings(QUICK, max_examples=8 if ONCE else 25)
def test_what_django_applies_on_postgresql_is_judged(postgresql: Database, plan: list[Any]) -> None:
    with postgresql.connected() as connection:
        connection.set_autocommit(False)
        try:
            changed = applied(connection, plan)
        finally:
            connection.rollback()
        is_judged(connection, plan, changed)


def applied(connection: BaseDatabaseWrapper, plan: list[Any]) -> ProjectState:
    """Return the state after the plan, if Django and the database accept it."""
    try:
        with connection.schema_editor(atomic=False) as editor:
            before = migration("0001", BEGINNING).apply(ProjectState(), editor)
            return migration("0002", plan).apply(before, editor)
    except Exception:  # noqa: BLE001 - any error means that it is no plan
        reject()


def is_judged(connection: BaseDatabaseWrapper, plan: list[Any], changed: ProjectState) -> None:
    state = after(*BEGINNING)
    effects = analyze_plan([(migration("0002", plan), False)], connection, state)
    assert all(effect.migration == "shop.0002" and effect.operation for effect in effects)
    looked = StateRenderer(connection)
    for each in (state, changed):
        found = looked.schemas(each)[0]
        assert found == schema_of(each, connection)
        declared = SchemaDeclaration(tuple(table for tables in found.values() for table in tables))
        assert SchemaDeclaration.from_data(json.loads(json.dumps(declared.as_data()))) == declared
        site = SiteDeclaration(2, "mirror", "running", declared)
        event(f"refusals: {len(decide(effects, [site], (), (), datetime.now(timezone.utc), site_id=1).refusals)}")


@contextmanager
def in_memory() -> Iterator[BaseDatabaseWrapper]:
    connection = ConnectionHandler({"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}})["default"]
    try:
        yield connection
    finally:
        if connection.connection is not None:
            connection.connection.close()  # Django leaves a database in memory open

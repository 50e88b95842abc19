"""The companion's guard calls nothing harmless that is not Django's in what matters."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler
from hypothesis import given
from hypothesis import strategies as st

from tests.search import searching

pytestmark = pytest.mark.usefixtures("django_settings")


def as_before(parent: type, method: str) -> Any:
    """Return a method that does what its parent's does: that cannot be seen from outside."""

    def own(*arguments: Any, **options: Any) -> Any:
        return getattr(parent, method)(*arguments, **options)

    return own


def own(parent: type, methods: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """Subclasses, however deep, named as their parent or otherwise, with some methods replaced."""

    def made(names: set[str], name: str, module: str, deep: bool) -> Any:
        cls = type(name, (parent,), {**{method: as_before(parent, method) for method in names}, "__module__": module})
        return type(name, (cls,), {"__module__": module}) if deep else cls

    return st.builds(
        made,
        st.sets(methods, min_size=1, max_size=3),
        st.sampled_from([parent.__name__, "AlterModelOptions", "IgnoreMigration", "CheckConstraint", "Own"]),
        st.sampled_from([parent.__module__, "django.db.migrations", "django_migration_linter.operations", "gallery"]),
        st.booleans(),
    )


def kinds(change: Any, *, label: str = "shop") -> set[str]:
    from django.db import models
    from django.db.migrations import AddField, CreateModel, Migration
    from django.db.migrations.state import ProjectState
    from django_mirrors.plan_analysis import analyze_plan

    number = models.IntegerField
    first: list[Any] = [CreateModel("Thing", [("id", models.AutoField(primary_key=True)), ("size", number(null=True))])]
    first += [AddField("thing", "more", number(null=True))]
    state = type("First", (Migration,), {"operations": first})("0001", label).mutate_state(ProjectState())
    second = change if isinstance(change, Migration) else type("M", (Migration,), {"operations": [change]})("2", label)
    handler = ConnectionHandler({"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}})
    connection = handler["default"]
    try:
        return {effect.kind.value for effect in analyze_plan([(second, False)], connection, state)}
    finally:
        BaseDatabaseWrapper.close(connection)  # SQLite's own leaves a database in memory open


FORWARD = ["database_forwards", "allow_migrate_model"]
SQL = ["create_sql", "remove_sql"]
COLUMN = ["db_check", "cast_db_type", "db_type_suffix", "db_type_parameters"]


def operations() -> st.SearchStrategy[Any]:
    from django.db import migrations as django_migrations
    from django.db import models

    size = models.IntegerField(null=True)
    arguments: dict[str, tuple[Any, ...]] = {
        "AddField": ("thing", "new", size),
        "AddIndex": ("thing", models.Index(fields=["size"], name="i")),
        "AlterField": ("thing", "size", size),
        "AlterIndexTogether": ("thing", set()),
        "AlterModelManagers": ("thing", []),
        "AlterModelOptions": ("thing", {}),
        "AlterModelTable": ("thing", None),
        "AlterModelTableComment": ("thing", "words"),
        "AlterOrderWithRespectTo": ("thing", None),
        "AlterUniqueTogether": ("thing", set()),
        "CreateModel": ("Other", [("id", models.AutoField(primary_key=True))]),
        "RemoveField": ("thing", "size"),
        "RunPython": (django_migrations.RunPython.noop,),
        "RunSQL": ("",),
        "SeparateDatabaseAndState": ([], []),
    }
    return st.sampled_from(sorted(arguments)).flatmap(
        lambda name: own(getattr(django_migrations, name), st.sampled_from(FORWARD)).map(
            lambda cls: cls(*arguments[name])
        )
    )


@searching(40)
@given(data=st.data())
def test_no_operation_with_a_method_of_its_own_is_expand_alone(data: st.DataObject) -> None:
    assert kinds(data.draw(operations())) != {"expand"}


@searching(40)
@given(
    data=st.data(), altered=st.booleans(), name=st.sampled_from(["CharField", "IntegerField", "JSONField", "TextField"])
)
def test_no_field_that_says_what_the_database_gets_is_expand_alone(
    data: st.DataObject, altered: bool, name: str
) -> None:
    from django.db import models
    from django.db.migrations import AddField, AlterField

    field = data.draw(own(getattr(models, name), st.sampled_from(COLUMN)))(null=True)
    change = AlterField("thing", "size", field) if altered else AddField("thing", "new", field)
    assert kinds(change) != {"expand"}


@searching(40)
@given(data=st.data())
def test_no_constraint_or_index_with_sql_of_its_own_is_expand_alone(data: st.DataObject) -> None:
    from django.db import models
    from django.db.migrations import AddConstraint, AddIndex

    parent = data.draw(st.sampled_from([models.UniqueConstraint, models.Index]))
    item = data.draw(own(parent, st.sampled_from(SQL)))(fields=["size"], name="own")
    change = AddIndex("thing", item) if parent is models.Index else AddConstraint("thing", item)
    assert kinds(change) != {"expand"}


@searching(40)
@given(data=st.data())
def test_no_migration_with_an_apply_of_its_own_is_expand(data: st.DataObject) -> None:
    from django.db.migrations import Migration

    cls = data.draw(own(Migration, st.sampled_from(["apply", "mutate_state"])))
    assert kinds(cls("0002", "shop")) == {"unknown"}

"""Cases: code in migrations, and separate changes of the database and the state."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from django.apps.registry import Apps
from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import (
    AddField,
    AlterField,
    AlterModelOptions,
    RemoveField,
    RunPython,
    RunSQL,
    SeparateDatabaseAndState,
)
from django.db.migrations.migration import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from tests.operations.case import Case, thing

__all__ = ["CASES"]


def value(**options: Any) -> models.Field[Any, Any]:
    return models.CharField(max_length=20, **options)


def shout(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Change the content of the rows."""
    for model in apps.get_models():
        model._default_manager.using(schema_editor.connection.alias).update(value="LOUD")


class DropValue(RemoveField):
    """Custom operation of a project: its effect is unknown."""

    def __init__(self) -> None:
        super().__init__("thing", "value")

    def database_forwards(self, *arguments: Any) -> None:
        super().database_forwards(*arguments)


class DropBehindOptions(AlterModelOptions):
    """Custom operation whose parent class does not change the database."""

    def __init__(self) -> None:
        super().__init__("thing", {})

    def database_forwards(self, app_label: str, schema_editor: Any, *_: Any) -> None:
        schema_editor.execute(f"ALTER TABLE {app_label}_thing DROP COLUMN value")


class DropAndKeep(RemoveField):
    """Custom operation that changes the database with Django's code, and leaves the state as it is."""

    def state_forwards(self, *_: Any) -> None:
        pass


def drop_besides(self: Migration, state: ProjectState, editor: Any, collect_sql: bool = False) -> ProjectState:
    """Run SQL outside of an operation."""
    editor.execute(f"ALTER TABLE {self.app_label}_thing DROP COLUMN value")
    return Migration.apply(self, state, editor, collect_sql)


def apart(label: str, words: str, database: list[Operation], state: list[Operation], **more: Any) -> Case:
    old = [thing(value=more.pop("old", value()))]
    return Case(label, words, old, [SeparateDatabaseAndState(database, state)], **more)


def sql(label: str, words: str, statement: str, **more: Any) -> Case:
    return Case(label, words, [thing(value=value())], [RunSQL(statement, RunSQL.noop)], **more)


# A release that drops a column that the state has already forgotten.
KNOW_AGAIN = SeparateDatabaseAndState(state_operations=[AddField("thing", "value", value(null=True))])

CASES = [
    Case("python", "RunPython", [thing(value=value())], [RunPython(shout, RunPython.noop)]),
    Case(
        "python_before",
        "RunPython, labelled for django-syzygy: before deployment",
        [thing(value=value())],
        [RunPython(shout, RunPython.noop)],
        attributes={"stage": SimpleNamespace(name="PRE_DEPLOY")},
    ),
    Case(
        "python_always",
        "RunPython, labelled for django-safemigrate: always safe",
        [thing(value=value())],
        [RunPython(shout, RunPython.noop)],
        attributes={"safe": SimpleNamespace(when=SimpleNamespace(name="ALWAYS"))},
    ),
    Case(
        "drop_labelled",
        "RemoveField, labelled as safe",
        [thing(value=value())],
        [RemoveField("thing", "value")],
        attributes={"stage": SimpleNamespace(name="PRE_DEPLOY")},
    ),
    Case("nothing", "RunPython and RunSQL, noop", [thing()], [RunPython(RunPython.noop), RunSQL(RunSQL.noop)]),
    sql("sql_update", "RunSQL, UPDATE", "UPDATE sql_update_thing SET value = 'LOUD'"),
    sql("sql_delete", "RunSQL, all rows are deleted", "DELETE FROM sql_delete_thing"),
    sql("sql_drop", "RunSQL, a column is dropped", "ALTER TABLE sql_drop_thing DROP COLUMN value"),
    Case(
        "sql_drop_known",
        "RunSQL, a column is dropped, with state_operations",
        [thing(value=value())],
        [
            RunSQL(
                "ALTER TABLE sql_drop_known_thing DROP COLUMN value",
                RunSQL.noop,
                state_operations=[RemoveField("thing", "value")],
            )
        ],
    ),
    Case(
        "custom_apply",
        "a migration with an apply of its own",
        [thing(value=value())],
        [],
        attributes={"apply": drop_besides},
    ),
    Case(
        "custom_state",
        "a RemoveField that leaves the state",
        [thing(value=value())],
        [DropAndKeep("thing", "value")],
    ),
    Case("custom", "an operation of the project's own", [thing(value=value())], [DropValue()]),
    Case("custom_options", "an AlterModelOptions of the project's own", [thing(value=value())], [DropBehindOptions()]),
    apart(
        "forget",
        "SeparateDatabaseAndState, state forgets a column with NULL",
        [],
        [RemoveField("thing", "value")],
        old=value(null=True),
    ),
    apart(
        "forget_required",
        "SeparateDatabaseAndState, state forgets a NOT NULL column",
        [],
        [RemoveField("thing", "value")],
    ),
    apart(
        "loosen",
        "SeparateDatabaseAndState, state forgets a column that gets NULL",
        [AlterField("thing", "value", value(null=True))],
        [RemoveField("thing", "value")],
    ),
    apart(
        "drop_behind",
        "SeparateDatabaseAndState, a column is dropped",
        [RemoveField("thing", "value")],
        [RemoveField("thing", "value")],
    ),
    Case(
        "drop_forgotten",
        "SeparateDatabaseAndState, a column is dropped that the state has forgotten",
        [
            thing(value=value(null=True)),
            SeparateDatabaseAndState(state_operations=[RemoveField("thing", "value")]),
        ],
        [SeparateDatabaseAndState([KNOW_AGAIN, RemoveField("thing", "value")])],
    ),
    apart(
        "sql_behind",
        "SeparateDatabaseAndState, with RunSQL",
        [RunSQL("ALTER TABLE sql_behind_thing DROP COLUMN value")],
        [RemoveField("thing", "value")],
    ),
]

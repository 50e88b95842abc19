"""The check of the real schema, on each kind of database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import django
import pytest
from django.db import models
from django.db.migrations import (
    AddConstraint,
    AddField,
    AlterField,
    AlterUniqueTogether,
    CreateModel,
    DeleteModel,
    RemoveField,
)
from django.db.migrations.state import ProjectState

from django_mirrors.declaration import declare_schema
from django_mirrors.schema_check import mismatch_texts
from tests.small_app import after, applied, thing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.migrations.operations.base import Operation

    from tests.databases import Database


def note(length: int = 20, **options: Any) -> models.Field[Any, Any]:
    return models.CharField(max_length=length, **options)


def looked(database: Database, code: Sequence[Operation], real: Sequence[Operation]) -> str:
    """Return the mismatches of code with the models of ``code`` in a database to which all of ``real`` was applied."""
    with database.connected() as connection:
        applied(connection, ProjectState(), *real)
        return "\n".join(mismatch_texts(connection, declare_schema(after(*code).apps)))


@pytest.mark.each_version
def test_nothing_is_missing_where_the_code_has_migrated_itself(database: Database) -> None:
    everything = thing(
        note=note(null=True),
        price=models.DecimalField(max_digits=9, decimal_places=2),
        size=models.PositiveIntegerField(unique=True),
        text=models.TextField(),
        file=models.FileField(),
    )
    assert looked(database, [everything], [everything]) == ""


def test_a_table_that_is_not_there_is_named_with_the_model_that_needs_it(database: Database) -> None:
    found = looked(database, [thing()], [thing(), DeleteModel("Thing")])
    assert found == "The table shop_thing does not exist: shop.Thing needs it."


def test_a_column_that_is_not_there_is_named(database: Database) -> None:
    found = looked(database, [thing(note=note())], [thing(note=note()), RemoveField("thing", "note")])
    assert found == "shop_thing.note does not exist: shop.Thing needs it."


def test_a_required_column_that_the_code_does_not_know_is_named(database: Database) -> None:
    found = looked(database, [thing()], [thing(), AddField("thing", "note", note(default="x"))])
    assert found.startswith("shop_thing.note is NOT NULL without a database default, and shop.Thing does not know it")


def test_a_column_with_null_may_be_unknown(database: Database) -> None:
    assert looked(database, [thing()], [thing(), AddField("thing", "note", note(null=True))]) == ""


if django.VERSION >= (5, 0):  # database defaults and computed columns

    def test_a_column_that_the_database_fills_may_be_unknown(database: Database) -> None:
        number = models.IntegerField()
        computed = models.GeneratedField(expression=models.F("size") + 1, output_field=number, db_persist=True)
        more = [AddField("thing", "note", note(db_default="x")), AddField("thing", "next", computed)]
        old = thing(size=number)
        assert looked(database, [old], [old, *more]) == ""


def test_a_column_that_takes_no_null_any_more_is_named(database: Database) -> None:
    real = [thing(note=note(null=True)), AlterField("thing", "note", note(default="x"))]
    assert looked(database, [thing(note=note(null=True))], real) == (
        "shop_thing.note takes no NULL, and the code declares it with NULL."
    )


def test_a_column_that_became_shorter_is_named(database: Database) -> None:
    real = [thing(note=note(20)), AlterField("thing", "note", note(10))]
    assert looked(database, [thing(note=note(20))], real) == (
        "shop_thing.note takes 10 characters, and the code declares 20."
    )


def test_a_column_that_has_a_length_now_is_named(database: Database) -> None:
    real = [thing(note=models.TextField()), AlterField("thing", "note", note(10))]
    assert looked(database, [thing(note=models.TextField(max_length=500))], real) == (
        "shop_thing.note takes 10 characters, and the code declares no limit."
    )


@pytest.mark.parametrize(
    ("code", "real"),
    [
        (models.IntegerField(), models.CharField(max_length=20)),
        (models.DateField(), models.DateTimeField()),
        (models.BooleanField(default=True), models.IntegerField(default=1)),
        (models.CharField(max_length=20), models.BinaryField(default=b"")),
    ],
)
def test_a_column_that_holds_another_kind_of_value_is_named(
    database: Database, code: models.Field[Any, Any], real: models.Field[Any, Any]
) -> None:
    found = looked(database, [thing(value=code)], [thing(value=real)])
    assert found.startswith("shop_thing.value holds "), found
    assert f"and the code declares a {type(code).__name__}." in found


def test_a_column_of_the_same_kind_may_be_of_another_type(database: Database) -> None:
    code = thing(size=models.IntegerField(), slug=models.SlugField(), day=models.DateTimeField())
    real = thing(size=models.BigIntegerField(), slug=models.TextField(), day=models.DateTimeField())
    assert looked(database, [code], [real]) == ""


@pytest.mark.parametrize("kind", ["UUIDField", "JSONField", "DurationField", "GenericIPAddressField"])
def test_what_each_database_keeps_in_its_own_way_is_not_compared(database: Database, kind: str) -> None:
    assert looked(database, [thing(value=getattr(models, kind)())], [thing(value=models.TextField())]) == ""


def test_what_was_unique_and_is_no_more_is_named(database: Database) -> None:
    both = models.UniqueConstraint(fields=["note", "size"], name="both")
    columns = {"note": note(), "size": models.IntegerField(unique=True)}
    code = [thing(**columns), AddConstraint("thing", both)]
    assert looked(database, code, [thing(note=note(), size=models.IntegerField())]) == (
        "shop_thing: note, size is not unique, and shop.Thing declares that it is.\n"
        "shop_thing: size is not unique, and shop.Thing declares that it is."
    )


def test_what_is_unique_may_be_so_in_any_form(database: Database) -> None:
    together = [thing(note=note(), size=models.IntegerField()), AlterUniqueTogether("thing", {("size", "note")})]
    constraint = models.UniqueConstraint(fields=["note", "size"], name="both")
    partial = models.UniqueConstraint(fields=["note"], condition=models.Q(size__gt=3), name="some")
    code = [together[0], AddConstraint("thing", constraint), AddConstraint("thing", partial)]
    assert looked(database, code, together) == ""


def test_a_key_that_the_database_no_longer_counts_up_is_named(postgresql: Database) -> None:
    by_hand = CreateModel("Thing", [("id", models.IntegerField(primary_key=True))])
    assert looked(postgresql, [thing()], [by_hand]) == (
        "shop_thing.id is not generated by the database, and the code relies on it."
    )


def test_a_table_of_an_app_without_migrations_is_not_judged(database: Database) -> None:
    with database.connected() as connection:
        declaration = declare_schema(after(thing(note=note())).apps)
        assert mismatch_texts(connection, declaration, migrated={"shop"})
        assert mismatch_texts(connection, declaration, migrated={"gallery"}) == ()


def test_a_table_that_migrations_do_not_make_may_be_absent(database: Database) -> None:
    elsewhere = thing(note=note())
    elsewhere.options["managed"] = False
    assert looked(database, [elsewhere], []) == ""


def test_a_required_column_that_the_database_computes_may_be_unknown(database: Database) -> None:
    """Django's generated columns are not NOT NULL. Those of a RunSQL may be, but not on MariaDB."""
    kind = "VIRTUAL" if database.kind == "sqlite" else "STORED"
    null = "" if database.kind == "mariadb" else "NOT NULL"
    with database.connected() as connection:
        state = applied(connection, ProjectState(), thing(size=models.IntegerField()))
        with connection.cursor() as cursor:
            cursor.execute(
                f"ALTER TABLE shop_thing ADD COLUMN next integer {null} GENERATED ALWAYS AS (size + 1) {kind}"
            )
        assert mismatch_texts(connection, declare_schema(state.apps)) == ()


def test_a_table_in_another_schema_is_found(postgresql: Database) -> None:
    """Django puts ``db_table`` between quotation marks unchanged, so this is the usual way into another schema."""
    reading = CreateModel(
        "Reading",
        [("id", models.AutoField(primary_key=True)), ("note", note(unique=True))],
        options={"db_table": 'timeseries"."reading'},
    )
    postgresql.query("CREATE SCHEMA timeseries")
    assert looked(postgresql, [reading], [reading]) == ""
    postgresql.query("ALTER TABLE timeseries.reading ALTER note TYPE varchar(10), DROP CONSTRAINT reading_note_key")
    with postgresql.connected() as connection:
        found = "\n".join(mismatch_texts(connection, declare_schema(after(reading).apps)))
    assert "takes 10 characters, and the code declares 20" in found
    assert "note is not unique" in found
    postgresql.query("DROP TABLE timeseries.reading; CREATE TABLE reading (id integer)")
    with postgresql.connected() as connection:
        (found,) = mismatch_texts(connection, declare_schema(after(reading).apps))
    assert "does not exist" in found


def test_a_table_in_another_database_of_the_server_is_found(mariadb: Database) -> None:
    elsewhere = thing(note=note(unique=True))
    other = f"{mariadb.name}_other"
    elsewhere.options["db_table"] = f"{other}`.`thing"
    mariadb.query(f"CREATE DATABASE {other}")
    try:
        with mariadb.connected() as connection:
            assert mismatch_texts(connection, declare_schema(after(elsewhere).apps))
            state = applied(connection, ProjectState(), elsewhere)
            assert mismatch_texts(connection, declare_schema(state.apps)) == ()
            mariadb.query(f"ALTER TABLE {other}.thing MODIFY note varchar(10) NOT NULL")
            (found,) = mismatch_texts(connection, declare_schema(state.apps))
        assert "takes 10 characters, and the code declares 20" in found
    finally:
        mariadb.query(f"DROP DATABASE {other}")


@pytest.mark.parametrize("real", ["tinytext", "text", "mediumtext"])
def test_a_text_that_is_shorter_than_djangos_is_named(mariadb: Database, real: str) -> None:
    with mariadb.connected() as connection:
        state = applied(connection, ProjectState(), thing(note=models.TextField()))
        mariadb.query(f"ALTER TABLE shop_thing MODIFY note {real} NOT NULL")
        (found,) = mismatch_texts(connection, declare_schema(state.apps))
    assert "characters, and the code declares no limit" in found


def test_a_table_of_an_attached_file_is_found(sqlite: Database) -> None:
    elsewhere = thing()
    elsewhere.options["db_table"] = 'other"."thing'
    with sqlite.connected() as connection, connection.cursor() as cursor:
        cursor.execute("ATTACH ':memory:' AS other")
        assert mismatch_texts(connection, declare_schema(after(elsewhere).apps))
        cursor.execute("CREATE TABLE other.thing (id integer PRIMARY KEY)")
        assert mismatch_texts(connection, declare_schema(after(elsewhere).apps)) == ()


def test_a_table_whose_name_the_database_cuts_is_found(postgresql: Database) -> None:
    long = thing(note=note())
    long.options["db_table"] = "ä" * 40
    assert looked(postgresql, [long], [long]) == ""


def test_a_column_that_the_database_adds_itself_is_there(postgresql: Database) -> None:
    version = thing(version=models.PositiveIntegerField(db_column="xmin"))
    assert looked(postgresql, [version], [thing()]) == ""


def test_a_row_of_sqlite_has_a_number(sqlite: Database) -> None:
    """A full-text index of wagtail has a model with that column."""
    numbered = CreateModel("Thing", [("rowid", models.IntegerField(primary_key=True)), ("body", models.TextField())])
    with sqlite.connected() as connection, connection.cursor() as cursor:
        declaration = declare_schema(after(numbered).apps)
        cursor.execute("CREATE VIRTUAL TABLE shop_thing USING FTS5(body)")
        assert mismatch_texts(connection, declaration) == ()
        cursor.execute("DROP TABLE shop_thing")
        cursor.execute("CREATE TABLE shop_thing (body text PRIMARY KEY) WITHOUT ROWID")
        assert "shop_thing.rowid does not exist: shop.Thing needs it." in mismatch_texts(connection, declaration)


def test_the_many_to_many_table_of_a_model_that_migrations_do_not_make_may_be_absent(database: Database) -> None:
    """Django makes none, whatever the model at the other end is."""
    tag = CreateModel("Tag", [("id", models.AutoField(primary_key=True))])
    elsewhere = thing(tags=models.ManyToManyField("shop.Tag"))
    elsewhere.options["managed"] = False
    assert looked(database, [tag, elsewhere], [tag, elsewhere]) == ""


def test_a_view_is_found_and_nothing_in_it_need_be_unique(database: Database) -> None:
    with database.connected() as connection:
        state = applied(connection, ProjectState(), thing(note=note(unique=True)))
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE shop_thing RENAME TO things")
            assert "does not exist" in "".join(mismatch_texts(connection, declare_schema(state.apps)))
            cursor.execute("CREATE VIEW shop_thing AS SELECT * FROM things")
        assert mismatch_texts(connection, declare_schema(state.apps)) == ()

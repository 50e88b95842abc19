"""The migration pages quote the messages, and their two steps pass as the pages say.

``MIRRORS_WRITE_TABLE=1`` writes the quotations into the pages instead of comparing them.
"""

from __future__ import annotations

import ast
import os
import re
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.db import migrations, models
from django.db.migrations import AddConstraint, AddField, CreateModel, RemoveField, RunPython
from django.db.migrations.migration import Migration
from django.db.migrations.state import ProjectState

from django_mirrors.acknowledgements import read_acknowledgements
from django_mirrors.conf import CurrentSite
from django_mirrors.declaration import SchemaDeclaration, declare_schema
from django_mirrors.guard import Decision, SiteDeclaration, UnknownSite, decide
from django_mirrors.plan_analysis import analyze_plan
from django_mirrors.registry import RegistrySnapshot
from django_mirrors.schema_check import mismatch_texts
from django_mirrors.site_identity import identity_problems
from django_mirrors.site_table import SiteRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.operations.base import Operation

    from tests.databases import Database

DOCS = Path(__file__).resolve().parents[2] / "docs"
GUARD = DOCS / "explanation" / "migration-guard.md"
TASKS = DOCS / "how-to" / "migrations"
STEPS = TASKS / "expand-and-contract.md"
ROWS = TASKS / "site-rows.md"
KEY = ("id", models.AutoField(primary_key=True))
FIRST = [
    CreateModel("Picture", [KEY, ("title", models.CharField(max_length=50)), ("note", models.TextField())]),
]
NOTE = CreateModel("Note", [KEY, ("text", models.TextField())])
TITLE_ONCE = models.UniqueConstraint(fields=["title"], name="one_title")


def migration(name: str, operations: Sequence[Operation]) -> Migration:
    """Return ``gallery.<name>``."""
    made: type[Migration] = type("Migration", (Migration,), {"operations": operations})
    return made(name, "gallery")


def code(*operations: Operation) -> SchemaDeclaration:
    """Return the declaration of an image with these migrations."""
    return declare_schema(migration("0001_initial", [*FIRST, *operations]).mutate_state(ProjectState()).apps)


def fleet(original: SchemaDeclaration, german: SchemaDeclaration, french: SchemaDeclaration) -> list[SiteDeclaration]:
    """Return the declarations of the original and two mirrors."""
    names = ("the original", "acme-de", "acme-fr")
    return [
        SiteDeclaration(number, name, "running", needs)
        for number, (name, needs) in enumerate(zip(names, (original, german, french)), start=1)
    ]


def asked(
    database: Database, next_migration: Migration, sites: Sequence[SiteDeclaration], *unknown: UnknownSite
) -> Decision:
    """Return the decision of the original's release command."""
    state = migration("0001_initial", FIRST).mutate_state(ProjectState())
    with database.connected() as connection:
        effects = analyze_plan([(next_migration, False)], connection, state)
    return decide(effects, sites, unknown, [], datetime.now(timezone.utc), site_id=1)


def quoted(page: Path, name: str) -> str:
    """Return the text below the page's mark of this name."""
    match = re.search(rf"<!-- refusal: {name} -->\n```text\n(.*?)```", page.read_text(), re.DOTALL)
    assert match, f"{page.name} has no quotation {name}."
    return match[1].strip()


def write(page: Path, name: str, text: str) -> None:
    pattern = rf"(<!-- refusal: {name} -->\n```text\n).*?(```)"
    page.write_text(re.sub(pattern, lambda match: f"{match[1]}{text}\n{match[2]}", page.read_text(), flags=re.DOTALL))


def without_title(_apps: Any, _schema_editor: Any) -> None:
    """Take the place of any code."""


def frame() -> CreateModel:
    picture = models.ForeignKey("gallery.Picture", models.CASCADE)
    return CreateModel("Frame", [KEY, ("picture", picture)])


def decisions(database: Database) -> dict[str, Decision]:
    """Return a decision for each situation that the page quotes."""
    old, new = code(), code(RemoveField("picture", "note"))
    drop = migration("0002_remove_picture_note", [RemoveField("picture", "note")])
    caption = models.CharField(max_length=200, default="")
    required = migration("0003_picture_caption", [AddField("picture", "caption", caption)])
    word = migration("0004_one_title", [RunPython(without_title), AddConstraint("picture", TITLE_ONCE)])
    return {
        "drop": asked(database, drop, fleet(old, old, old)),
        "held": asked(database, drop, fleet(new, new, old)),
        "required": asked(database, required, fleet(old, old, old)[:2], UnknownSite(3, "fr.acme.example")),
        "acknowledge": asked(database, word, fleet(old, old, old)),
        "deletes": asked(database, migration("0005_frame", [frame()]), fleet(old, old, old)),
    }


@pytest.mark.parametrize("name", ["drop", "held", "required", "acknowledge", "deletes"])
def test_the_page_quotes_what_the_program_says(sqlite: Database, name: str) -> None:
    text = decisions(sqlite)[name].text
    if os.environ.get("MIRRORS_WRITE_TABLE"):
        write(GUARD, name, text)
    assert quoted(GUARD, name) == text


def test_the_page_quotes_the_message_about_another_sites_row(sqlite: Database) -> None:
    new = CurrentSite(7, "acme-new", "live", sqlite.url, "new.acme.example")
    [text] = identity_problems(new, RegistrySnapshot(), [SiteRow(1, "acme.example"), SiteRow(7, "later.example")])
    if os.environ.get("MIRRORS_WRITE_TABLE"):
        write(ROWS, "row", text)
    assert quoted(ROWS, "row") == text


def blocks(page: Path, section: str) -> list[str]:
    """Return the Python below a heading of the page."""
    text = page.read_text().partition(f"## {section}\n")[2]
    return re.findall(r"```python\n(.*?)```", re.split(r"\n##", text)[0], re.DOTALL)


def step(source: str) -> list[Operation]:
    """Return the value of the page's ``operations = […]``."""
    (statement,) = ast.parse(source).body
    assert isinstance(statement, ast.Assign)
    names = {"migrations": migrations, "models": models}
    found: list[Operation] = eval(compile(ast.Expression(statement.value), "page", "eval"), names)  # noqa: S307
    return found


def apply(connection: BaseDatabaseWrapper, state: ProjectState, item: Migration) -> ProjectState:
    with connection.schema_editor() as editor:
        return item.apply(state.clone(), editor)


TWO_STEPS = {
    "A column goes": "gallery_picture.note does not exist: gallery.Picture needs it.",
    "A table goes": "The table gallery_note does not exist: gallery.Note needs it.",
    "A column is added that must not be empty": (
        "gallery_picture.caption is NOT NULL without a database default, and gallery.Picture does not know it: "
        "no row can be inserted."
    ),
    "A column becomes NOT NULL, shorter, or of another type": (
        "gallery_picture.title takes 30 characters, and the code declares 50."
    ),
    "A constraint is dropped": "gallery_picture: title is not unique, and gallery.Picture declares that it is.",
}
"""The sections with two pieces of code, and the mismatch of older code after both."""


def test_every_section_with_two_steps_is_tried() -> None:
    headings = re.findall(r"^## (.*)$", STEPS.read_text(), re.MULTILINE)
    assert {heading for heading in headings if blocks(STEPS, heading)} == set(TWO_STEPS)


@pytest.mark.parametrize(("section", "then"), TWO_STEPS.items())
def test_two_steps_pass_one_after_the_other_and_the_second_never_before(
    database: Database, section: str, then: str
) -> None:
    first, second = (migration(f"000{number}", step(source)) for number, source in enumerate(blocks(STEPS, section), 2))
    now = datetime.now(timezone.utc)
    more = [AddConstraint("picture", TITLE_ONCE)] if section == "A constraint is dropped" else []
    with database.connected() as connection:
        before = apply(connection, ProjectState(), migration("0001_initial", [*FIRST, NOTE, *more]))
        old = declare_schema(before.apps)
        assert not decide(
            analyze_plan([(first, False)], connection, before), fleet(old, old, old), [], [], now
        ).refusals

        between = apply(connection, before, first)
        new = declare_schema(between.apps)
        assert mismatch_texts(connection, new) == mismatch_texts(connection, old) == ()
        with connection.cursor() as cursor:  # as the old code still does
            cursor.execute("INSERT INTO gallery_picture (title, note) VALUES ('Sunrise', '')")
        effects = analyze_plan([(second, False)], connection, between)
        assert "site 3 (acme-fr, running)" in decide(effects, fleet(new, new, old), [], [], now).text
        assert not decide(effects, fleet(new, new, new), [], [], now).refusals

        end = apply(connection, between, second)
        assert mismatch_texts(connection, declare_schema(end.apps)) == ()
        assert mismatch_texts(connection, old) == (then,)


def test_the_pages_acknowledgements_are_of_the_right_form() -> None:
    (source,) = blocks(TASKS / "acknowledge.md", "Acknowledgements")
    setting = ast.literal_eval(source.partition("=")[2].strip())
    setting["cms.*"]["distribution"] = "Django"  # installed here
    assert read_acknowledgements(setting)

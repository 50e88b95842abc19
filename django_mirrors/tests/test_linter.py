"""django-migration-linter beside the guard."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError
from django.db import connection

from django_mirrors.linter import lint_migration, lint_plan
from tests.small_app import migration

if TYPE_CHECKING:
    from tests.site import Site


def test_its_findings_are_printed_and_decide_nothing(released: Site) -> None:
    said = released.at(3).manage("mirrors_migrate", "--check")

    assert "django-migration-linter: gallery.0003_remove_picture_note: error DROP_COLUMN: DROPPING columns" in said


@pytest.mark.parametrize("error", [CommandError("several migrations"), ValueError("no SQL"), OSError("no source")])
def test_what_it_cannot_read_stops_no_one(error: Exception) -> None:
    def get_sql(*_: str) -> list[str]:
        raise error

    assert lint_migration(SimpleNamespace(get_sql=get_sql), migration("0002", [])) == (
        f"not analysed: {type(error).__name__}",
    )


def test_where_nothing_is_pending_it_is_not_asked() -> None:
    assert lint_plan([], connection) == ()

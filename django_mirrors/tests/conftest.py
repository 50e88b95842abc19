"""Whatever depends on the database runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import django
import pytest

from tests.databases import Database, postgresql_database, sqlite_database
from tests.operations.case import DOCUMENTED_VERSION
from tests.released import Templates

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.site import Site

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.project.settings"
django.setup()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what another version of Django has shown already."""
    if django.VERSION[:2] == DOCUMENTED_VERSION:
        return
    left_out = [item for item in items if item.get_closest_marker("once")]
    items[:] = [item for item in items if not item.get_closest_marker("once")]
    config.hook.pytest_deselected(items=left_out)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database."""
    with sqlite_database(tmp_path) if request.param == "sqlite" else postgresql_database() as made:
        yield made


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    """The same on SQLite alone, for what has nothing to do with the database."""
    with sqlite_database(tmp_path) as made:
        yield made


@pytest.fixture
def postgresql() -> Iterator[Database]:
    """The same on PostgreSQL alone, for what only it has."""
    with postgresql_database() as made:
        yield made


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Templates]:
    """Released once, copied often: a copy is there in a moment, a release takes seconds."""
    made = Templates(tmp_path_factory.mktemp("templates"))
    with made.stack:
        yield made


@pytest.fixture
def original(database: Database, templates: Templates) -> Site:
    """The original, released on the database of the test."""
    return templates.release(database)

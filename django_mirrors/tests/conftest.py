"""Fixtures: tests that depend on the database run on SQLite, and on real PostgreSQL and MariaDB servers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import django
import pytest

from tests.databases import KINDS, ONCE, Database, new_database
from tests.operations.case import DOCUMENTED_VERSION
from tests.released import Templates

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.site import Site

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.project.settings"
django.setup()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what only the newest version of Django has to run."""
    if django.VERSION[:2] == DOCUMENTED_VERSION:
        return
    left_out = [item for item in items if item.get_closest_marker("once") or (ONCE and _is_on_mariadb(item))]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


def _is_on_mariadb(item: pytest.Item) -> bool:
    """Return whether the test needs MariaDB, and is not one of the few that run there with each version."""
    parameters: dict[str, object] = getattr(getattr(item, "callspec", None), "params", {})
    uses = [*parameters.values(), *getattr(item, "fixturenames", ())]
    return "mariadb" in uses and not item.get_closest_marker("each_version")


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Yield an empty database."""
    with new_database(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    """Yield an empty SQLite database, for tests that do not depend on the kind of database."""
    with new_database("sqlite", tmp_path) as made:
        yield made


@pytest.fixture
def postgresql(tmp_path: Path) -> Iterator[Database]:
    """Yield an empty PostgreSQL database, for what only PostgreSQL has."""
    with new_database("postgresql", tmp_path) as made:
        yield made


@pytest.fixture
def mariadb(tmp_path: Path) -> Iterator[Database]:
    """Yield an empty MariaDB database, for what only MariaDB and MySQL have."""
    with new_database("mariadb", tmp_path) as made:
        yield made


@pytest.fixture(params=["postgresql", "mariadb"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Yield an empty database on a server, for what a file has not: sessions, roles and waits for a table."""
    with new_database(request.param, tmp_path) as made:
        yield made


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Templates]:
    """Return databases that were released once and are copied often: a release takes seconds, a copy almost no time."""
    made = Templates(tmp_path_factory.mktemp("templates"))
    with made.stack:
        yield made


@pytest.fixture
def original(database: Database, templates: Templates) -> Site:
    """Return the original, released on the test's database."""
    return templates.release(database)


@pytest.fixture
def released(sqlite: Database, templates: Templates) -> Site:
    """Return the original, released on SQLite, for tests that do not depend on the kind of database."""
    return templates.release(sqlite)

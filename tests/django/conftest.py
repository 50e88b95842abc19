"""Databases and sites. Whatever depends on the database runs on SQLite and on a real PostgreSQL."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from tests.django.acme import Acme
from tests.django.postgres import Postgres, running_postgres

NewDatabase = Callable[[], str]
NewFleet = Callable[[], Callable[[int], Acme]]
MEDIA = "shared media"  # with a blank, which the storage's DSN has to quote


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> NewDatabase:
    """Give the URL of a new database at each call, with the original released. That takes seconds, copying does not.

    In a copy the original is not registered: the companion app ignores what was copied with a database.
    """
    directory = tmp_path_factory.mktemp("sqlite")
    migrated, numbers = directory / "migrated.db", count(1)
    Acme(1, f"sqlite:///{migrated}", directory).release()
    return lambda: f"sqlite:///{shutil.copy(migrated, directory / f'{next(numbers)}.db')}"


@pytest.fixture(scope="session")
def postgresql_databases(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> NewDatabase:
    """Return the same on PostgreSQL."""
    numbers = count(1)
    Acme(1, postgres.create("migrated"), tmp_path_factory.mktemp("none")).release()
    return lambda: postgres.create(f"acme-{next(numbers)}", template="migrated")


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def new_fleet(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> NewFleet:
    """Make a database and a storage, and return a function from a SITE_ID to a site that uses both."""
    new_database: NewDatabase = request.getfixturevalue(f"{request.param}_databases")
    return lambda: partial(Acme, database_url=new_database(), media=tmp_path_factory.mktemp(MEDIA))


@pytest.fixture(scope="session")
def new_sqlite_fleet(sqlite_databases: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> NewFleet:
    """Yield the same on SQLite alone, for what has nothing to do with the database."""
    return lambda: partial(Acme, database_url=sqlite_databases(), media=tmp_path_factory.mktemp(MEDIA))


@dataclass(frozen=True)
class Serving:
    """A fleet of three: sites 1 to 3 and their addresses."""

    sites: dict[int, Acme]
    urls: dict[int, str]
    media: Path


@pytest.fixture(scope="session")
def fleet(new_fleet: NewFleet) -> Iterator[Serving]:
    """Yield three released sites with content and an administrator ``ada``, each served by a process of its own."""
    site = new_fleet()
    sites = {site_id: site(site_id) for site_id in (1, 2, 3)}
    for acme in sites.values():
        acme.release()
        acme.manage("demo_content")
    ada = Acme(1, sites[1].database_url, sites[1].media, {"DJANGO_SUPERUSER_PASSWORD": "countess"})
    ada.manage("createsuperuser", "--noinput", "--username=ada", "--email=ada@site-1.example")
    with ExitStack() as stack:
        urls = {site_id: stack.enter_context(acme.serving()) for site_id, acme in sites.items()}
        yield Serving(sites, urls, sites[1].media)

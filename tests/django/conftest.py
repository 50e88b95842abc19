"""Databases and sites. Every test with a database runs on SQLite and on a real PostgreSQL."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from tests.django.acme import Acme
from tests.django.postgres import Postgres, running_postgres

NewFleet = Callable[[], Callable[[int], Acme]]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def migrated_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    """Gives the URL of a new, migrated database at each call. Migrating takes seconds, copying does not."""
    directory = tmp_path_factory.mktemp(request.param)
    numbers = count(1)
    if request.param == "sqlite":
        Acme(1, f"sqlite:///{directory}/migrated.db", directory).manage("migrate", "--noinput")

        def copy() -> str:
            return f"sqlite:///{shutil.copy(directory / 'migrated.db', directory / f'{next(numbers)}.db')}"

        return copy
    server: Postgres = request.getfixturevalue("postgres")
    Acme(1, server.create("migrated"), directory).manage("migrate", "--noinput")
    return lambda: server.create(f"acme-{next(numbers)}", template="migrated")


@pytest.fixture(scope="session")
def new_fleet(migrated_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> NewFleet:
    """Makes a database and a storage, and gives a function from a SITE_ID to a site that uses both."""

    def make() -> Callable[[int], Acme]:
        url, media = migrated_database(), tmp_path_factory.mktemp("shared media")  # a blank, to be quoted in the DSN
        return lambda site_id: Acme(site_id, url, media)

    return make


@dataclass(frozen=True)
class Serving:
    """A fleet of three: sites 1 to 3 and their addresses."""

    sites: dict[int, Acme]
    urls: dict[int, str]
    media: Path


@pytest.fixture(scope="session")
def fleet(new_fleet: NewFleet) -> Iterator[Serving]:
    """Three released sites with content and an administrator ``ada``, each served by a process of its own."""
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

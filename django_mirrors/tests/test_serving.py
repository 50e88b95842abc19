"""What happens where a server loads, under real servers."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest
from django.test import override_settings

from django_mirrors.sharing import cache_warnings
from tests.databases import Database, postgresql_database
from tests.servers import GUARDED, GUNICORN, PLAIN, TIMEOUT, serving
from tests.site import Site, finish

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.released import Templates

ALL = [*GUARDED.values(), *PLAIN.values()]
NAMES = ["gunicorn-guarded", "uvicorn-guarded", "gunicorn-plain", "uvicorn-plain"]


@pytest.fixture(scope="module")
def fleet(templates: Templates) -> Iterator[Site]:
    """An original and the mirror acme-de, both released; gives the original."""
    with postgresql_database() as database:
        original = templates.release(database)
        mirror(original).manage("mirrors_migrate")
        yield original


def mirror(original: Site, **variables: str) -> Site:
    return Site(original.database, 2, "acme-de").having(**variables)


def states(database: Database) -> dict[int, str]:
    """The state of each site's one declaration."""
    rows = database.query("SELECT site_id, document FROM django_mirrors_registry WHERE kind = 'declaration'")
    return {site_id: json.loads(document)["state"] for site_id, document in rows}


def site_rows(database: Database) -> Sequence[tuple[object, ...]]:
    return database.query("SELECT id, domain, name FROM django_site ORDER BY id")


@pytest.mark.parametrize("command", ALL, ids=NAMES)
def test_a_server_confirms_its_release_when_its_answer_is_healthy(original: Site, command: Sequence[str]) -> None:
    assert states(original.database) == {1: "pending"}
    with serving(original, command) as server:
        assert server.get("/unhealthy/")[0] == 503, server.output
        assert states(original.database) == {1: "pending"}
        assert server.get() == (200, "site-1.example"), server.output
        assert states(original.database) == {1: "running"}


@pytest.mark.parametrize("command", GUARDED.values(), ids=GUARDED)
@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"MIRRORS_APPLICATION": "acme-fr"}, "SITE_ID is 2, which belongs to acme-de"),
        ({"SITE_ID": "1"}, "SITE_ID is 1, which belongs to the original"),
        ({"SITE_ID": "3"}, "acme-de is registered as site 2, but its SITE_ID is 3"),
        ({"DOMAIN": "site-1.example"}, "DOMAIN site-1.example belongs to site 1 (the original)"),
        ({"SITE_ID": ""}, "MIRRORS_APPLICATION is acme-de, so this is a mirror, but there is no SITE_ID"),
    ],
)
def test_a_server_that_would_be_another_site_does_not_start(
    fleet: Site, command: Sequence[str], variables: dict[str, str], reason: str
) -> None:
    before = site_rows(fleet.database), states(fleet.database)
    code, output = finish(mirror(fleet, **variables).start(*command))
    assert code != 0
    assert reason in output
    assert (site_rows(fleet.database), states(fleet.database)) == before


@pytest.mark.parametrize("command", PLAIN.values(), ids=PLAIN)
def test_with_the_middleware_alone_it_serves_nothing_and_its_log_says_why(fleet: Site, command: Sequence[str]) -> None:
    before = site_rows(fleet.database), states(fleet.database)
    with serving(mirror(fleet, MIRRORS_APPLICATION="acme-fr"), command) as server:
        status, body = server.get()
        assert status == 503
        assert "acme" not in body
    assert "This process refuses to serve. SITE_ID is 2, which belongs to acme-de" in server.output
    assert (site_rows(fleet.database), states(fleet.database)) == before


@pytest.mark.parametrize("variables", [{"DEBUG": "1"}, {"STAGE": "local"}, {"MIRRORS_ENFORCE": "False"}])
def test_where_nothing_is_enforced_it_says_so_and_serves(sqlite: Database, variables: dict[str, str]) -> None:
    original = Site(sqlite).having(**variables)
    original.manage("mirrors_migrate")
    before = site_rows(sqlite), states(sqlite)
    with serving(mirror(original, SITE_ID="1", **variables), PLAIN["gunicorn"]) as server:
        assert server.get()[0] == 200
    assert "SITE_ID is 1, which belongs to the original" in server.output
    assert (site_rows(sqlite), states(sqlite)) == before


def test_an_original_without_a_site_id_serves_as_site_1(fleet: Site) -> None:
    with serving(Site(fleet.database, None).having(DOMAIN="site-1.example"), GUARDED["gunicorn"]) as server:
        assert server.get()[0] == 200


def test_a_changed_domain_of_the_same_application_serves(fleet: Site) -> None:
    before = site_rows(fleet.database)
    with serving(mirror(fleet, DOMAIN="new.example"), GUARDED["gunicorn"]) as server:
        assert server.get()[0] == 200
    assert site_rows(fleet.database) == before


def test_workers_that_a_preloaded_server_forks_share_no_connection(fleet: Site) -> None:
    with serving(mirror(fleet), (*GUNICORN, "--preload", "--workers", "3", "tests.project.wsgi")) as server:
        assert {server.get() for _ in range(12)} == {(200, "site-1.example, site-2.example")}


@pytest.mark.parametrize("command", [GUARDED["gunicorn"], PLAIN["uvicorn"]], ids=["gunicorn-guarded", "uvicorn-plain"])
def test_a_database_that_does_not_answer_yet_is_asked_again(tmp_path: Path, command: Sequence[str]) -> None:
    later = Site(Database(f"sqlite:///{tmp_path / 'later' / 'shared.db'}"))
    with serving(later, command) as server:
        assert server.get()[0] == 503
        (tmp_path / "later").mkdir()
        later.manage("mirrors_migrate")
        deadline = time.monotonic() + TIMEOUT
        while server.get()[0] == 503:
            assert time.monotonic() < deadline, server.output
            time.sleep(0.2)
        assert server.get() == (200, "site-1.example")
    assert "The registry of sites cannot be read (OperationalError)" in server.output


def test_a_server_registers_where_the_release_command_is_still_migrate(database: Database) -> None:
    original = Site(database)
    original.manage("migrate")
    with serving(original, GUARDED["uvicorn"]) as server:
        assert server.get()[0] == 200
    assert states(database) == {1: "running"}


def test_entries_that_came_with_a_copy_of_the_database_are_mentioned(original: Site) -> None:
    with serving(original.having(STAGE="live"), GUARDED["gunicorn"]) as server:
        assert server.get()[0] == 200
    assert "entries of STAGE test" in server.output


@pytest.mark.parametrize(("prefix", "warned"), [("", True), ("site-12", True), ("site-2", False)])
def test_a_shared_cache_without_the_site_id_in_its_keys_is_a_warning(
    fleet: Site, tmp_path: Path, prefix: str, warned: bool
) -> None:
    with serving(mirror(fleet, CACHE=str(tmp_path), CACHE_PREFIX=prefix), GUARDED["gunicorn"]) as server:
        assert server.get()[0] == 200
    assert ("Set CACHES['default']['KEY_PREFIX'] = f'site-{SITE_ID}'" in server.output) is warned


@pytest.mark.parametrize(("engine", "told"), [("cache", True), ("cached_db", True), ("db", False)])
def test_sessions_in_such_a_cache_are_mentioned(engine: str, told: bool) -> None:
    with override_settings(
        CACHES={"default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": "/none"}},
        SESSION_ENGINE=f"django.contrib.sessions.backends.{engine}",
    ):
        [warning] = cache_warnings(2)
    assert ("the sessions in it included" in warning) is told


def test_a_role_that_may_not_make_the_registry_serves_and_its_log_says_so(
    postgresql: Database, templates: Templates
) -> None:
    original = templates.release(postgresql)
    postgresql.query("DROP TABLE django_mirrors_registry")
    with reader(postgresql) as url, serving(Site(Database(url)), GUARDED["gunicorn"]) as server:
        assert server.get() == (200, "site-1.example"), server.output
        assert server.get()[0] == 200
    assert server.output.count("this role may not make it: serving, unregistered") == 1, server.output
    assert "Traceback" not in server.output
    original.manage("mirrors_migrate")


@contextmanager
def reader(database: Database) -> Iterator[str]:
    """The URL of the database for a role that may read its tables and make none."""
    role = f"reader_{uuid4().hex}"
    statements = (
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"CREATE ROLE {role} LOGIN PASSWORD '{role}'",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}",
    )
    for statement in statements:
        database.query(statement)
    address = urlsplit(database.url)
    try:
        yield urlunsplit(address._replace(netloc=f"{role}:{role}@{address.hostname}:{address.port}"))
    finally:
        database.query(f"DROP OWNED BY {role}")
        database.query(f"DROP ROLE {role}")


@pytest.mark.parametrize("command", ALL, ids=NAMES)
def test_the_status_endpoint_says_which_site_runs_and_no_secret(fleet: Site, command: Sequence[str]) -> None:
    with serving(mirror(fleet, MIRRORS_STATUS="1"), command) as server:
        status, body = server.get("/.well-known/mirrors.json")
    assert status == 200
    document = json.loads(body)
    assert (document["site_id"], document["application"], document["stage"]) == (2, "acme-de", "test")
    assert document["pending_migrations"] == []
    by_id = {site["site_id"]: site for site in document["registry"]}
    assert by_id[1]["application"] == "the original"
    assert document["fingerprint"] in {release["fingerprint"] for release in by_id[2]["releases"]}
    assert "password" not in body
    assert "127.0.0.1" not in body


def test_the_status_endpoint_is_off_unless_enabled(fleet: Site) -> None:
    with serving(mirror(fleet), GUARDED["gunicorn"]) as server:
        assert server.get("/.well-known/mirrors.json")[0] == 404


@pytest.mark.parametrize(
    "command",
    [
        ["collectstatic", "--noinput"],
        ["check"],
        ["shell", "-c", "import tests.project.wsgi, tests.project.asgi"],
        ["shell", "-c", "import django.test; django.test.Client().get('/.well-known/none')"],
    ],
)
def test_no_command_asks_the_registry_anything(tmp_path: Path, command: list[str]) -> None:
    nowhere = Site(Database(f"sqlite:///{tmp_path / 'nowhere' / 'shared.db'}"))
    output = nowhere.having(STATIC_ROOT=str(tmp_path / "static")).manage(*command)
    assert "registry" not in output
    assert not (tmp_path / "nowhere").exists()

"""The start of a server, under real servers."""

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

from django_mirrors.conf import CurrentSite
from django_mirrors.registry import REGISTERED, RegisteredSite
from django_mirrors.shared_caches import cache_digests, cache_warnings
from tests.databases import Database, new_database
from tests.servers import GUARDED, GUNICORN, PLAIN, TIMEOUT, serving
from tests.site import Site, finish

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.released import Templates

ALL = [*GUARDED.values(), *PLAIN.values()]
NAMES = ["gunicorn-guarded", "uvicorn-guarded", "gunicorn-plain", "uvicorn-plain"]


@pytest.fixture(scope="module")
def fleet(templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Return an original with the released mirror acme-de."""
    with new_database("postgresql", tmp_path_factory.mktemp("fleet")) as database:
        original = templates.release(database)
        mirror(original).manage("mirrors_migrate")
        yield original


def mirror(original: Site, **variables: str) -> Site:
    return Site(original.database, 2, "acme-de").having(**variables)


def states(database: Database) -> dict[int, str]:
    """Return the state of each site's one declaration."""
    rows = database.query("SELECT site_id, document FROM django_mirrors_registry WHERE kind = 'declaration'")
    return {site_id: json.loads(document)["state"] for site_id, document in rows}


def site_rows(database: Database) -> Sequence[tuple[object, ...]]:
    return database.query("SELECT id, domain, name FROM django_site ORDER BY id")


@pytest.mark.parametrize("command", ALL, ids=NAMES)
def test_a_server_confirms_its_release_when_its_answer_is_healthy(released: Site, command: Sequence[str]) -> None:
    assert states(released.database) == {1: "pending"}
    with serving(released, command) as server:
        assert server.get("/unhealthy/")[0] == 503, server.output
        assert states(released.database) == {1: "pending"}
        assert server.get() == (200, "site-1.example"), server.output
        assert states(released.database) == {1: "running"}


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


@pytest.mark.parametrize("command", GUARDED.values(), ids=GUARDED)
def test_a_server_on_a_row_of_the_sites_admin_does_not_start_until_it_is_given(
    sqlite: Database, templates: Templates, command: Sequence[str]
) -> None:
    """The same holds if the release command is still migrate, which checks nothing."""
    original = templates.release(sqlite)
    sqlite.query("INSERT INTO django_site (id, domain, name) VALUES (7, 'later.example', 'Later')")
    new = Site(sqlite, 7, "acme-new")
    code, output = finish(new.start(*command))
    assert code != 0
    assert "Site row 7 is later.example (not registered), and this process is acme-new" in output
    assert states(sqlite) == {1: "pending"}
    original.manage("mirrors_take_over", "7", "--name", "later.example")
    with serving(new, command) as server:
        assert server.get()[0] == 200
    assert site_rows(sqlite)[1][:2] == (7, "later.example"), "a release renames it, and no server"


@pytest.mark.parametrize("command", [GUARDED["gunicorn"], PLAIN["uvicorn"]], ids=["gunicorn-guarded", "uvicorn-plain"])
def test_a_mirror_whose_release_command_is_plain_migrate_says_that_its_row_is_missing(
    sqlite: Database, command: Sequence[str]
) -> None:
    original = Site(sqlite)
    original.manage("migrate")
    german = mirror(original)
    german.manage("migrate")
    with serving(german, command) as server:
        assert server.get("/current/")[0] == 500
    assert "matching query does not exist" in server.output
    assert "Site 2 (acme-de) has no row in django_site" in server.output
    assert "Make 'python manage.py mirrors_migrate' the release command" in server.output
    german.manage("mirrors_migrate")
    with serving(german, command) as server:
        assert server.get("/current/") == (200, "site-2.example")
    assert "no row" not in server.output


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"SITE_ID": "0"}, "SITE_ID is 0, and ids begin at 1"),
        ({"SITE_ID_AS": "none"}, "The environment has SITE_ID 2, but the settings have none"),
        ({"SITE_ID_AS": "1"}, "The environment has SITE_ID '2', but the settings have 1"),
    ],
)
def test_a_mirror_whose_django_would_go_by_something_else_does_not_start(
    fleet: Site, variables: dict[str, str], reason: str
) -> None:
    code, output = finish(mirror(fleet, **variables).start(*GUARDED["gunicorn"]))
    assert code != 0
    assert reason in output


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"SITE_ID_AS": "none"}, "The environment has SITE_ID 1, but the settings have none"),
        ({"SITE_ID_AS": "text"}, "SITE_ID is the text '1' in the settings"),
        ({"DOMAIN": "https://site-1.example/"}, "DOMAIN is 'https://site-1.example/', and takes one host name"),
    ],
)
def test_what_is_odd_and_does_no_harm_is_mentioned(fleet: Site, variables: dict[str, str], said: str) -> None:
    with serving(fleet.having(**variables), GUARDED["gunicorn"]) as server:
        assert server.get()[0] == 200
    assert said in server.output


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
    assert "Mirrors cannot read the registry of sites (OperationalError)" in server.output


def test_a_server_registers_where_the_release_command_is_still_migrate(database: Database) -> None:
    original = Site(database)
    original.manage("migrate")
    with serving(original, GUARDED["uvicorn"]) as server:
        assert server.get()[0] == 200
    assert states(database) == {1: "running"}


def test_entries_that_came_with_a_copy_of_the_database_are_mentioned(released: Site) -> None:
    with serving(released.having(STAGE="live"), GUARDED["gunicorn"]) as server:
        assert server.get()[0] == 200
    assert "entries of STAGE test" in server.output


CACHES = {
    "the same keys": ({}, {}, True),
    "a constant prefix that holds the id": ({"CACHE_PREFIX": "v2"}, {"CACHE_PREFIX": "v2"}, True),
    "the SITE_ID": ({"CACHE_PREFIX": "site-1"}, {"CACHE_PREFIX": "site-2"}, False),
    "the application, which the original has none of": ({}, {"CACHE_PREFIX": "acme-de"}, False),
    "the domain": ({"CACHE_PREFIX": "site-1.example"}, {"CACHE_PREFIX": "site-2.example"}, False),
    "the version": ({"CACHE_VERSION": "1"}, {"CACHE_VERSION": "2"}, False),
    "a function": ({"CACHE_FUNCTION": "1"}, {"CACHE_FUNCTION": "1"}, False),
    "the place": ({}, {"CACHE": "elsewhere"}, False),
}


@pytest.mark.parametrize(("of_original", "of_mirror", "warned"), CACHES.values(), ids=CACHES)
def test_a_cache_is_mentioned_where_two_sites_have_its_keys_in_one_place(
    sqlite: Database,
    templates: Templates,
    tmp_path: Path,
    of_original: dict[str, str],
    of_mirror: dict[str, str],
    warned: bool,
) -> None:
    original = templates.release(sqlite).having(CACHE=str(tmp_path), **of_original)
    german = mirror(original, **{"CACHE": str(tmp_path), **of_mirror})
    german.manage("mirrors_migrate")
    with serving(original, GUARDED["gunicorn"]) as first:
        assert first.get()[0] == 200
    with serving(german, GUARDED["gunicorn"]) as second:
        assert second.get()[0] == 200
    assert "cache" not in first.output
    said = "The cache 'default' of site 2 (acme-de) has the same place and keys as that of site 1 (the original)"
    assert (said in second.output) is warned, second.output


@pytest.mark.parametrize(("engine", "mentioned"), [("cache", True), ("cached_db", True), ("db", False)])
def test_sessions_in_such_a_cache_are_mentioned(engine: str, mentioned: bool) -> None:
    with override_settings(
        CACHES={"default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": "/none"}},
        SESSION_ENGINE=f"django.contrib.sessions.backends.{engine}",
    ):
        keys = cache_digests()
        [warning] = cache_warnings(
            CurrentSite(2, "acme-de", "test", ""), [RegisteredSite(1, "acme", "", REGISTERED, keys)]
        )
    assert ("including sessions" in warning) is mentioned


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("redis://ada:countess@cache:6379/1", "redis://eve:other@cache:6379/1", True),
        ("redis://cache:6379?password=countess&db=1", "redis://cache:6379?password=other&db=1", True),
        ("redis://cache:6379?db=1", "redis://cache:6379?db=2", False),
        ("redis://cache:6379/1", "redis://cache:6379/2", False),
        (["redis://one", "redis://two"], ["redis://one", "redis://three"], False),
    ],
)
def test_where_a_cache_is_does_not_depend_on_its_password(one: object, other: object, same: bool) -> None:
    places = []
    for location in (one, other):
        backend = "django.core.cache.backends.redis.RedisCache"
        with override_settings(CACHES={"default": {"BACKEND": backend, "LOCATION": location}}):
            places.append(cache_digests()["default"])
    assert (places[0] == places[1]) is same


def test_a_role_that_may_not_make_the_registry_serves_and_its_log_says_so(
    postgresql: Database, templates: Templates
) -> None:
    original = templates.release(postgresql)
    postgresql.query("DROP TABLE django_mirrors_registry")
    with reader(postgresql) as url, serving(Site(Database(url)), GUARDED["gunicorn"]) as server:
        assert server.get() == (200, "site-1.example"), server.output
        assert server.get()[0] == 200
    assert server.output.count("this database role may not create it: this process serves unregistered") == 1, (
        server.output
    )
    assert "Traceback" not in server.output
    original.manage("mirrors_migrate")


@contextmanager
def reader(database: Database) -> Iterator[str]:
    """Return the database's URL for a role that may read its tables and create none."""
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
def test_the_status_endpoint_shows_this_site_and_nothing_of_the_others(fleet: Site, command: Sequence[str]) -> None:
    with serving(mirror(fleet, MIRRORS_STATUS="1").at(2), command) as server:
        status, body = server.get("/.well-known/mirrors.json")
    assert status == 200
    document = json.loads(body)
    assert {*document} == {
        "version",
        "site_id",
        "application",
        "stage",
        "database",
        "fingerprint",
        "pending_migrations",
    }
    assert (document["site_id"], document["application"], document["stage"]) == (2, "acme-de", "test")
    assert document["pending_migrations"] == 1
    for of_others in ("the original", "site-1", "gallery", "password", "127.0.0.1"):
        assert of_others not in body


def test_the_status_endpoint_shows_the_fleet_where_the_setting_says_so(fleet: Site) -> None:
    with serving(mirror(fleet, MIRRORS_STATUS="fleet").at(2), GUARDED["gunicorn"]) as server:
        document = json.loads(server.get("/.well-known/mirrors.json")[1])
    shown = document["fleet"]
    assert shown["pending_migrations"] == ["gallery.0002_picture_caption"]
    by_id = {site["site_id"]: site for site in shown["sites"]}
    assert (by_id[1]["application"], by_id[1]["domain"]) == ("the original", "site-1.example")
    assert {release["state"] for release in by_id[2]["releases"]} <= {"pending", "running"}


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

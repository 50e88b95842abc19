"""Held against the libraries themselves: two DSNs have one identity exactly where they are one connection."""

import contextlib
import importlib
import posixpath
import sys
import warnings
from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import combinations
from types import ModuleType
from typing import Any
from urllib.parse import quote, urlsplit

import dj_database_url
import django.conf
import environ  # type: ignore[import-untyped]
import furl  # type: ignore[import-untyped]
import psycopg
import pymysql
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db.utils import ConnectionHandler, load_backend
from django.utils.functional import empty
from django_mirrors.database_identity import database_identity
from hypothesis import given
from hypothesis import strategies as st
from psycopg._conninfo_utils import split_attempts
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from mirrors.planning.rollout.serving_identity import digest_database
from mirrors.planning.variables.dsn import identify_service, normalize_identity, read_service
from tests.search import searching

Place = tuple[Any, ...]
"""The place that a library connects to; the last part is true where something outside of the DSN decides that."""

PASSWORD = "hunter22"
SEARCH_PATHS = {
    "": "",
    "-csearch_path=a": "a",
    "-c search_path=a": "a",
    "-c search_path=b": "b",
    "--search-path=A -c statement_timeout=5": "a",
    "-c search_path=a -c search_path=b": "b",
    "-c statement_timeout=5": "",
}
"""PostgreSQL's reading of command-line options: ``tests/django/test_search_paths.py`` asks the server."""

REFUSED = (ValueError, KeyError, IndexError, TypeError, AttributeError, ImproperlyConfigured, psycopg.Error)
"""Exceptions that the libraries and drivers raise for a DSN that they cannot use."""


@pytest.fixture(scope="module", autouse=True)
def django_settings() -> Iterator[None]:
    """Django's backends ask for settings. Other tests of this process begin without."""
    before = vars(django.conf.settings)["_wrapped"]
    vars(django.conf.settings)["_wrapped"] = empty
    django.conf.settings.configure(USE_TZ=True)
    yield
    vars(django.conf.settings)["_wrapped"] = before


def one_of(*items: str) -> st.SearchStrategy[str]:
    return st.sampled_from(items)


def queries(*parts: str) -> st.SearchStrategy[str]:
    several = st.lists(one_of(*parts), max_size=3, unique_by=lambda part: part.split("=")[0])
    return several.map(lambda found: f"?{'&'.join(found)}" if found else "")


def urls(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    """Several that differ in little, so that many of them are one place."""
    return st.lists(st.tuples(*parts).map("".join), min_size=2, max_size=6)


POSTGRES = urls(
    one_of("postgres", "postgresql", "postgis", "pgsql", "psql", "timescale", "redshift", "cockroach"),
    one_of("://", f"://u:{PASSWORD}@", f"://w:{PASSWORD}%23@", f"://u:{PASSWORD}#@"),
    one_of("h1", "h1", "H1.", "h2", "h1,h2", "h2,h1", "10.0.0.1", "[::1]", "[0:0:0:0:0:0:0:1]", "%2Frun%2Fa", "")
    | one_of("h1:1,h2", "h1,h2:2"),
    one_of("", "", ":5432", ":5433"),
    one_of("/a", "/a", "/b", "/a%20b", "/a+b", "/a/", "//run/a/a", "/a%2Cb", "/%61"),
    queries(
        "sslmode=require", "user=x", "host=h1", "host=h2", "host=/run/a", "host=/run/B", "port=5432", "port=5433",
        "hostaddr=10.0.0.1", "dbname=a", "dbname=b", "dbname=True", "service=s", "currentSchema=a", "connect_timeout=3",
        *(f"options={quote(text)}" for text in SEARCH_PATHS if text),
    ),
)  # fmt: skip

MYSQL = urls(
    one_of("mysql", "mysql2", "mysqlgis", "mysql-connector"),
    one_of("://", f"://u:{PASSWORD}@", f"://w:{PASSWORD}@"),
    one_of("h1", "h1", "H1.", "h2", "[::1]", "%2Frun%2Fa", "", "localhost"),
    one_of("", "", ":3306", ":3307"),
    one_of("/a", "/a", "/b", "/a%20b", "/a+b", ""),
    queries(
        "ssl-ca=x", "host=h1", "port=3306", "port=3307", "database=a", "database=b", "unix_socket=/run/a", "user=x"
    ),
)

SQLITE = urls(
    one_of("sqlite", "spatialite"),
    one_of("://", "://h"),
    one_of(
        "/a",
        "//data/a",
        "//data/a",
        "//data//a",
        "///data/a",
        "//data/%61",
        "//data/a%20b",
        "//data/./a",
        "//data/a+b",
        "/",
    ),
    queries("timeout=20", "database=/data/a"),
)

S3 = urls(
    one_of("s3://", f"s3://K:{PASSWORD}@", f"s3://L:{PASSWORD}@"),
    one_of("a", "a", "A", "b", "a.b"),
    one_of(
        ".s3.amazonaws.com", ".s3.eu-central-1.amazonaws.com", ".s3-eu-west-1.amazonaws.com",
        ".s3.dualstack.x.amazonaws.com", ".s3-fips.us-east-1.amazonaws.com", ".s3-control.us-east-1.amazonaws.com",
        ".sos-ch-gva-2.exo.io", ".sos-de-fra-1.exo.io", ".s3.x.example.com", ".example.com", "",
    ),
    one_of("", "", ":443", ":9000"),
    one_of("", "/", "/x", "/x/", "/x%20y", "/x y", "/%78", "/x%2Fy", "/x/y", "/x%zz y", "/x%257E", "/x~"),
    queries("auth=s3v4", "domain=cdn.example.com", "region_name=x"),
)  # fmt: skip

AZURE = urls(
    one_of(f"az://one:{PASSWORD}@", f"az://two:{PASSWORD}@", "az://one:c2lnPWFiYw@", f"az://%6fne:{PASSWORD}@"),
    one_of("blob.core.windows.net", "blob.core.windows.net", "example.com"),
    one_of("/media", "/media/", "/other", "/%6Dedia", "/me%20dia", ""),
    queries("url=https%3A%2F%2Fcdn.example.com%2F", "domain=x"),
)

FILES = urls(
    one_of("file://", "file://h"),
    one_of(
        "/data/a", "/data/a/", "/data//a", "/data/b/../a", "/data/a b", "/data/a%20b", "/data/%61", "/data/a%2Cb", "/"
    ),
    queries("url=%2Fmedia%2F", "secret=x"),
)


def configured(dsn: str) -> Iterator[dict[str, Any]]:
    """Yield an entry of ``DATABASES`` with Django's defaults, for each library that can read the DSN."""
    readers: list[tuple[Any, Callable[[str], Any]]] = [
        (dj_database_url.ENGINE_SCHEMES, dj_database_url.parse),
        (environ.Env.DB_SCHEMES, environ.Env.db_url_config),
    ]
    for schemes, read in readers:
        if urlsplit(dsn).scheme in schemes:
            with contextlib.suppress(*REFUSED), warnings.catch_warnings(action="ignore"):
                yield ConnectionHandler({"default": read(dsn)}).settings["default"]


def connected(dsn: str, connect: Callable[[dict[str, Any]], Place]) -> list[Place]:
    found = []
    for entry in configured(dsn):
        with contextlib.suppress(*REFUSED):
            found.append(connect(entry))
    return found


def host_of(text: str) -> str:
    """Return the host as names are looked up; a name that has a percent sign or a bracket is never found."""
    if set("%[") & {*text}:
        raise ValueError(text)
    return text if text.startswith("/") else text.lower().rstrip(".").replace("0:0:0:0:0:0:0:1", "::1")


def postgres_place(entry: dict[str, Any]) -> Place:
    """Return what Django gives to psycopg, and psycopg to libpq; which host it is as libpq's own list has it."""
    given = load_backend("django.db.backends.postgresql").DatabaseWrapper(entry).get_connection_params()
    for name in ("client_encoding", "cursor_factory", "context", "prepare_threshold"):
        given.pop(name)
    params = conninfo_to_dict(make_conninfo("", **given))
    servers = {
        (host_of(str(item.get("hostaddr") or item.get("host") or "")), int(item.get("port") or 5432))
        for item in split_attempts(params)
    }
    if str(params.get("dbname")).startswith("/"):  # no one calls one so; to django-environ it is a socket's directory
        raise ValueError
    schema = SEARCH_PATHS[str(params.get("options", ""))]
    return (
        frozenset(servers),
        params.get("dbname"),
        schema,
        bool(params.get("service")) or not all(h for h, _ in servers),
    )


def mysql_backend(entry: dict[str, Any]) -> Any:
    pymysql.install_as_MySQLdb()
    return load_backend("django.db.backends.mysql").DatabaseWrapper(entry)


def mysql_place(entry: dict[str, Any]) -> Place:
    given = mysql_backend(entry).get_connection_params()
    host, socket = host_of(str(given.get("host", ""))), str(given.get("unix_socket", ""))
    both = bool(socket) and host not in ("", "localhost")  # drivers differ in which one they take
    server = (socket, None) if socket and not both else (host, given.get("port", 3306))
    return frozenset({server}), str(given.get("database", "")), socket if both else "", both or not server[0]


def sqlite_place(entry: dict[str, Any]) -> Place:
    given = load_backend("django.db.backends.sqlite3").DatabaseWrapper(entry).get_connection_params()
    if given["database"] == ":memory:":
        raise ValueError
    return posixpath.normpath(given["database"]).replace("//", "/"), False


class Backend:
    """In the place of a class of django-storages: it keeps what it is given."""

    def __init__(self, **given: Any) -> None:
        self.__dict__.update(given)


@pytest.fixture(scope="module")
def storages() -> Iterator[ModuleType]:
    """django-storage-url's backends.

    The SDKs of Amazon and Azure below django-storages stay away: what its classes are given is what decides.
    """
    above = {"s3boto3": ["S3Boto3Storage"], "azure_storage": ["AzureStorage", "AzureStorageFile"]}
    modules = {f"storages.backends.{name}": ModuleType(name) for name in above}
    for module, classes in zip(modules.values(), above.values(), strict=True):
        for name in classes:
            setattr(module, name, type(name, (Backend,), {}))
    assert not {*modules} & {*sys.modules}
    sys.modules.update(modules)
    parent = importlib.import_module("storages.backends")
    for module in modules.values():
        setattr(parent, module.__name__, module)
    yield importlib.import_module("django_storage_url")
    for name, module in modules.items():
        del sys.modules[name]
        delattr(parent, module.__name__)
    for name in ("az", "s3"):
        del sys.modules[f"django_storage_url.backends.{name}"]


def stored(storages: ModuleType, dsn: str, place: Callable[[Any], Place]) -> list[Place]:
    with contextlib.suppress(*REFUSED):
        return [place(storages.get_storage(dsn))]
    return []


def s3_place(storage: Any) -> Place:
    """In AWS a bucket's name is given once, whatever its region."""
    endpoint = furl.furl(storage.endpoint_url).host
    endpoint = "AWS" if endpoint.startswith("s3") and endpoint.endswith(".amazonaws.com") else endpoint
    return endpoint, storage.bucket_name, storage.location.strip("/"), False


def azure_place(storage: Any) -> Place:
    """django-storages 1.14.6 connects to ``ACCOUNT.blob.core.windows.net``, whatever the host of the DSN is."""
    return storage.account_name, storage.azure_container, False


def file_place(storage: Any) -> Place:
    return storage.location, False


def agree(dsns: list[str], places: Callable[[str], list[Place]]) -> None:
    """The rule of this page. ``places``: where each of the libraries that can read the DSN connects."""
    found = {dsn: {*places(dsn)} for dsn in dsns}
    services = {dsn: read_service(dsn) for dsn in dsns}
    comparable = {dsn for dsn, service in services.items() if service and service.comparable}
    assert comparable == {dsn for dsn in dsns if len(found[dsn]) == 1 and not any(place[-1] for place in found[dsn])}
    for one, other in combinations(sorted(comparable), 2):
        assert (services[one] == services[other]) == (found[one] == found[other]), (one, other)
    for dsn, service in services.items():
        text = identify_service(dsn)
        assert service is None or (read_service(text) == service and normalize_identity(text) == text)
        assert PASSWORD not in text
        assert not {*", "} & {*text}


def with_a_server(places: list[Place]) -> list[Place]:
    """One that names a server counts before one that names none."""
    return [place for place in places if any(host for host, _ in place[0])] or places


@searching(150)
@given(POSTGRES)
def test_postgresql(dsns: list[str]) -> None:
    agree(dsns, lambda dsn: with_a_server(connected(dsn, postgres_place)))


@searching(150)
@given(MYSQL)
def test_mysql(dsns: list[str]) -> None:
    agree(dsns, lambda dsn: with_a_server(connected(dsn, mysql_place)))


def shown(entry: dict[str, Any]) -> Place:
    """Return what the companion app shows of the database that a site with this entry uses."""
    if entry["ENGINE"].endswith(("mysql", "mysql.connector.django")):
        mysql_place(entry)
        connection = mysql_backend(entry)
    elif entry["ENGINE"].endswith(("sqlite3", "spatialite")):
        sqlite_place(entry)
        connection = load_backend("django.db.backends.sqlite3").DatabaseWrapper(entry)
    else:
        postgres_place(entry)
        connection = load_backend("django.db.backends.postgresql").DatabaseWrapper(entry)
    return sha256(database_identity(connection).encode()).hexdigest()[:16], False


@searching(200)
@given(POSTGRES | MYSQL | SQLITE)
def test_the_companion_app_shows_the_database_that_mirrors_declares(dsns: list[str]) -> None:
    for dsn in dsns:
        declared = digest_database(dsn)
        assert declared is None or (declared, False) in connected(dsn, shown)


@searching(150)
@given(SQLITE)
def test_sqlite(dsns: list[str]) -> None:
    agree(dsns, lambda dsn: connected(dsn, sqlite_place))


@searching(150)
@given(S3)
def test_s3(storages: ModuleType, dsns: list[str]) -> None:
    agree(dsns, lambda dsn: stored(storages, dsn, s3_place))


@searching(150)
@given(AZURE)
def test_azure(storages: ModuleType, dsns: list[str]) -> None:
    agree(dsns, lambda dsn: stored(storages, dsn, azure_place))


@searching(150)
@given(FILES)
def test_files(storages: ModuleType, dsns: list[str]) -> None:
    agree(dsns, lambda dsn: stored(storages, dsn, file_place))

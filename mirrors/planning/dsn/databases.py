"""How dj-database-url 3.1.2 and django-environ 0.14 read a database's DSN, and what Django's backends make of it."""

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import SplitResult, parse_qs, unquote, unquote_plus

from mirrors.planning.dsn.libpq import postgres
from mirrors.planning.dsn.service import PORTS, Server, Service, server

_DJ_DATABASE_URL = {
    "postgres": "cockroach pgsql postgis postgres postgresql redshift timescale timescalegis",
    "mysql": "mysql mysql-connector mysql2 mysqlgis",
    "sqlite": "spatialite sqlite",
    "oracle": "oracle oraclegis",
    "mssql": "mssql mssqlms",
}
_DJANGO_ENVIRON = {
    "postgres": "cockroachdb pgsql postgis postgres postgresql prometheus_postgis prometheus_postgresql psql redshift",
    "mysql": "mysql mysql-connector mysql2 mysqlgis prometheus_mysql",
    "sqlite": "prometheus_spatialite prometheus_sqlite spatialite sqlite",
    "oracle": "oracle",
    "mssql": "mssql pyodbc",
}
_CLUSTERS = frozenset(
    {"pgsql", "postgis", "postgres", "postgresql", "prometheus_postgis", "prometheus_postgresql", "psql"}
)
"""Schemes whose lists of hosts, and whose sockets in the path, django-environ reads."""


def _by_scheme(schemes: Mapping[str, str]) -> dict[str, str]:
    return {scheme: kind for kind, names in schemes.items() for scheme in names.split()}


@dataclass(frozen=True, slots=True)
class Settings:
    """One entry of Django's ``DATABASES``. An option is as psycopg and the drivers get it, written as text."""

    kind: str
    host: str
    port: str
    name: str
    options: Mapping[str, str]


Read = Callable[[SplitResult, str], Settings]


def database_of(parts: SplitResult) -> Service | None:
    """The database of a DSN; None where it has none of a database's schemes.

    Raises ValueError where neither library can read it, or they read it as two places.
    """
    scheme = parts.scheme
    readers: list[tuple[Read, str]] = [
        (read, kinds[scheme])
        for read, kinds in ((_dj_database_url, DJ_DATABASE_URL), (_django_environ, DJANGO_ENVIRON))
        if scheme in kinds
    ]
    return _agreed([*_read(parts, readers)]) if readers else None


def _read(parts: SplitResult, readers: list[tuple[Read, str]]) -> Iterator[Service]:
    for read, kind in readers:
        try:
            found = _BACKENDS[kind](read(parts, kind))
        except ValueError:
            continue
        if not any(set("[%") & set(item.host) for item in found.servers):  # no name of a host, so nobody gets there
            yield found


def _agreed(found: list[Service]) -> Service:
    """One that names a server counts before one that names none."""
    places = {item for item in found if any(server.host for server in item.servers)} or {*found}
    [place] = places
    return place


def _dj_database_url(parts: SplitResult, kind: str) -> Settings:
    options = {key: _dj_value(*values) for key, values in parse_qs(parts.query).items()}
    schema = options.pop("currentSchema", "") if kind == "postgres" else ""
    if schema not in ("", "0", "False"):
        options["options"] = f"-c search_path={schema}"
    host = unquote(parts.hostname or "")
    return Settings(kind, host, str(parts.port or ""), unquote(parts.path[1:]), options)


def _dj_value(value: str, *more: str) -> str:
    """Numbers and truth values lose their spelling. Raises ValueError for a list, which no driver takes."""
    if more:
        raise ValueError
    if value.isdigit():
        return str(int(value))
    return value.capitalize() if value.lower() in ("true", "false") else value


def _django_environ(parts: SplitResult, kind: str) -> Settings:
    options = {key: str(int(first)) if first.isdigit() else first for key, (first, *_) in parse_qs(parts.query).items()}
    if kind == "postgres" and "currentSchema" in options:
        raise ValueError  # libpq knows no such option
    path = unquote_plus(parts.path[1:])
    host, port = _hosts(parts)
    found = Settings(kind, host, port, path, options)
    if path.startswith("/") and (parts.scheme in _CLUSTERS or "cloudsql" in path):
        directory, _, name = path.rpartition("/")
        return replace(found, host=directory, name=name)
    return found


def _hosts(parts: SplitResult) -> tuple[str, str]:
    """Of a cluster with commas between; a host without a port has that of the others."""
    places = unquote(parts.netloc.rpartition("@")[2])
    if parts.scheme not in _CLUSTERS or "," not in places:
        return parts.hostname or "", str(parts.port or "")
    found = [re.fullmatch(r"(\[[^\]]*\]|.*?)(?::(\d+))?", place) for place in places.split(",")]
    pairs = [(match[1], match[2]) for match in found if match]
    return ",".join(host for host, _ in pairs), ",".join(port for _, port in pairs if port)


def _postgres(settings: Settings) -> Service:
    return postgres(settings.host, settings.port, settings.name, settings.options)


def _mysql(settings: Settings) -> Service:
    """As ``get_connection_params`` of Django 5.2: the query wins over host, port and name."""
    options = settings.options
    socket = options.get("unix_socket", settings.host if settings.host.startswith("/") else "")
    host = options.get("host", "" if settings.host.startswith("/") else settings.host)
    outside = [key for key in ("db", "read_default_file", "read_default_group") if key in options]
    if socket and host not in ("", "localhost"):  # drivers differ in which one they take
        outside.append("unix_socket")
    place = Server(socket) if socket else server(host, int(options.get("port", settings.port) or PORTS["mysql"]))
    name = options.get("database", settings.name)
    return Service("mysql", (place,), name, outside=tuple((key, options.get(key, socket)) for key in outside))


def _sqlite(settings: Settings) -> Service:
    """A file. Raises ValueError for a database in memory, which each process has for itself."""
    name = settings.options.get("database", settings.name)
    if name in ("", ":memory:"):
        raise ValueError
    uri = (("uri", settings.options["uri"].lower()),) if "uri" in settings.options else ()
    return Service("sqlite", name=posixpath.normpath(name).replace("//", "/", 1), outside=uri)


def _oracle(settings: Settings) -> Service:
    """Without a port the name is an alias that a file on the site's machine explains, and the host does not count."""
    place = (server(settings.host or "localhost", int(settings.port)),) if settings.port else ()
    return Service("oracle", place, settings.name)


def _mssql(settings: Settings) -> Service:
    outside = [(key, settings.options[key]) for key in ("dsn", "extra_params") if key in settings.options]
    return Service(
        "mssql", (server(settings.host, int(settings.port or PORTS["mssql"])),), settings.name, outside=tuple(outside)
    )


DJ_DATABASE_URL = _by_scheme(_DJ_DATABASE_URL)
DJANGO_ENVIRON = _by_scheme(_DJANGO_ENVIRON)
_BACKENDS = {"postgres": _postgres, "mysql": _mysql, "sqlite": _sqlite, "oracle": _oracle, "mssql": _mssql}

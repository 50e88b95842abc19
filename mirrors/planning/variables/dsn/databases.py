"""Read a database's DSN as dj-database-url 3.1.2, django-environ 0.14 and Django's backends do."""

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import SplitResult, parse_qs, unquote, unquote_plus

from mirrors.planning.variables.dsn.libpq import read_libpq_settings
from mirrors.planning.variables.dsn.service import DEFAULT_PORTS, Service, ServiceServer, normalize_server


def _by_scheme(**schemes: str) -> dict[str, str]:
    """Return {scheme: kind}."""
    return {scheme: kind for kind, names in schemes.items() for scheme in names.split()}


DJ_DATABASE_URL_KINDS = _by_scheme(
    postgres="cockroach pgsql postgis postgres postgresql redshift timescale timescalegis",
    mysql="mysql mysql-connector mysql2 mysqlgis",
    sqlite="spatialite sqlite",
    oracle="oracle oraclegis",
    mssql="mssql mssqlms",
)
DJANGO_ENVIRON_KINDS = _by_scheme(  # without its schemes that have an underscore, which no URL can begin with
    postgres="cockroachdb pgsql postgis postgres postgresql psql redshift",
    mysql="mysql mysql-connector mysql2 mysqlgis",
    sqlite="spatialite sqlite",
    oracle="oracle",
    mssql="mssql pyodbc",
)
_CLUSTERS = frozenset({"pgsql", "postgis", "postgres", "postgresql", "psql"})
"""Schemes for which django-environ reads a list of hosts, or a socket in the path."""


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """One entry of Django's ``DATABASES``. Options are as psycopg and the other drivers get them, written as text."""

    kind: str
    host: str
    port: str
    name: str
    options: Mapping[str, str]


DatabaseReader = Callable[[SplitResult, str], DatabaseSettings]


def read_database(parts: SplitResult) -> Service | None:
    """Return the database of a DSN; None where its scheme is no database's.

    Raises:
        ValueError: Neither library can read the DSN, or the two read it as different databases.
    """
    readers = [(read, kinds[parts.scheme]) for read, kinds in _READERS if parts.scheme in kinds]
    return _agreed([*_read(parts, readers)]) if readers else None


def read_quoted_database(parts: SplitResult) -> Service:
    """Return the database of a DSN that django-environ alone reads, because it escapes the password first.

    Raises:
        ValueError: django-environ cannot read the DSN.
    """
    return _agreed([*_read(parts, [(_django_environ, DJANGO_ENVIRON_KINDS.get(parts.scheme, ""))])])


def _read(parts: SplitResult, readers: list[tuple[DatabaseReader, str]]) -> Iterator[Service]:
    for read, kind in readers:
        try:
            found = _BACKENDS[kind](read(parts, kind))
        except (ValueError, KeyError):
            continue
        if not any(set("[%") & set(item.host) for item in found.servers):  # no host has such a name
            yield found


def _agreed(found: list[Service]) -> Service:
    """Return the one service that the libraries agree on. One that names a server wins over one that names none.

    Raises:
        ValueError: They disagree, or none of them read the DSN.
    """
    places = {item for item in found if any(server.host for server in item.servers)} or {*found}
    [place] = places
    return place


def _dj_database_url(parts: SplitResult, kind: str) -> DatabaseSettings:
    options = {key: _dj_value(*values) for key, values in parse_qs(parts.query).items()}
    schema = options.pop("currentSchema", "") if kind == "postgres" and parts.scheme != "cockroach" else ""
    if schema not in ("", "0", "False"):
        options["options"] = f"-c search_path={schema}"
    host = unquote(parts.hostname or "")
    return DatabaseSettings(kind, host, str(parts.port or ""), unquote(parts.path[1:]) or _unnamed(parts), options)


def _dj_value(value: str, *more: str) -> str:
    """Return an option as dj-database-url does, which parses numbers and truth values.

    Raises:
        ValueError: The option is there twice, which no driver takes.
    """
    if more:
        raise ValueError
    if value.isdigit():
        return str(int(value))
    return value.capitalize() if value.lower() in ("true", "false") else value


def _django_environ(parts: SplitResult, kind: str) -> DatabaseSettings:
    options = {key: str(int(first)) if first.isdigit() else first for key, (first, *_) in parse_qs(parts.query).items()}
    path = unquote_plus(parts.path[1:])
    host, port = _hosts(parts)
    found = DatabaseSettings(kind, host, port, path or _unnamed(parts), options)
    if path.startswith("/") and (parts.scheme in _CLUSTERS or "cloudsql" in path):
        directory, _, name = path.rpartition("/")
        return replace(found, host=directory, name=name)
    return found


def _unnamed(parts: SplitResult) -> str:
    return ":memory:" if parts.scheme == "sqlite" else ""


def _hosts(parts: SplitResult) -> tuple[str, str]:
    """Return the hosts and the ports, separated by commas. A host without a port has the port of the others."""
    places = unquote(parts.netloc.rpartition("@")[2])
    if parts.scheme not in _CLUSTERS or "," not in places:
        return parts.hostname or "", str(parts.port or "")
    found = [re.fullmatch(r"(\[[^\]]*\]|.*?)(?::(\d+))?", place) for place in places.split(",")]
    pairs = [(match[1], match[2]) for match in found if match]
    return ",".join(host for host, _ in pairs), ",".join(port for _, port in pairs if port)


def _postgres(settings: DatabaseSettings) -> Service:
    return read_libpq_settings(settings.host, settings.port, settings.name, settings.options)


def _mysql(settings: DatabaseSettings) -> Service:
    """Return the service as ``get_connection_params`` of Django 5.2 does: the query wins over host, port and name."""
    options, by_socket = settings.options, settings.host.startswith("/")
    socket = options.get("unix_socket", settings.host if by_socket else "")
    host = options.get("host", "" if by_socket else settings.host)
    outside = {key: options[key] for key in ("db", "read_default_file", "read_default_group") if key in options}
    place = normalize_server(host, int(options.get("port", settings.port) or DEFAULT_PORTS["mysql"]))
    if socket and host in ("", "localhost"):
        place = ServiceServer(socket)
    elif socket:  # drivers differ in which one they take
        outside["unix_socket"] = socket
    return Service("mysql", (place,), options.get("database", settings.name), outside=tuple(outside.items()))


def _sqlite(settings: DatabaseSettings) -> Service:
    """Return the file.

    Raises:
        ValueError: The database is in memory, where each process has its own; or the name is one of SQLite's URIs.
    """
    name = settings.options.get("database", settings.name)
    if not settings.name or name == ":memory:" or name.startswith("file:"):
        raise ValueError
    return Service("sqlite", name=posixpath.normpath(name).replace("//", "/", 1))


def _oracle(settings: DatabaseSettings) -> Service:
    """Return the service. Without a port the name is an alias from a file of the site's machine, without a host."""
    place = (normalize_server(settings.host or "localhost", int(settings.port)),) if settings.port else ()
    return Service("oracle", place, settings.name)


def _mssql(settings: DatabaseSettings) -> Service:
    outside = [(key, settings.options[key]) for key in ("dsn", "extra_params") if key in settings.options]
    return Service(
        "mssql",
        (normalize_server(settings.host, int(settings.port or DEFAULT_PORTS["mssql"])),),
        settings.name,
        outside=tuple(outside),
    )


_READERS: tuple[tuple[DatabaseReader, dict[str, str]], ...] = (
    (_dj_database_url, DJ_DATABASE_URL_KINDS),
    (_django_environ, DJANGO_ENVIRON_KINDS),
)
_BACKENDS = {"postgres": _postgres, "mysql": _mysql, "sqlite": _sqlite, "oracle": _oracle, "mssql": _mssql}

"""The database or the storage that Django's backend connects to, without credentials. Pure."""

import ipaddress
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

UNREADABLE_IDENTITY = "unreadable"
"""The identity of a DSN that no library reads, that two libraries read differently, or that would show a password."""

SERVERLESS_KINDS = frozenset({"az", "file", "sqlite"})
"""Kinds whose services a path identifies, or an account and a container."""

SERVICE_KINDS = SERVERLESS_KINDS | {"mssql", "mysql", "oracle", "postgres", "s3"}
"""Kinds whose backends Mirrors knows. Any other kind is a scheme that a project registered itself."""

DEFAULT_PORTS = {"mssql": 1433, "mysql": 3306, "postgres": 5432}
_PLAIN = re.compile("[a-z0-9._-]*")
_SCHEMA = re.compile(r'"(?:[^"]|"")*"|[^",]+')


@dataclass(frozen=True, slots=True, order=True)
class ServiceServer:
    """One server of a service.

    Args:
        host: A name, an address, or the directory of a socket (the file for MySQL); empty where the DSN names none.
        port: The port; None where the DSN names none.
    """

    host: str
    port: int | None = None

    def __str__(self) -> str:
        host = f"[{self.host}]" if is_ipv6(self.host) else self.host
        return f"{host}:{self.port}" if self.port else host


@dataclass(frozen=True, slots=True)
class Service:
    """A database or a storage, without any credential. Equal ones are one service, if they are comparable.

    Args:
        kind: One word for all schemes whose backends speak to the same servers.
        servers: The servers of a cluster, sorted.
        name: The database, file, bucket or container.
        schema: The search path; empty for the server's default.
        account: The account on Azure.
        prefix: The folder in a bucket.
        outside: Options that let something outside of the DSN decide, such as PostgreSQL's service file.
    """

    kind: str
    servers: tuple[ServiceServer, ...] = ()
    name: str = ""
    schema: str = ""
    account: str = ""
    prefix: str = ""
    outside: tuple[tuple[str, str], ...] = ()

    @property
    def comparable(self) -> bool:
        """Return whether the DSN alone decides where a site connects."""
        if self.kind not in SERVICE_KINDS or self.outside or (self.kind == "az" and not self.account):
            return False
        return self.kind in SERVERLESS_KINDS or (bool(self.servers) and all(server.host for server in self.servers))

    def __str__(self) -> str:
        """Return a DSN without user, password and blanks. ``read_service`` reads it as the same service.

        >>> str(Service("postgres", (ServiceServer("/cloudsql/prj:eu:pg", 5432),), "acme", schema="shop"))
        'postgres:///acme?host=/cloudsql/prj:eu:pg&currentSchema=shop'
        """
        query = "&".join(f"{quote(key)}={quote(value, safe='/:')}" for key, value in self._query())
        return f"{self.kind}://{self._place()}{self._path()}{'?' if query else ''}{query}"

    def _place(self) -> str:
        if self.kind == "s3":
            return ".".join([quote(self.name), *(server.host for server in self.servers)])
        if self.kind == "az":
            return f"{quote(self.account)}{'@' if self.account else ''}blob.core.windows.net"
        return "".join(map(str, self.servers)) if self._plain() else ""

    def _plain(self) -> bool:
        """Return whether a URL's host can hold the server."""
        hosts = [item.host for item in self.servers]
        return len(hosts) < 2 and all(is_ipv6(host) or _PLAIN.fullmatch(host) for host in hosts)

    def _path(self) -> str:
        if self.kind in ("s3", "az", "file"):  # no backend decodes a storage's path, so it is encoded already
            path = {"s3": self.prefix, "file": self.name[1:]}.get(self.kind, self.name)
            path = path.replace(",", "%2C").replace("@", "%40")
        else:
            path = re.sub("/$", "%2F", quote(self.name))
        return f"/{path}" if path or self.kind == "file" else ""

    def _query(self) -> Iterator[tuple[str, str]]:
        if not self._plain():
            ports = [item.port for item in self.servers]
            yield "host" if any(ports) else "unix_socket", ",".join(item.host for item in self.servers)
            if not {*ports} <= {None, DEFAULT_PORTS.get(self.kind)}:
                yield "port", ",".join(map(str, ports))
        if self.schema:
            yield "currentSchema", self.schema
        yield from self.outside


def is_same_service(one: Service | None, other: Service | None) -> bool | None:
    """Return whether two services are one; None where Mirrors cannot know that.

    One database with two search paths is two services. Mirrors cannot know it in these cases:

    - A service is None, because Mirrors cannot read its DSN, or is not comparable.
    - One search path is the server's default, or has the schema in which the other makes its tables.
    - Two clusters have a server in common, or two ports belong to one server.

    >>> is_same_service(Service("sqlite", name="/a"), Service("sqlite", name="/b"))
    False
    """
    if one is None or other is None:
        return None
    if one.kind != other.kind and {one.kind, other.kind} <= SERVICE_KINDS:
        return False
    if not (one.comparable and other.comparable):
        return None
    return True if one == other else None if _near(one, other) else False


def _near(one: Service, other: Service) -> bool:
    if (one.name, one.account, one.prefix) != (other.name, other.account, other.prefix):
        return False
    meet = {_machine(item) for item in one.servers} & {_machine(item) for item in other.servers}
    return bool(meet) and _may_meet(_SCHEMA.findall(one.schema), _SCHEMA.findall(other.schema))


def _machine(item: ServiceServer) -> str:
    """Return the host without the port: another port may be a pool of connections to the same server (PgBouncer)."""
    return item.host.rstrip("/")


def _may_meet(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether two search paths may find the same tables.

    PostgreSQL makes tables in the first schema of a path, and finds them in any.
    """
    return not (one and other) or one[0] in other or other[0] in one


def normalize_server(host: str, port: int | None = None) -> ServiceServer:
    """Return a server with its host in lower case, without the final dot, and with IPv6 in its short form."""
    if host.startswith(("/", "@")):
        return ServiceServer(host, port)
    host = host.lower().rstrip(".")
    return ServiceServer(str(ipaddress.IPv6Address(host)) if is_ipv6(host) else host, port)


def identify_for_confirmation(identity: str, site: str, name: str) -> str:
    """Return the text that ``confirmDatabase`` must contain to confirm a site's variable.

    That is the identity. Mirrors shows no part of an unreadable value, so its site and name take its place. A
    confirmation of one such value confirms no other.

    Args:
        identity: The identity of the variable's service.
        site: The site's slug.
        name: The variable's name.

    >>> identify_for_confirmation("postgres://db:5432/a", "acme", "DATABASE_URL")
    'postgres://db:5432/a'
    >>> identify_for_confirmation("unreadable", "acme", "DATABASE_URL")
    'unreadable:acme:DATABASE_URL'
    """
    return f"{UNREADABLE_IDENTITY}:{site}:{name}" if identity == UNREADABLE_IDENTITY else identity


def is_ipv6(host: str) -> bool:
    """Return whether the host is an IPv6 address."""
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return True

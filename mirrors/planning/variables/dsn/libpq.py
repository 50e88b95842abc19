"""Find where libpq 18, PostgreSQL's client library, connects below Django 5.2 and psycopg 3."""

import re
from collections.abc import Iterator, Mapping

from mirrors.planning.variables.dsn.service import DEFAULT_PORTS, Service, ServiceServer, normalize_server

_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")
_ARGUMENT = re.compile(r"(?:[^\s\\]|\\.)+", re.DOTALL)
_SCHEMA = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^",\s]+))\s*(?:,|$)')


def read_libpq_settings(host: str, port: str, name: str, options: Mapping[str, str]) -> Service:
    """Return the service of these settings.

    HOST and PORT win over the options ``host`` and ``port``. The option ``dbname`` wins over NAME.

    Raises:
        ValueError: Django or libpq refuses the settings.
    """
    service, database = options.get("service", ""), options.get("dbname", name)
    if (not name and not service) or "currentSchema" in options:  # libpq has no such option
        raise ValueError
    if database.startswith("/"):  # ambiguous: django-environ reads the directory of a socket
        raise ValueError
    schema = parse_search_path(options.get("options", ""))
    outside = [("service", service)] if service else []
    if schema is None:
        outside.append(("options", options["options"]))
    servers = _servers(host or options.get("host", ""), options.get("hostaddr", ""), port or options.get("port", ""))
    return Service("postgres", servers, database, schema or "", outside=tuple(outside))


def _servers(hosts: str, addresses: str, ports: str) -> tuple[ServiceServer, ...]:
    """Return the servers, sorted. libpq connects to an address, whatever host name is beside it.

    Without hosts and addresses there is no server: libpq takes a local socket, or ``PGHOST``.

    Raises:
        ValueError: The lists have different lengths, or a port is no port.
    """
    names, numbers = hosts.split(","), [_port(item) for item in ports.split(",")]
    places = addresses.split(",") if addresses else names
    if (addresses and hosts and len(places) != len(names)) or len(numbers) not in (1, len(places)):
        raise ValueError
    found = zip(places, names if hosts else places, numbers * len(places), strict=False)
    servers = {normalize_server(address or host, number) for address, host, number in found}
    return tuple(sorted(servers)) if hosts or addresses or ports else ()


def _port(text: str) -> int:
    number = int(text or DEFAULT_PORTS["postgres"])
    if not 1 <= number <= 65535:
        raise ValueError
    return number


def parse_search_path(options: str) -> str | None:
    """Return the search path in the server's command-line ``options``, in one spelling; empty where they set none.

    None where it depends on the user, or is no list of names.

    >>> parse_search_path("-c search_path=A,public"), parse_search_path("-cstatement_timeout=5s")
    ('a,public', '')
    """
    values = [value for name, value in _assigned(options) if name == "search_path"]
    if not values:
        return ""
    names = [*_names(values[-1])]
    return ",".join(names) if names and '"$user"' not in names else None


def _assigned(options: str) -> Iterator[tuple[str, str]]:
    """Yield (name, value) of ``-c name=value``, ``-cname=value`` and ``--name=value``.

    A backslash keeps the next character as it is.

    Raises:
        ValueError: The server would refuse an option.
    """
    arguments = iter([re.sub(r"\\(.)", r"\1", item, flags=re.DOTALL) for item in _ARGUMENT.findall(options)])
    for argument in arguments:
        if argument.startswith(("-c", "--")):
            name, equals, value = (argument[2:] or next(arguments, "")).partition("=")
            if not equals:
                raise ValueError
            yield name.replace("-", "_").lower(), value


def _names(value: str) -> Iterator[str]:
    """Yield the schemas of a list, unquoted ones in lower case; none where the text is no list."""
    if not re.fullmatch(f"(?:{_SCHEMA.pattern})+", f"{value},".rstrip(",")):
        return
    for quoted, plain in _SCHEMA.findall(value):
        name = quoted.replace('""', '"') if quoted else plain.lower()
        yield name if _PLAIN.fullmatch(name) else f'"{name.replace(chr(34), chr(34) * 2)}"'

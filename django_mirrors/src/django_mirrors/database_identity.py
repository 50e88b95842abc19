"""The identity of the database that a connection uses, from the parameters for its driver. Nothing connects here."""

from __future__ import annotations

import ipaddress
import os
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["database_identity"]

_ARGUMENT = re.compile(r"(?:[^\s\\]|\\.)+", re.DOTALL)
_SCHEMA = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^",\s]+))\s*(?:,|$)')
_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")


def database_identity(connection: BaseDatabaseWrapper) -> str:
    """Return ``host:port/name``, or ``sqlite:path``: the database's identity, without credentials.

    A cluster has all its hosts, separated by commas. A search path follows as ``?search_path=``, because another search
    path shows other content. A copy of a database is in another place, which identifies it as a copy.

    Mirrors computes the same identity from ``DATABASE_URL``.
    """
    if connection.vendor == "postgresql":
        return _postgresql(connection.get_connection_params())
    if connection.vendor == "mysql":
        return _mysql(connection.get_connection_params())
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        path = os.path.abspath(str(values.get("OPTIONS", {}).get("database", values["NAME"])))  # noqa: PTH100
        return f"sqlite:{path.replace('//', '/', 1)}"
    return f"{_host(values.get('HOST') or 'localhost')}:{values.get('PORT') or ''}/{values['NAME']}"


def _postgresql(given: Mapping[str, Any]) -> str:
    """Return the identity as libpq reads the parameters: it connects to ``hostaddr``, whatever ``host`` says."""
    names = str(given.get("hostaddr") or given.get("host") or "localhost").split(",")
    hosts = str(given.get("host") or "").split(",")
    ports = str(given.get("port") or 5432).split(",")
    places = {
        f"{_host(name or (hosts[number] if number < len(hosts) else ''))}:{ports[number % len(ports)] or 5432}"
        for number, name in enumerate(names)
    }
    options = {"service": given.get("service"), "search_path": _search_path(str(given.get("options") or ""))}
    more = "&".join(f"{key}={value}" for key, value in options.items() if value)
    return f"{','.join(sorted(places))}/{given.get('dbname', '')}{'?' if more else ''}{more}"


def _mysql(given: Mapping[str, Any]) -> str:
    """Return the identity. A socket is used only if the host is this machine."""
    host = str(given.get("host") or "localhost")
    socket = given.get("unix_socket") if host == "localhost" else None
    place = socket or f"{_host(host)}:{given.get('port') or 3306}"
    return f"{place}/{given.get('database', '')}"


def _host(name: str) -> str:
    if name.startswith(("/", "@")):
        return name
    name = name.lower().rstrip(".")
    try:
        return f"[{ipaddress.IPv6Address(name)}]"
    except ValueError:
        return name


def _search_path(options: str) -> str:
    """Return the search path that the server's command-line ``options`` set, without unnecessary quotes."""
    values = [value for name, value in _assigned(options) if name == "search_path"]
    return ",".join(_names(values[-1])) if values else ""


def _assigned(options: str) -> Iterator[tuple[str, str]]:
    """Yield each ``-c name=value``, ``-cname=value`` and ``--name=value``. A backslash escapes the next character."""
    arguments = iter([re.sub(r"\\(.)", r"\1", item, flags=re.DOTALL) for item in _ARGUMENT.findall(options)])
    for argument in arguments:
        if argument.startswith(("-c", "--")):
            name, _, value = (argument[2:] or next(arguments, "")).partition("=")
            yield name.replace("-", "_").lower(), value


def _names(value: str) -> Iterator[str]:
    for quoted, plain in _SCHEMA.findall(value):
        name = quoted.replace('""', '"') if quoted else plain.lower()
        yield name if _PLAIN.fullmatch(name) else '"{}"'.format(name.replace('"', '""'))

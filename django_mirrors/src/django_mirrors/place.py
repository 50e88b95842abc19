"""Which database a connection uses, from what Django gives to its driver; nothing here opens it."""

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
    """``host:port/name``, or ``sqlite:path``: which database it is, without anything that opens it.

    A cluster has all its hosts, with commas between; a search path follows as ``?search_path=``: another one is another
    content. A copy of a database lies elsewhere, and is known by that. ``health.identity`` of Mirrors computes the same
    from ``DATABASE_URL``.
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
    """As libpq reads it: an address is where it connects, whatever name stands beside it."""
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
    """A socket counts where the host is this machine."""
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
    """What the command-line ``options`` of the server set it to, without quotes that it does not need."""
    values = [value for name, value in _assigned(options) if name == "search_path"]
    return ",".join(_names(values[-1])) if values else ""


def _assigned(options: str) -> Iterator[tuple[str, str]]:
    """``-c name=value``, ``-cname=value`` and ``--name=value``. A backslash takes the next character as it is."""
    arguments = iter([re.sub(r"\\(.)", r"\1", item, flags=re.DOTALL) for item in _ARGUMENT.findall(options)])
    for argument in arguments:
        if argument.startswith(("-c", "--")):
            name, _, value = (argument[2:] or next(arguments, "")).partition("=")
            yield name.replace("-", "_").lower(), value


def _names(value: str) -> Iterator[str]:
    for quoted, plain in _SCHEMA.findall(value):
        name = quoted.replace('""', '"') if quoted else plain.lower()
        yield name if _PLAIN.fullmatch(name) else '"{}"'.format(name.replace('"', '""'))

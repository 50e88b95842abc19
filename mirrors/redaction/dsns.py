"""Where in a value its credentials stand, and where what may be said: a host, a path, a marker of a format."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote

Span = tuple[int, int]

_SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]*)://")
_SAID_BY_ALL = re.compile(r"^\s*django-insecure-|-----(?:BEGIN|END) [A-Z0-9 ]+-----")
"""What is the same in everyone's: Django's ``startproject`` begins a key with it (5.2, ``get_random_secret_key``)."""

_HARMLESS = re.findall(
    r"[\w-]+",
    "application_name charset client_encoding connect_timeout connection_limit conn_max_age currentschema db dbname"
    " domain host hostaddr keepalives keepalives_idle options pool_timeout port region schema service sslcert sslkey"
    " sslmode sslrootcert ssl-mode ssl_mode sslcrl target_session_attrs timeout url user username",
)
"""Options of DSNs whose values are no credentials, though they may be words that a log needs. Any other may be one."""


def credential_spans(value: str) -> list[Span]:
    """The parts of a value that must not be shown even alone.

    Of a DSN these are its password, or its user where it has no other, and the values of its query; a password with
    an unescaped ``/`` or ``?`` ends at the last ``@``. Of a web address without either it is the path, since some call
    a webhook so. Of anything else it is all of it, but for markers that are everyone's.
    """
    scheme = _SCHEME.match(value)
    if scheme is None:
        return list(_but(value, _SAID_BY_ALL))
    found = [*_in_user(value, scheme.end()), *_in_query(value)]
    return found or ([(_path(value, scheme.end()), len(value))] if scheme[1].lower() in ("http", "https") else [])


def inner_secrets(value: str) -> set[str]:
    """The value and what of it may be quoted by itself, as it is written and as it reads decoded."""
    parts = {value[start:end] for start, end in credential_spans(value)}
    decoded = {unquote(part) for part in parts} | {text for part in parts for _, text in parse_qsl(f"x={part}")}
    return {value, *parts, *decoded}


def _but(value: str, pattern: re.Pattern[str]) -> Iterator[Span]:
    at = 0
    for match in pattern.finditer(value):
        if match.start() > at:
            yield at, match.start()
        at = match.end()
    if at < len(value):
        yield at, len(value)


def _in_user(value: str, start: int) -> Iterator[Span]:
    end = _end_of_user(value, start)
    if end < 0:
        return
    colon = value.find(":", start, end)
    first = colon + 1 if 0 <= colon < end - 1 else start
    if first < end and value[first:end].strip(":"):
        yield first, end


def _end_of_user(value: str, start: int) -> int:
    """Of the last ``@`` before the query; a password may have an unescaped ``?`` before that."""
    before_query = value.find("?", start)
    if before_query < 0 or "@" not in value[start:before_query]:
        return value.rfind("@", start)
    return value.rfind("@", start, before_query)


def _in_query(value: str) -> Iterator[Span]:
    at = value.find("?", max(value.find("@"), 0))
    if at < 0:
        return
    for match in re.finditer(r"([^&=#]*)=([^&#]+)", value[at + 1 :]):
        if unquote(match[1]).lower() not in _HARMLESS:
            yield at + 1 + match.start(2), at + 1 + match.end(2)


def _path(value: str, start: int) -> int:
    found = re.compile(r"[/?#]").search(value, start)
    return found.start() if found else start

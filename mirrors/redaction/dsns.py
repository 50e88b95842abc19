"""Find the credentials in a value. The rest of it may be shown: a host, a path, a marker of a format."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote

TextSpan = tuple[int, int]
"""The start and the end of a part of a text."""

_SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9+.-]*)://")
_SHARED_MARKERS = re.compile(r"^\s*django-insecure-|-----(?:BEGIN|END) [A-Z0-9 ]+-----")
"""Markers that many secrets share. Django's ``startproject`` begins a key with the first (5.2, ``startproject.py``)."""

_PUBLIC_OPTIONS = re.findall(
    r"[\w-]+",
    "application_name charset client_encoding connect_timeout connection_limit conn_max_age currentschema db dbname"
    " domain host hostaddr keepalives keepalives_idle options pool_timeout port region schema service sslcert sslkey"
    " sslmode sslrootcert ssl-mode ssl_mode sslcrl target_session_attrs timeout url user username",
)
"""Options of DSNs whose values are no credentials, and may be words that a log needs. Any other option may hold one."""


def credential_spans(value: str) -> list[TextSpan]:
    """Return the parts of a value that must not be shown even alone, as (start, end).

    - In a DSN these are the password, or the user if there is no password, and the values of the query. A password with
      an unescaped ``/`` or ``?`` ends at the last ``@``.
    - In a web address without any of these it is the path: the path of a webhook is its secret.
    - In any other value it is everything, except for markers that many secrets share.
    """
    scheme = _SCHEME.match(value)
    if scheme is None:
        return list(_spans_between_matches(value, _SHARED_MARKERS))
    found = [*_user_spans(value, scheme.end()), *_query_spans(value)]
    return found or (
        [(_end_of_host(value, scheme.end()), len(value))] if scheme[1].lower() in ("http", "https") else []
    )


def inner_secrets(value: str) -> set[str]:
    """Return the value, and each of its credentials, both as they are written and decoded."""
    parts = {value[start:end] for start, end in credential_spans(value)}
    decoded = {unquote(part) for part in parts} | {text for part in parts for _, text in parse_qsl(f"x={part}")}
    return {value, *parts, *decoded}


def _spans_between_matches(value: str, pattern: re.Pattern[str]) -> Iterator[TextSpan]:
    """Yield the parts of a value that a pattern does not match."""
    at = 0
    for match in pattern.finditer(value):
        if match.start() > at:
            yield at, match.start()
        at = match.end()
    if at < len(value):
        yield at, len(value)


def _user_spans(value: str, start: int) -> Iterator[TextSpan]:
    end = _end_of_user(value, start)
    if end < 0:
        return
    colon = value.find(":", start, end)
    first = colon + 1 if 0 <= colon < end - 1 else start
    if first < end and value[first:end].strip(":"):
        yield first, end


def _end_of_user(value: str, start: int) -> int:
    """Return the index of the last ``@`` before the query; -1 without one. A password may have an unescaped ``?``."""
    before_query = value.find("?", start)
    if before_query < 0 or "@" not in value[start:before_query]:
        return value.rfind("@", start)
    return value.rfind("@", start, before_query)


def _query_spans(value: str) -> Iterator[TextSpan]:
    at = value.find("?", max(value.find("@"), 0))
    if at < 0:
        return
    for match in re.finditer(r"([^&=#]*)=([^&#]+)", value[at + 1 :]):
        if unquote(match[1]).lower() not in _PUBLIC_OPTIONS:
            yield at + 1 + match.start(2), at + 1 + match.end(2)


def _end_of_host(value: str, start: int) -> int:
    """Return the index where the host ends, and a path, query or fragment begins."""
    found = re.compile(r"[/?#]").search(value, start)
    return found.start() if found else start

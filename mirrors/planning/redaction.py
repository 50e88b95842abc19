"""Text of others, such as a deployment's log, without the secrets that it may quote."""

import json
from collections.abc import Iterable, Iterator
from html import escape
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

BLANK = "[secret]"
_SHORTEST = 4
"""Shorter pieces are left: blanking every ``1`` would make a log unreadable and hide nothing."""


def secrets_within(value: str) -> set[str]:
    """The value itself, and what of a DSN may be quoted alone: its password and the values of its query."""
    found = {value}
    try:
        parts = urlsplit(value)
        found |= {parts.password or "", unquote(parts.password or "")}
    except ValueError:
        return found
    if parts.scheme and parts.query:
        found |= {item for _, item in parse_qsl(parts.query)}
        found |= {item.partition("=")[2] for item in parts.query.split("&")}
    return found


def spellings(piece: str) -> set[str]:
    """How a program may print it: as it is, or escaped for Python, JSON, HTML or an address."""
    return {
        piece,
        *_in_python(repr(f'{piece}"')),
        *_in_python(ascii(f'{piece}"')),
        *(json.dumps(piece, ensure_ascii=short)[1:-1] for short in (True, False)),
        *(escape(piece, quote=quotes) for quotes in (True, False)),
        *(quote(piece, safe, errors="surrogatepass") for safe in ("", "/")),
        quote_plus(piece, errors="surrogatepass"),
    }


def _in_python(shown: str) -> Iterator[str]:
    """Which quotes are escaped depends on what stands around the piece, so it may be either, both or none.

    ``shown`` is the piece with a double quote after it, so that single ones are escaped.
    """
    single = shown[1:-2]
    for form in (single, single.replace("\\'", "'")):
        yield from (form, form.replace('"', '\\"'))


def redact(text: str, values: Iterable[str]) -> str:
    """Blank every secret in the text, the longest first, so that none is left in part."""
    within = {piece for value in values for piece in secrets_within(value)}
    pieces = {piece for piece in {*within, *(piece.strip() for piece in within)} if len(piece) >= _SHORTEST}
    forms = {form for piece in pieces for form in spellings(piece)}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, BLANK)
    return text

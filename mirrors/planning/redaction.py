"""Text of others, such as a deployment's log, without the secrets that it may quote."""

from collections.abc import Iterable
from urllib.parse import parse_qsl, unquote, urlsplit

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


def redact(text: str, values: Iterable[str]) -> str:
    """Blank every secret in the text, the longest first, so that none is left in part."""
    pieces = {piece for value in values for piece in secrets_within(value) if len(piece) >= _SHORTEST}
    for piece in sorted(pieces, key=len, reverse=True):
        text = text.replace(piece, BLANK)
    return text

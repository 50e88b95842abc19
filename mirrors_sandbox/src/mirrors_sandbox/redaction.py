"""Blanks the secrets of a deployment's variables out of the output of its processes."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from mirrors_sandbox.deploying import CREDENTIAL

__all__ = ["Redactor"]

SHORTEST_SECRET = 4  # a shorter value would blank out half of any text


class Redactor:
    """Blanks secrets out of text: sensitive values, values under names of credentials, and passwords inside them."""

    def __init__(self, variables: dict[str, dict[str, Any]]) -> None:
        found = {secret for name, item in variables.items() for secret in _secrets(name, item)}
        longest_first = sorted((secret for secret in found if len(secret) >= SHORTEST_SECRET), key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def __call__(self, text: str) -> str:
        return self._pattern.sub("***", text) if self._pattern else text


def _secrets(name: str, item: dict[str, Any]) -> Iterable[str]:
    value = str(item["value"])
    if item["is_sensitive"] or CREDENTIAL.search(name):
        yield from value.splitlines()
    yield from _inside(value)


def _inside(value: str) -> Iterable[str]:
    """Password and query values of a DSN, as written and as they read decoded."""
    try:
        parts = urlsplit(value)
    except ValueError:  # not an address at all
        return
    if not parts.scheme:
        return
    if parts.password:
        yield from (parts.password, unquote(parts.password))
    yield from (secret for key, secret in parse_qsl(parts.query) if CREDENTIAL.search(key))

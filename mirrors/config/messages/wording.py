"""Words that messages about the configuration share: keys, values and names that the user may have meant.

No function here shows a secret by itself. Callers decide which value they show.
"""

import json
import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from mirrors.config.known_later import KnownLater
from mirrors.config.models.base import KeyPath
from mirrors.problems import Problem

__all__ = [
    "describe_kind",
    "format_path",
    "format_value",
    "nearest_word",
    "problem_at",
    "suggest_known",
    "unknown_site_problem",
]


def problem_at(place: KeyPath, code: str, message: str, remedy: str = "") -> Problem:
    """Return a problem about a key of the configuration."""
    return Problem(code, message, remedy, path=format_path(place))


def format_path(place: KeyPath) -> str:
    """Return a place as the user writes it.

    ``("fleet", "mirrors", 2, "siteId")`` becomes ``mirrors:fleet.mirrors[2].siteId``. The text behind a ``=`` is left
    out, because a key ``NAME=value`` may be a mistake that holds a secret.
    """
    return "mirrors:" + "".join(_format_step(key) for key in place).removeprefix(".")


def _format_step(key: int | str) -> str:
    if isinstance(key, int):
        return f"[{key}]"
    key = re.sub("=.+", "=…", key, flags=re.DOTALL)
    return f".{key}" if re.fullmatch(r"[\w-]+", key) else f"[{format_value(key)}]"


def format_value(value: Any) -> str:
    """Return a value for one line of a message: text in quotes, shortened and escaped; its kind if it holds others."""
    if not isinstance(value, str | int | float):
        return describe_kind(value)
    text = json.dumps(value, ensure_ascii=False)
    text = text if len(text) <= 60 else text[:59] + "…"
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def describe_kind(value: Any) -> str:
    """Return the kind of a value in words, such as ``a number``."""
    kinds: dict[type, str] = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "text",
        list: "a list",
        dict: "an object",
        KnownLater: "an Output",
    }
    return "an empty value" if value is None else kinds.get(type(value), "another value")


def nearest_word(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that the user probably meant; None if none is similar."""
    by_lower = {item.lower(): item for item in known}
    close = get_close_matches(word.lower(), by_lower, n=1)
    return by_lower[close[0]] if close else None


def suggest_known(word: str, known: Iterable[str]) -> str:
    """Return a remedy for an unknown word: the similar one, or all known words."""
    known = sorted(known)
    near = nearest_word(word, known)
    return f"Did you mean {near}?" if near else f"Use one of these: {', '.join(known)}"


def unknown_site_problem(place: KeyPath, known: Iterable[str]) -> Problem:
    """Return a problem about a site that is not in the fleet.

    Args:
        place: The place of the slug, which is its last key.
        known: The slugs that are valid there.
    """
    return problem_at(
        place, "unknown-site", "the fleet has no site of this name.", suggest_known(str(place[-1]), known)
    )

"""What a scalar without quotes is to those who read YAML: version 1.1 (PyYAML), 1.2 (ruamel), and Go's (Pulumi)."""

import re

__all__ = ["is_engines_date", "is_plain_number", "reads_otherwise"]

_WORDS = frozenset({"", "~", "=", "<<", "null", "true", "false", "y", "n", "yes", "no", "on", "off"})
_INTEGER = r"0[xX][0-9a-fA-F_]+|0[oO][0-9_]+|0[bB][01_]+"
_FLOAT = r"(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9_]+)(?:[eE][-+]?[0-9]+)?"
_BASE_60 = r"[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"
_NUMBER = re.compile(rf"[-+]?(?:{_INTEGER}|{_FLOAT}|{_BASE_60})|[-+]?\.inf|\.nan", re.IGNORECASE)
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt \t].*)?")
_ALIKE = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_DAY, _TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}", r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?"
_GO_DATE = re.compile(rf"{_DAY} {_TIME} [-+][0-9]{{4}} \S+")
_JSON_DATE = re.compile(rf"{_DAY}T{_TIME}(?:Z|[-+][0-9]{{2}}:[0-9]{{2}})")


def reads_otherwise(text: str) -> bool:
    """Whether one of them reads it as something else than this text, so that it belongs in quotes."""
    return text.lower() in _WORDS or bool(_NUMBER.fullmatch(text) or _DATE.fullmatch(text))


def is_plain_number(text: str) -> bool:
    """Whether all of them read it as the same number: decimal digits, no zero or plus before them, no exponent."""
    return bool(_ALIKE.fullmatch(text))


def is_engines_date(text: str, *, rewritten: bool) -> bool:
    """Whether it looks like what a date without quotes has become on its way (CLI 3.259).

    ``rewritten``: in a stack's file, where Pulumi writes it back as ``2024-01-01 00:00:00 +0000 UTC``. Elsewhere
    ``2024-01-01T00:00:00Z`` arrives as well.
    """
    return bool(_GO_DATE.fullmatch(text) or (not rewritten and _JSON_DATE.fullmatch(text)))

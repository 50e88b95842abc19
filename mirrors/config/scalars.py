"""What a scalar without quotes is to those who read YAML: version 1.1 (PyYAML), 1.2 (ruamel), and Go's (Pulumi)."""

import re
from dataclasses import dataclass
from typing import Any

from mirrors.config.base import Place

__all__ = ["Altered", "Leaf", "engine_reads_otherwise", "is_engines_date", "plain_value", "reads_otherwise"]

_WORDS = frozenset({"", "~", "null", "true", "false"})
_FORMER_WORDS = frozenset({"=", "<<", "y", "n", "yes", "no", "on", "off"})
"""Those of YAML 1.1 that the engine takes for text."""

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_INTEGER = r"0[xX][0-9a-fA-F_]+|0[oO][0-9_]+|0[bB][01_]+"
_FLOAT = r"(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9_]+)(?:[eE][-+]?[0-9]+)?"
_NUMBER = re.compile(rf"[-+]?(?:{_INTEGER}|{_FLOAT})|[-+]?\.inf|\.nan", re.IGNORECASE)
_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_LINE_END = re.compile("[\x85\u2028\u2029\ufeff]")
"""Line ends in YAML 1.1 alone."""

_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt \t].*)?")
_ALIKE = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_DAY, _TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}", r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?"
_GO_DATE = re.compile(rf"{_DAY} {_TIME} [-+][0-9]{{4}} \S+")
_JSON_DATE = re.compile(rf"{_DAY}T{_TIME}(?:Z|[-+][0-9]{{2}}:[0-9]{{2}})")


@dataclass(frozen=True)
class Leaf:
    """A scalar as it is written. ``rewritten``: it stands in a stack's file, which Pulumi saves now and then.

    ``tagged``: a tag, such as ``!!binary``, makes something else of it than its own spelling says.
    """

    text: str
    quoted: bool
    file: str
    line: int
    rewritten: bool
    tagged: bool = False

    @property
    def where(self) -> str:
        return f"{self.file}, line {self.line}"


@dataclass(frozen=True)
class Altered:
    """A scalar that does not arrive as it is written. ``arrived`` is None where it depends on who reads."""

    place: Place
    leaf: Leaf
    arrived: Any


def reads_otherwise(text: str) -> bool:
    """Whether one of them reads it as something else than this text, so that it belongs in quotes."""
    former = text.lower() in _FORMER_WORDS or _BASE_60.fullmatch(text) or _LINE_END.search(text)
    return bool(former) or engine_reads_otherwise(text)


def engine_reads_otherwise(text: str) -> bool:
    """The same of Pulumi's engine alone, which reads YAML 1.2 and some of 1.1 (Go's yaml.v3)."""
    return text.lower() in _WORDS or bool(_NUMBER.fullmatch(text) or _DATE.fullmatch(text))


def plain_value(text: str) -> Any:
    """What all of them make of a scalar without quotes; the text itself where they differ, or take it for text.

    They agree on a number in decimal digits, without a zero or plus before them, and without an exponent.
    """
    if text in _NULLS:
        return None
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if _ALIKE.fullmatch(text):
        return float(text) if "." in text else int(text)
    return text


def is_engines_date(text: str, *, rewritten: bool) -> bool:
    """Whether it looks like what a date without quotes has become on its way (CLI 3.259).

    ``rewritten``: in a stack's file, where Pulumi writes it back as ``2024-01-01 00:00:00 +0000 UTC``. Elsewhere
    ``2024-01-01T00:00:00Z`` arrives as well.
    """
    return bool(_GO_DATE.fullmatch(text) or (not rewritten and _JSON_DATE.fullmatch(text)))

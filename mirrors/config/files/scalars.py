"""The meaning of a scalar without quotes to readers of YAML: 1.1 (PyYAML), 1.2 (ruamel), and Go's yaml.v3 (Pulumi)."""

import re
from dataclasses import dataclass
from typing import Any

from mirrors.config.models.base import KeyPath

__all__ = ["AlteredScalar", "YamlScalar", "agreed_value", "engine_changes_scalar", "is_rewritten_date", "needs_quotes"]

_YAML_12_WORDS = frozenset({"", "~", "null", "true", "false"})
_YAML_11_WORDS = frozenset({"=", "<<", "y", "n", "yes", "no", "on", "off"})
"""Words with a meaning in YAML 1.1 that Pulumi's engine reads as text."""

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_INTEGER = r"0[xX][0-9a-fA-F_]+|0[oO][0-9_]+|0[bB][01_]+"
_FLOAT = r"(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9_]+)(?:[eE][-+]?[0-9]+)?"
_NUMBER = re.compile(rf"[-+]?(?:{_INTEGER}|{_FLOAT})|[-+]?\.inf|\.nan", re.IGNORECASE)
_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_LINE_END = re.compile("[\x85\u2028\u2029\ufeff]")
"""Characters that end a line in YAML 1.1 alone."""

_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt \t].*)?")
_AGREED_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_DAY, _TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}", r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?"
_GO_DATE = re.compile(rf"{_DAY} {_TIME} [-+][0-9]{{4}} \S+")
_JSON_DATE = re.compile(rf"{_DAY}T{_TIME}(?:Z|[-+][0-9]{{2}}:[0-9]{{2}})")


@dataclass(frozen=True)
class YamlScalar:
    """A scalar as a file has it.

    Args:
        text: Its text, without quotes.
        quoted: Whether the file has it in quotes.
        file: The name of the file.
        line: The number of its line, from 1 on.
        rewritten: Whether the file is a stack's, which Pulumi writes anew whenever it saves the configuration.
        tagged: Whether a tag, such as ``!!binary``, gives it another meaning than its text.
    """

    text: str
    quoted: bool
    file: str
    line: int
    rewritten: bool
    tagged: bool = False

    @property
    def where(self) -> str:
        """The file and the line, for a message."""
        return f"{self.file}, line {self.line}"


@dataclass(frozen=True)
class AlteredScalar:
    """A scalar that does not arrive as it is written.

    Args:
        place: Its place in the configuration.
        leaf: The scalar in its file.
        arrived: The value that Pulumi passes; None if readers of YAML do not agree on it.
    """

    place: KeyPath
    leaf: YamlScalar
    arrived: Any


def needs_quotes(text: str) -> bool:
    """Return whether a reader of YAML reads a scalar as anything but this text, so that it needs quotes."""
    former = text.lower() in _YAML_11_WORDS or _BASE_60.fullmatch(text) or _LINE_END.search(text)
    return bool(former) or engine_changes_scalar(text)


def engine_changes_scalar(text: str) -> bool:
    """Return whether Pulumi's engine reads a scalar as anything but this text. It reads YAML 1.2 and parts of 1.1."""
    return text.lower() in _YAML_12_WORDS or bool(_NUMBER.fullmatch(text) or _DATE.fullmatch(text))


def agreed_value(text: str) -> Any:
    """Return the value of a scalar without quotes that all readers agree on; the text itself if they disagree.

    They agree on a number in decimal digits that has no leading zero, no plus and no exponent.
    """
    if text in _NULLS:
        return None
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if _AGREED_NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    return text


def is_rewritten_date(text: str, *, rewritten: bool) -> bool:
    """Return whether a text looks like a date in Pulumi's spelling (CLI 3.259).

    Args:
        text: The text that Pulumi passes.
        rewritten: Whether it comes from a stack's file. There, Pulumi writes the date back as
            ``2024-01-01 00:00:00 +0000 UTC``. From other files ``2024-01-01T00:00:00Z`` may arrive, too.
    """
    return bool(_GO_DATE.fullmatch(text) or (not rewritten and _JSON_DATE.fullmatch(text)))

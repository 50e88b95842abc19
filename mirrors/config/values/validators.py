"""Validators that the types of the configuration's values are made of. An error says in one phrase what a key takes."""

import re
from collections.abc import Callable
from typing import Any

from pydantic import WithJsonSchema
from pydantic_core import PydanticCustomError

from mirrors.config.known_later import KnownLater


def not_taken(what: str) -> PydanticCustomError:
    """Return the error of a value that its key does not take.

    Args:
        what: What the key takes. ``mirrors.config.messages.schema_errors`` puts it into the message.
    """
    return PydanticCustomError("not_taken", "{what}", {"what": what})


def text_not_taken(what: str) -> PydanticCustomError:
    """Return the error of a value that a key of text does not take. The message about a number asks for quotes."""
    return PydanticCustomError("text_not_taken", "{what}", {"what": what})


def pattern_validator(pattern: re.Pattern[str], what: str) -> Callable[[Any], str]:
    """Return a validator of text that a pattern matches from its beginning to its end."""

    def check(value: Any) -> str:
        if isinstance(value, str) and pattern.fullmatch(value):
            return value
        raise text_not_taken(what)

    return check


def text_schema(pattern: re.Pattern[str]) -> WithJsonSchema:
    """Return the JSON Schema of a text that a pattern matches from its beginning to its end."""
    return WithJsonSchema({"type": "string", "pattern": f"^(?:{pattern.pattern})$"})


def integer_schema(least: int, most: int | None = None) -> WithJsonSchema:
    """Return the JSON Schema of a whole number."""
    return WithJsonSchema({"type": "integer", "minimum": least, **({} if most is None else {"maximum": most})})


def is_whole_number(value: Any) -> bool:
    """Return whether a value is a whole number. ``True`` is none."""
    return isinstance(value, int) and not isinstance(value, bool)


def integer_validator(what: str, least: int, most: int | None = None) -> Callable[[Any], int]:
    """Return a validator of a whole number. Its error ends with ``without quotes``: YAML reads a quoted one as text."""

    def check(value: Any) -> int:
        if is_whole_number(value) and least <= value and (most is None or value <= most):
            return int(value)
        raise not_taken(f"{what}, without quotes")

    return check


def validate_text(value: Any) -> Any:
    """Return text, such as a variable's value, and refuse a value that YAML reads as a number, or as true or false.

    A number does not arrive as it is written: 0123 becomes 83, and 1.10 becomes 1.1. Pulumi also writes the changed
    number into the stack's file whenever it saves that file (CLI 3.259).
    """
    if isinstance(value, str) and "\0" not in value:
        return value
    raise text_not_taken("text in quotes")


def validate_text_or_later(value: Any) -> Any:
    """Return text, or the mark of a value that the program knows later."""
    return value if isinstance(value, KnownLater) else validate_text(value)


def false_as_none(value: Any) -> Any:
    """Return None for ``false``, and an empty object, which has the defaults, for ``true``."""
    if isinstance(value, bool):
        return {} if value else None
    return value


def null_as_empty(value: Any) -> Any:
    """Return an empty object for null: YAML reads a key without a value as null."""
    return {} if value is None else value

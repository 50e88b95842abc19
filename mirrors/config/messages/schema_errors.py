"""Word the errors of a configuration as problems: the key, the value that it has, and the values that it takes.

A message never shows the value of a variable, a secret or the token. It names the kind of the value instead.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic_core import ErrorDetails

from mirrors.config.files.scalars import AlteredScalar, YamlScalar
from mirrors.config.messages.key_lookup import fields_by_key, missing_key_remedy, model_at
from mirrors.config.messages.wording import describe_kind, format_value, problem_at, suggest_known
from mirrors.config.models.base import KeyPath
from mirrors.config.platforms import json_keys, secret_key_commands
from mirrors.problems import Problem

__all__ = [
    "ValueSource",
    "altered_scalar_problem",
    "describe_expected",
    "path_of_error",
    "problem_of_error",
    "rewritten_date_problem",
]

_TEXT_ERRORS = frozenset({"text_not_taken", "string_type", "string_unicode"})
"""The types of pydantic's errors about a key that takes text."""

_EXPECTED_BY_ERROR = {
    "bool_type": "true or false, without quotes",
    "dict_type": "an object {name: value}",
    "string_too_short": "text with at least one character",
    "string_type": "text",
    "string_unicode": "text",
    "tuple_type": "a list",
}


class ValueSource(NamedTuple):
    """The source of a value that is not in the configuration.

    Args:
        name: The source in words, such as ``DIVIO_API_TOKEN in the environment``.
        remedy: The end of a remedy that says how to set the value in the configuration.
    """

    name: str
    remedy: str = ""


def problem_of_error(
    error: ErrorDetails,
    origins: Mapping[KeyPath, ValueSource],
    leaf: YamlScalar | None = None,
    *,
    in_yaml: bool = True,
) -> Problem:
    """Word one of pydantic's errors as a problem.

    Args:
        error: The error of pydantic.
        origins: The sources of values that are not in the configuration, by place.
        leaf: How a file writes the value, if that is known.
        in_yaml: Whether the value comes from YAML, which reads some text as a number.
    """
    place = path_of_error(error)
    if error["type"] == "extra_forbidden":
        return problem_at(place, "unknown-key", "Mirrors knows no such key.", _suggest_key(place))
    if error["type"] == "missing":
        remedy = missing_key_remedy(place) if len(place) == 1 else f"Write {describe_expected(error, place)}"
        return problem_at(place, "missing-key", "the key is missing.", remedy[:1].upper() + remedy[1:])
    if place != error["loc"]:
        return problem_at(place, "name-not-taken", "the name is not valid.", f"Write {describe_expected(error, place)}")
    if in_yaml and error["type"] in _TEXT_ERRORS and isinstance(error["input"], int | float):
        if leaf is not None and leaf.text != json.dumps(error["input"]):  # Pulumi has made 2 of 2.0.
            return altered_scalar_problem(AlteredScalar(place, leaf, error["input"]), None)
        return problem_at(place, "needs-quotes", *_needs_quotes_message(error, place, leaf))
    return _make_invalid_value_problem(error, place, origins.get(place))


def _make_invalid_value_problem(error: ErrorDetails, place: KeyPath, origin: ValueSource | None) -> Problem:
    source, command = (f" from {origin.name}", origin.remedy) if origin else ("", "")
    message = f"{_describe_input(error, place)}{source} is not valid."
    return problem_at(place, "value-not-taken", message, f"Write {describe_expected(error, place)}{command}")


def _needs_quotes_message(error: ErrorDetails, place: KeyPath, leaf: YamlScalar | None) -> tuple[str, str]:
    """Return message and remedy about a number, or true or false, in a key that takes text.

    The message shows the scalar of a file in clear.
    """
    kind_read = "true or false" if isinstance(error["input"], bool) else "a number"
    remedy = f"Put the {'slug' if place[-1] in ('application', 'formerly') else 'text'} in quotes"
    if leaf is None:
        value = "the value" if _is_hidden_value(place, error["input"]) else format_value(error["input"])
        return f"YAML reads {value} as {kind_read}.", remedy
    message = f"YAML reads {leaf.text} as {kind_read} ({leaf.where})."
    if leaf.rewritten:  # Pulumi may have written 83 where the user wrote 0123.
        return f"{message} Pulumi changes such values when it saves that file.", f"{remedy}, as you mean it"
    return message, f"{remedy}: {_quote_line(place, leaf)}"


def altered_scalar_problem(found: AlteredScalar, takes: str | None) -> Problem:
    """Return a problem about a scalar that does not arrive as it is written.

    Args:
        found: The scalar.
        takes: What its key takes; None if it takes text.
    """
    leaf, place = found.leaf, found.place
    arrives = "has several meanings" if found.arrived is None else f"arrives as {format_value(found.arrived)}"
    message = f"{leaf.text} without quotes {arrives} ({leaf.where})."
    remedy = f"Put it in quotes: {_quote_line(place, leaf)}"
    if takes is not None:
        remedy = f"Write {takes}, in decimal digits that do not begin with 0"
    return problem_at(place, "value-not-as-written", message, remedy)


def rewritten_date_problem(place: KeyPath, leaf: YamlScalar | None) -> Problem:
    """Return a problem about a date in Pulumi's spelling. No file shows how the user wrote it."""
    where = f" ({leaf.where})" if leaf else ""
    message = f"Pulumi changed a date without quotes{where}."
    return problem_at(place, "value-not-as-written", message, "Put the date in quotes, as you mean it")


def _quote_line(place: KeyPath, leaf: YamlScalar) -> str:
    text = json.dumps(leaf.text, ensure_ascii=False)
    return f"{place[-1]}: {text}" if isinstance(place[-1], str) else text


def path_of_error(error: ErrorDetails) -> KeyPath:
    """Return the place of an error. An error about the key of an entry has the place of that entry."""
    place = error["loc"]
    return place[:-1] if place[-1:] == ("[key]",) and error["type"] != "extra_forbidden" else place


def _suggest_key(place: KeyPath) -> str:
    key = str(place[-1])
    model = model_at(place[:-1])
    known = [str(key) for key in fields_by_key(model)] if model else []
    if len(place) == 1 and (path_of_known := re.match(r"(\w+)[.\[]", key)) and path_of_known[1] in known:
        return "Set a part of an object with pulumi config set --path"
    return suggest_known(key, known)


def _describe_input(error: ErrorDetails, place: KeyPath) -> str:
    value = error["input"]
    return describe_kind(value) if _is_hidden_value(place, value) else format_value(value)


def _is_hidden_value(place: KeyPath, value: Any) -> bool:
    """Return whether a message must not show a value: a variable, a secret, an API address with a user name.

    An object that is no JSON may hold one of these, so it is hidden, too.
    """
    hidden = place[0] in secret_key_commands() or "variables" in place or (place[0] in json_keys() and len(place) == 1)
    return hidden or (place == ("apiUrl",) and "@" in str(value))


def describe_expected(error: ErrorDetails, place: KeyPath) -> str:
    """Return in words what the key at a place takes."""
    model = model_at(place)
    if error["type"] in ("not_taken", "text_not_taken"):
        return error["msg"]
    if error["type"] == "literal_error":
        return str(error["ctx"]["expected"]).replace("'", "")
    if model is not None:
        return f"an object with {', '.join(map(str, fields_by_key(model)))}"
    if place[-1] == "application":
        return "the slug of an application"
    if error["type"] == "missing" and (text := missing_key_remedy(place)):
        return text
    return _EXPECTED_BY_ERROR.get(error["type"], "another value")

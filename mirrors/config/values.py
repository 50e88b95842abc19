"""The types of the configuration's values. The error of each says in one phrase what its key takes."""

import re
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, PlainValidator, SecretStr, WithJsonSchema
from pydantic_core import PydanticCustomError

from mirrors.web_addresses import ApiUrlFault, api_url_fault

HIGHEST_SITE_ID = 2**31 - 1
"""The highest key of a ``Site`` row on PostgreSQL, where Django's ``AutoField`` is a 32-bit integer."""

HIGHEST_PARALLEL = 64
"""The highest number of deployments at once. Each group of three takes a process of its own."""

_EXACT_INTEGER = 2**53
_PERCENT = re.compile(r"([0-9]{1,3})%")
_STATUSES = re.compile(r"([0-9]{3})(?:-([0-9]{3}))?")
_SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}")
_LABEL = re.compile(r"[^\s=\0]+")
_STACK = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+){0,2}")
_TOKEN_PATTERN = re.compile(r"[!-~]+")
_DURATION = re.compile(r"(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s)?")
_STATUS = {"type": ["integer", "string"], "minimum": 100, "maximum": 599, "pattern": f"^{_STATUSES.pattern}$"}


def not_taken(what: str) -> PydanticCustomError:
    """Return the error of a value that its key does not take.

    Args:
        what: What the key takes. ``mirrors.config.messages`` puts it into the message.
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


def _validate_site_id(value: Any) -> int:
    if is_whole_number(value) and 1 <= value <= HIGHEST_SITE_ID:
        return int(value)
    raise not_taken(f"a whole number from 1 to {HIGHEST_SITE_ID}, without quotes")


def validate_text(value: Any) -> Any:
    """Return text, such as a variable's value, and refuse a value that YAML reads as a number, or as true or false.

    A number does not arrive as it is written: 0123 becomes 83, and 1.10 becomes 1.1. Pulumi also writes the changed
    number into the stack's file whenever it saves that file (CLI 3.259).
    """
    if isinstance(value, str) and "\0" not in value:
        return value
    raise text_not_taken("text in quotes")


def _validate_duration(value: Any) -> int:
    match = _DURATION.fullmatch(value) if isinstance(value, str) and value.isascii() else None
    hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    if total := hours * 3600 + minutes * 60 + seconds:
        return total
    raise not_taken("a duration above zero such as 90s, 75m, 2h or 1h30m")


def _validate_request_count(value: Any) -> int:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,2}", value) and 1 <= int(value) <= 64:
        return int(value)
    raise not_taken("a whole number from 1 to 64")


def _validate_parallel(value: Any) -> int:
    if is_whole_number(value) and 1 <= value <= HIGHEST_PARALLEL:
        return int(value)
    raise not_taken(f"a whole number from 1 to {HIGHEST_PARALLEL}, without quotes")


def _validate_wave_number(value: Any) -> int:
    if is_whole_number(value) and value >= 1:
        return int(value)
    raise not_taken("the number of a wave, from 1 on, without quotes")


def _validate_wave_size(value: Any) -> int | str:
    """Return a number of mirrors, or a percentage of them. Both include the mirrors of earlier waves."""
    if is_whole_number(value) and value >= 1:
        return int(value)
    match = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    if match and 1 <= int(match[1]) <= 100:
        return str(value)
    raise not_taken('a number of mirrors from 1 on, without quotes, or a part such as "25%"')


def _validate_hold(value: Any) -> str:
    if isinstance(value, bool):
        return "everything" if value else "nothing"
    if value == "variablesMayDeploy":
        return str(value)
    raise not_taken("true, false or variablesMayDeploy")


def _validate_statuses(value: Any) -> tuple[range, ...]:
    """Return HTTP statuses: single ones, and ranges that include both ends."""
    items = value if isinstance(value, list) else [value]
    found = [_STATUSES.fullmatch(str(item)) for item in items if isinstance(item, str) or is_whole_number(item)]
    ends = [(int(match[1]), int(match[2] or match[1])) for match in found if match]
    if len(ends) == len(items) > 0 and all(100 <= first <= last <= 599 for first, last in ends):
        return tuple(range(first, last + 1) for first, last in ends)
    raise not_taken("a list of HTTP statuses and ranges such as [200-399, 401]")


def _validate_url_path(value: Any) -> str:
    if isinstance(value, str) and re.fullmatch(r"/[!-\"$-~]*", value) and not value.startswith("//"):
        return value
    raise not_taken("a path such as /health/, beginning with a slash")


def false_as_none(value: Any) -> Any:
    """Return None for ``false``, and an empty object, which has the defaults, for ``true``."""
    if isinstance(value, bool):
        return {} if value else None
    return value


def _validate_api_url(value: Any) -> str:
    fault = api_url_fault(value) if isinstance(value, str) else ApiUrlFault.NO_ADDRESS
    if fault is ApiUrlFault.TOKEN_IN_CLEAR:
        raise not_taken(
            "an https:// address, because others can read a token that goes over http:// (only loopback hosts may have"
            " http://)"
        )
    if fault is not None:
        raise not_taken("an address such as https://api.divio.com, without user name, query or fragment")
    return str(value).rstrip("/")


def null_as_empty(value: Any) -> Any:
    """Return an empty object for null: YAML reads a key without a value as null."""
    return {} if value is None else value


Slug = Annotated[
    str,
    PlainValidator(pattern_validator(_SLUG, "an application's slug: up to 63 lower-case letters, digits and hyphens")),
    text_schema(_SLUG),
]
SiteId = Annotated[int, PlainValidator(_validate_site_id), integer_schema(1, HIGHEST_SITE_ID)]
VariableName = Annotated[
    str,
    PlainValidator(pattern_validator(_NAME, "a variable's name: letters, digits and _, no digit first")),
    text_schema(_NAME),
]
LabelName = Annotated[
    str, PlainValidator(pattern_validator(_LABEL, "a name: not empty, no white space, no =")), text_schema(_LABEL)
]
QuotedText = Annotated[str, BeforeValidator(validate_text)]
SecretText = Annotated[SecretStr, BeforeValidator(validate_text)]
ApiToken = Annotated[
    SecretStr, BeforeValidator(pattern_validator(_TOKEN_PATTERN, "a token: printable ASCII without white space"))
]
ApiUrl = Annotated[str, PlainValidator(_validate_api_url), WithJsonSchema({"type": "string", "pattern": "^https?://"})]
StackName = Annotated[str, PlainValidator(pattern_validator(_STACK, "the name of a stack")), text_schema(_STACK)]
DurationSeconds = Annotated[
    int,
    PlainValidator(_validate_duration),
    WithJsonSchema({"type": "string", "minLength": 1, "pattern": f"^{_DURATION.pattern}$"}),
]
RequestCount = Annotated[
    int,
    PlainValidator(_validate_request_count),
    WithJsonSchema({"type": ["integer", "string"], "minimum": 1, "maximum": 64, "pattern": "^[0-9]{1,2}$"}),
]
ParallelCount = Annotated[int, PlainValidator(_validate_parallel), integer_schema(1, HIGHEST_PARALLEL)]
WaveNumber = Annotated[int, PlainValidator(_validate_wave_number), integer_schema(1)]
WaveSize = Annotated[
    int | str,
    PlainValidator(_validate_wave_size),
    WithJsonSchema({"type": ["integer", "string"], "minimum": 1, "pattern": f"^{_PERCENT.pattern}$"}),
]
HttpStatuses = Annotated[
    tuple[range, ...],
    PlainValidator(_validate_statuses),
    WithJsonSchema({"anyOf": [_STATUS, {"type": "array", "items": _STATUS, "minItems": 1}]}),
]
UrlPath = Annotated[str, PlainValidator(_validate_url_path), WithJsonSchema({"type": "string", "pattern": "^/(?!/)"})]
HoldMode = Annotated[
    Literal["nothing", "variablesMayDeploy", "everything"],
    PlainValidator(_validate_hold),
    WithJsonSchema({"enum": [True, False, "variablesMayDeploy"]}),
]

PlainVariables = Annotated[dict[VariableName, QuotedText], BeforeValidator(null_as_empty)]
ContainerLabels = Annotated[dict[LabelName, QuotedText], BeforeValidator(null_as_empty)]
SecretVariables = Annotated[dict[VariableName, SecretText], BeforeValidator(null_as_empty)]

"""The types of the configuration's values. The error of each says in one phrase what its key takes."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainValidator, SecretStr, WithJsonSchema

from mirrors.config.known_later import KnownLater
from mirrors.config.values.validators import (
    integer_schema,
    integer_validator,
    not_taken,
    null_as_empty,
    pattern_validator,
    text_schema,
    validate_text,
    validate_text_or_later,
)
from mirrors.web_addresses import ApiUrlFault, api_url_fault

HIGHEST_SITE_ID = 2**31 - 1
"""The highest key of a ``Site`` row on PostgreSQL, where Django's ``AutoField`` is a 32-bit integer."""

_SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}")
_STACK = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+){0,2}")
_TOKEN_PATTERN = re.compile(r"[!-~]+")
_DURATION = re.compile(r"(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s)?")


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


Slug = Annotated[
    str,
    PlainValidator(pattern_validator(_SLUG, "an application's slug: up to 63 lower-case letters, digits and hyphens")),
    text_schema(_SLUG),
]
SiteId = Annotated[
    int,
    PlainValidator(integer_validator(f"a whole number from 1 to {HIGHEST_SITE_ID}", 1, HIGHEST_SITE_ID)),
    integer_schema(1, HIGHEST_SITE_ID),
]
VariableName = Annotated[
    str,
    PlainValidator(pattern_validator(_NAME, "a variable's name: letters, digits and _, no digit first")),
    text_schema(_NAME),
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
VariableValue = Annotated[str | KnownLater, PlainValidator(validate_text_or_later), WithJsonSchema({"type": "string"})]
PlainVariables = Annotated[dict[VariableName, VariableValue], BeforeValidator(null_as_empty)]
SecretVariables = Annotated[dict[VariableName, SecretText], BeforeValidator(null_as_empty)]

"""The types of the values of a rollout: waves, holds, and the health that a site must have."""

import re
from typing import Annotated, Any, Literal

from pydantic import PlainValidator, WithJsonSchema

from mirrors.config.values.validators import integer_schema, integer_validator, is_whole_number, not_taken

HIGHEST_PARALLEL = 64
"""The highest number of deployments at once. Each group of three takes a process of its own."""

_PERCENT = re.compile(r"([0-9]{1,3})%")
_STATUSES = re.compile(r"([0-9]{3})(?:-([0-9]{3}))?")
_STATUS = {"type": ["integer", "string"], "minimum": 100, "maximum": 599, "pattern": f"^{_STATUSES.pattern}$"}


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


ParallelCount = Annotated[
    int,
    PlainValidator(integer_validator(f"a whole number from 1 to {HIGHEST_PARALLEL}", 1, HIGHEST_PARALLEL)),
    integer_schema(1, HIGHEST_PARALLEL),
]
WaveNumber = Annotated[int, PlainValidator(integer_validator("the number of a wave, from 1 on", 1)), integer_schema(1)]
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

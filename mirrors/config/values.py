"""The types of the configuration's values. The error of each says in one phrase what its key takes."""

import re
from collections.abc import Callable
from ipaddress import ip_address
from typing import Annotated, Any, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import BeforeValidator, PlainValidator, SecretStr, WithJsonSchema
from pydantic_core import PydanticCustomError

HIGHEST_SITE_ID = 2**31 - 1
"""The highest key of a ``Site`` row on PostgreSQL, where Django's ``AutoField`` is a 32-bit integer."""

MOST_PARALLEL = 64
"""The highest number of deployments at once. Each group of three takes a process of its own."""

_EXACT_INTEGER = 2**53
_PERCENT = re.compile(r"([0-9]{1,3})%")
_STATUSES = re.compile(r"([0-9]{3})(?:-([0-9]{3}))?")
_HOST = re.compile(r"(?:[^\W_](?:[\w.-]*[^\W_])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
_SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}")
_LABEL = re.compile(r"[^\s=\0]+")
_STACK = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+){0,2}")
_TOKEN = re.compile(r"[!-~]+")
_DURATION = re.compile(r"(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s)?")
_STATUS = {"type": ["integer", "string"], "minimum": 100, "maximum": 599, "pattern": f"^{_STATUSES.pattern}$"}


def takes(what: str) -> PydanticCustomError:
    """Return the error of a value that its key does not take.

    Args:
        what: What the key takes. ``mirrors.config.messages`` puts it into the message.
    """
    return PydanticCustomError("takes", "{what}", {"what": what})


def takes_text(what: str) -> PydanticCustomError:
    """Return the error of a value that a key of text does not take. The message about a number asks for quotes."""
    return PydanticCustomError("takes_text", "{what}", {"what": what})


def matching(pattern: re.Pattern[str], what: str) -> Callable[[Any], str]:
    """Return a validator of text that a pattern matches from its beginning to its end."""

    def check(value: Any) -> str:
        if isinstance(value, str) and pattern.fullmatch(value):
            return value
        raise takes_text(what)

    return check


def text_schema(pattern: re.Pattern[str]) -> WithJsonSchema:
    """Return the JSON Schema of a text that a pattern matches from its beginning to its end."""
    return WithJsonSchema({"type": "string", "pattern": f"^(?:{pattern.pattern})$"})


def integer_schema(least: int, most: int | None = None) -> WithJsonSchema:
    """Return the JSON Schema of a whole number."""
    return WithJsonSchema({"type": "integer", "minimum": least, **({} if most is None else {"maximum": most})})


def whole(value: Any) -> bool:
    """Return whether a value is a whole number. ``True`` is none."""
    return isinstance(value, int) and not isinstance(value, bool)


def _site_id(value: Any) -> int:
    if whole(value) and 1 <= value <= HIGHEST_SITE_ID:
        return int(value)
    raise takes(f"a whole number from 1 to {HIGHEST_SITE_ID}, without quotes")


def text(value: Any) -> Any:
    """Return text, such as a variable's value, and refuse a value that YAML reads as a number, or as true or false.

    A number does not arrive as it is written: 0123 becomes 83, and 1.10 becomes 1.1. Pulumi also writes the changed
    number into the stack's file whenever it saves that file (CLI 3.259).
    """
    if isinstance(value, str) and "\0" not in value:
        return value
    raise takes_text("text in quotes")


def _seconds(value: Any) -> int:
    match = _DURATION.fullmatch(value) if isinstance(value, str) and value.isascii() else None
    hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    if total := hours * 3600 + minutes * 60 + seconds:
        return total
    raise takes("a duration above zero such as 90s, 75m, 2h or 1h30m")


def _requests(value: Any) -> int:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,2}", value) and 1 <= int(value) <= 64:
        return int(value)
    raise takes("a whole number from 1 to 64")


def _parallel(value: Any) -> int:
    if whole(value) and 1 <= value <= MOST_PARALLEL:
        return int(value)
    raise takes(f"a whole number from 1 to {MOST_PARALLEL}, without quotes")


def _wave_number(value: Any) -> int:
    if whole(value) and value >= 1:
        return int(value)
    raise takes("the number of a wave, from 1 on, without quotes")


def _wave(value: Any) -> int | str:
    """Return a number of mirrors, or a percentage of them. Both include the mirrors of earlier waves."""
    if whole(value) and value >= 1:
        return int(value)
    match = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    if match and 1 <= int(match[1]) <= 100:
        return str(value)
    raise takes('a number of mirrors from 1 on, without quotes, or a part such as "25%"')


def _hold(value: Any) -> str:
    if isinstance(value, bool):
        return "everything" if value else "nothing"
    if value == "variablesMayDeploy":
        return str(value)
    raise takes("true, false or variablesMayDeploy")


def _statuses(value: Any) -> tuple[range, ...]:
    """Return HTTP statuses: single ones, and ranges that include both ends."""
    items = value if isinstance(value, list) else [value]
    found = [_STATUSES.fullmatch(str(item)) for item in items if isinstance(item, str) or whole(item)]
    ends = [(int(match[1]), int(match[2] or match[1])) for match in found if match]
    if len(ends) == len(items) > 0 and all(100 <= first <= last <= 599 for first, last in ends):
        return tuple(range(first, last + 1) for first, last in ends)
    raise takes("a list of HTTP statuses and ranges such as [200-399, 401]")


def _path(value: Any) -> str:
    if isinstance(value, str) and re.fullmatch(r"/[!-\"$-~]*", value) and not value.startswith("//"):
        return value
    raise takes("a path such as /health/, beginning with a slash")


def switched_off(value: Any) -> Any:
    """Return None for ``false``, and an empty object, which has the defaults, for ``true``."""
    if isinstance(value, bool):
        return {} if value else None
    return value


def _split(value: str) -> SplitResult | None:
    try:
        parts = urlsplit(value)
        return parts if parts.port is None or parts.port else None
    except ValueError:  # An IPv6 address is incomplete, or a port is no number.
        return None


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:  # The host is a name.
        return False


def _api_url(value: Any) -> str:
    parts = _split(value) if isinstance(value, str) and re.fullmatch(r"[!-\[\]-~]+", value) else None
    if not parts or parts.scheme not in ("http", "https") or not parts.hostname or re.search("[@?#]", str(value)):
        raise takes("an address such as https://api.divio.com, without user name, query or fragment")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise takes(
            "an https:// address, because others can read a token that goes over http:// (only loopback hosts may have"
            " http://)"
        )
    return str(value).rstrip("/")


def is_host(value: str) -> bool:
    """Return whether a value is one host, with or without a port. The companion app takes the same as ``DOMAIN``."""
    return _HOST.fullmatch(value.lower()) is not None


def nothing_is_empty(value: Any) -> Any:
    """Return an empty object for null: YAML reads a key without a value as null."""
    return {} if value is None else value


Slug = Annotated[
    str,
    PlainValidator(matching(_SLUG, "an application's slug: up to 63 lower-case letters, digits and hyphens")),
    text_schema(_SLUG),
]
SiteId = Annotated[int, PlainValidator(_site_id), integer_schema(1, HIGHEST_SITE_ID)]
Name = Annotated[
    str, PlainValidator(matching(_NAME, "a variable's name: letters, digits and _, no digit first")), text_schema(_NAME)
]
LabelName = Annotated[
    str, PlainValidator(matching(_LABEL, "a name: not empty, no white space, no =")), text_schema(_LABEL)
]
Text = Annotated[str, BeforeValidator(text)]
Secret = Annotated[SecretStr, BeforeValidator(text)]
Token = Annotated[SecretStr, BeforeValidator(matching(_TOKEN, "a token: printable ASCII without white space"))]
ApiUrl = Annotated[str, PlainValidator(_api_url), WithJsonSchema({"type": "string", "pattern": "^https?://"})]
Stack = Annotated[str, PlainValidator(matching(_STACK, "the name of a stack")), text_schema(_STACK)]
Seconds = Annotated[
    int,
    PlainValidator(_seconds),
    WithJsonSchema({"type": "string", "minLength": 1, "pattern": f"^{_DURATION.pattern}$"}),
]
Requests = Annotated[
    int,
    PlainValidator(_requests),
    WithJsonSchema({"type": ["integer", "string"], "minimum": 1, "maximum": 64, "pattern": "^[0-9]{1,2}$"}),
]
Parallel = Annotated[int, PlainValidator(_parallel), integer_schema(1, MOST_PARALLEL)]
WaveNumber = Annotated[int, PlainValidator(_wave_number), integer_schema(1)]
WaveSize = Annotated[
    int | str,
    PlainValidator(_wave),
    WithJsonSchema({"type": ["integer", "string"], "minimum": 1, "pattern": f"^{_PERCENT.pattern}$"}),
]
Statuses = Annotated[
    tuple[range, ...],
    PlainValidator(_statuses),
    WithJsonSchema({"anyOf": [_STATUS, {"type": "array", "items": _STATUS, "minItems": 1}]}),
]
UrlPath = Annotated[str, PlainValidator(_path), WithJsonSchema({"type": "string", "pattern": "^/(?!/)"})]
Hold = Annotated[
    Literal["nothing", "variablesMayDeploy", "everything"],
    PlainValidator(_hold),
    WithJsonSchema({"enum": [True, False, "variablesMayDeploy"]}),
]

Variables = Annotated[dict[Name, Text], BeforeValidator(nothing_is_empty)]
Labels = Annotated[dict[LabelName, Text], BeforeValidator(nothing_is_empty)]
Secrets = Annotated[dict[Name, Secret], BeforeValidator(nothing_is_empty)]

"""Turn a response into a model or an exception, and the platform's words into text that is fit to print."""

import math
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import requests
from pydantic import BaseModel, ValidationError

from mirrors.divio.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    DivioError,
    NotFound,
    PermissionDenied,
    RequestInfo,
    ServerFailed,
    Throttled,
    UnexpectedAnswer,
    ValidationFailed,
)
from mirrors.redaction import RUN_LENGTH, redact

ModelT = TypeVar("ModelT", bound=BaseModel)

ACCOUNT_PATH = "/iam/v3/me/"
BLANK_TEXT = "[blanked]"
_LONGEST_TEXT = 5_000
_LONGEST_MESSAGE = 300
_SECONDS_FORM = re.compile(r"[0-9]+(\.[0-9]+)?")
_IMPOSSIBLE_DATE = re.compile(r"[0-9]{5}")  # in a date: a year, or an offset, that no calendar has


def error_from(
    response: requests.Response, request_info: RequestInfo, *, now: datetime, secrets: Iterable[str]
) -> DivioError:
    """Return the exception for an answer that is not 2xx.

    Bodies are Django REST framework's: ``{"detail": …}`` or ``{field: [messages]}``. Mirrors reads their shape, and
    only passes their words on. A body that is not JSON is not quoted at all.

    Args:
        secrets: Texts to blank in every quotation.
    """
    status = response.status_code
    errors = _field_errors(response, tuple(secrets))
    said = "; ".join(
        ": ".join([field, *texts]) if field != "detail" else " ".join(texts) for field, texts in errors.items()
    )
    if status == 401 or (status == 403 and request_info.path.endswith(ACCOUNT_PATH)):
        return AuthenticationFailed(_join("the token was refused, use a valid access token", said), request_info)
    if status == 403:
        return PermissionDenied(_join("the token's account may not do this", said), request_info)
    if status == 404:
        return NotFound(_join("not there, or not visible to the token's account", said), request_info)
    if status in (400, 409, 422):
        return ValidationFailed(_join("refused", said), request_info, errors=errors)
    pause = parse_retry_after(response, now)
    if status == 429:
        return Throttled(_join("too many requests", said), request_info, retry_after=pause)
    if status == 408:
        return ConnectionFailed("the request did not reach the platform in time", request_info, retry_after=pause)
    if status >= 500:
        return ServerFailed("the platform failed", request_info, retry_after=pause)
    if 300 <= status < 400:
        return UnexpectedAnswer("redirected, which is not followed: correct the address of the API", request_info)
    return UnexpectedAnswer(_join("not an answer that this request has", said), request_info)


def parse_model(model: type[ModelT], value: Any, request_info: RequestInfo) -> ModelT:
    """Return ``value`` as ``model``.

    Raises:
        UnexpectedAnswer: It does not fit. The message has the places and kinds of the misfits, and no value.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        found = error.errors(include_input=False, include_context=False, include_url=False)
    places = ", ".join(f"{'.'.join(map(str, item['loc'])) or 'it'} ({item['type']})" for item in found[:5])
    raise UnexpectedAnswer(f"the answer is no {model.__name__} as documented: {places}", request_info)


def _join(message: str, said: str) -> str:
    return f"{message}: {said}" if said else message


def sanitize(text: str, secrets: Iterable[str]) -> str:
    """Return text on one line, of bounded length, without the secrets or parts of them: echoes may be cut off."""
    said = redact(text[:_LONGEST_TEXT], secrets, whole=True, shortest=1, blank=BLANK_TEXT)
    line = "".join(char if char.isprintable() else " " for char in said)
    return " ".join(line.split())[:_LONGEST_MESSAGE].rstrip()


def _field_errors(response: requests.Response, secrets: Sequence[str]) -> dict[str, list[str]]:
    long = [secret for secret in secrets if len(secret) >= RUN_LENGTH]  # a short one is in many a field's name
    return {
        sanitize(field, long): [sanitize(text, secrets) for text in texts]
        for field, texts in _field_messages(response).items()
    }


def _field_messages(response: requests.Response) -> dict[str, list[str]]:
    try:
        body = response.json()
    except ValueError:
        return {}
    if isinstance(body, dict):
        return {str(field): list(_flatten_texts(value)) for field, value in body.items()}
    return {"non_field_errors": list(_flatten_texts(body))} if isinstance(body, list) else {}


def _flatten_texts(value: Any) -> Iterable[str]:
    if isinstance(value, dict):
        for key, nested in value.items():
            yield from (f"{key}: {text}" for text in _flatten_texts(nested))
    elif isinstance(value, list):
        for nested in value:
            yield from _flatten_texts(nested)
    elif value is not None:
        yield str(value)


def parse_retry_after(response: requests.Response, now: datetime) -> float | None:
    """Return the seconds of ``Retry-After``, in either of its forms (RFC 9110, 10.2.3); None without a usable one.

    Some limiters send a fraction, such as ``1.5``. A moment that no calendar has is far away, never now. A date is
    taken relative to the answer's own ``Date``, so that the two clocks need not agree.
    """
    asked = response.headers.get("Retry-After", "").strip()
    if _SECONDS_FORM.fullmatch(asked):
        return float(asked)
    until = parse_http_date(asked)
    if until is None:
        return math.inf if _IMPOSSIBLE_DATE.search(asked) else None
    return max((until - (parse_date_header(response) or now)).total_seconds(), 0.0)


def parse_date_header(response: requests.Response) -> datetime | None:
    """Return the platform's clock when it answered, in whole seconds, rounded down."""
    return parse_http_date(response.headers.get("Date", ""))


def parse_http_date(text: str) -> datetime | None:
    """Return the moment; None for text that is no date, or a date that Python cannot hold."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

"""Turns a response into an exception or a model, and makes the platform's words fit to print."""

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
from mirrors.redaction import RUN, redact

Model = TypeVar("Model", bound=BaseModel)

TOKEN_CHECK = "/iam/v3/me/"  # noqa: S105 - a path
BLANK = "[blanked]"
_LONGEST_TEXT = 5_000
_LONGEST_MESSAGE = 300
_SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")
_TOO_FAR = re.compile(r"[0-9]{5}")  # in a date: a year, or an offset, that no calendar has


def error_from(
    response: requests.Response, exchange: RequestInfo, *, now: datetime, secrets: Iterable[str]
) -> DivioError:
    """Return the exception for an answer that is not 2xx. ``secrets`` are blanked in every quotation.

    Bodies are Django REST framework's: ``{"detail": …}`` or ``{field: [messages]}``. Their shape is read, and their
    words are only passed on. A body that is not JSON is not quoted at all.
    """
    status = response.status_code
    errors = _errors(response, tuple(secrets))
    said = "; ".join(
        ": ".join([field, *texts]) if field != "detail" else " ".join(texts) for field, texts in errors.items()
    )
    if status == 401 or (status == 403 and exchange.path.endswith(TOKEN_CHECK)):
        return AuthenticationFailed(_join("the token was refused, use a valid access token", said), exchange)
    if status == 403:
        return PermissionDenied(_join("the token's account may not do this", said), exchange)
    if status == 404:
        return NotFound(_join("not there, or not visible to the token's account", said), exchange)
    if status in (400, 409, 422):
        return ValidationFailed(_join("refused", said), exchange, errors=errors)
    pause = retry_after(response, now)
    if status == 429:
        return Throttled(_join("too many requests", said), exchange, retry_after=pause)
    if status == 408:
        return ConnectionFailed("the request did not reach the platform in time", exchange, retry_after=pause)
    if status >= 500:
        return ServerFailed("the platform failed", exchange, retry_after=pause)
    if 300 <= status < 400:
        return UnexpectedAnswer("redirected, which is not followed: correct the address of the API", exchange)
    return UnexpectedAnswer(_join("not an answer that this request has", said), exchange)


def parse(model: type[Model], value: Any, exchange: RequestInfo) -> Model:
    """Return ``value`` as ``model``.

    An error names the place and kind of a misfit, never its value: that may be a secret.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        found = error.errors(include_input=False, include_context=False, include_url=False)
    places = ", ".join(f"{'.'.join(map(str, item['loc'])) or 'it'} ({item['type']})" for item in found[:5])
    raise UnexpectedAnswer(f"the answer is no {model.__name__} as documented: {places}", exchange)


def _join(message: str, said: str) -> str:
    return f"{message}: {said}" if said else message


def fit(text: str, secrets: Iterable[str]) -> str:
    """Return ``text`` on one line, of bounded length, without the secrets or parts of them: echoes come cut off as
    well.
    """
    said = redact(text[:_LONGEST_TEXT], secrets, whole=True, shortest=1, blank=BLANK)
    line = "".join(char if char.isprintable() else " " for char in said)
    return " ".join(line.split())[:_LONGEST_MESSAGE].rstrip()


def _errors(response: requests.Response, secrets: Sequence[str]) -> dict[str, list[str]]:
    long = [secret for secret in secrets if len(secret) >= RUN]  # a short one is in many a field's name
    return {fit(field, long): [fit(text, secrets) for text in texts] for field, texts in _messages(response).items()}


def _messages(response: requests.Response) -> dict[str, list[str]]:
    try:
        body = response.json()
    except ValueError:
        return {}
    if isinstance(body, dict):
        return {str(field): list(_texts(value)) for field, value in body.items()}
    return {"non_field_errors": list(_texts(body))} if isinstance(body, list) else {}


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, dict):
        for key, nested in value.items():
            yield from (f"{key}: {text}" for text in _texts(nested))
    elif isinstance(value, list):
        for nested in value:
            yield from _texts(nested)
    elif value is not None:
        yield str(value)


def retry_after(response: requests.Response, now: datetime) -> float | None:
    """Return the seconds of ``Retry-After``, in either of its forms (RFC 9110, 10.2.3); None without a usable one.

    Some limiters send a fraction, such as ``1.5``. A moment that no calendar has is far away, never now. A date is
    taken relative to the answer's own ``Date``, so that the two clocks need not agree.
    """
    asked = response.headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(asked):
        return float(asked)
    until = http_date(asked)
    if until is None:
        return math.inf if _TOO_FAR.search(asked) else None
    return max((until - (sent_at(response) or now)).total_seconds(), 0.0)


def sent_at(response: requests.Response) -> datetime | None:
    """Return the platform's clock when it answered, in whole seconds, rounded down."""
    return http_date(response.headers.get("Date", ""))


def http_date(text: str) -> datetime | None:
    """Return the moment; None for text that is no date, or a date that Python cannot hold."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

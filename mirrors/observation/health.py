"""Asks a site at its own address whether it is healthy, and whether it is the declared site."""

import json
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

import requests

from mirrors.config.models.rollout import HealthSettings
from mirrors.divio.session import refuses_certificate
from mirrors.planning.rollout.serving_identity import STATUS_PATH, compare_identity, expect_identity

AnswerCheck = Callable[[requests.Response, Callable[[], str]], str | None]
"""Returns the fault of an answer; None if it has none. It reads the body only where it has to."""

REQUEST_SECONDS = 10.0
"""Seconds that one request may take."""

OUT_OF_TIME = "not asked, because other sites took all the time; run the command again"

BODY_BYTES = 1_000_000
"""Bytes of an answer that are looked at: a page is smaller, and a stream never ends."""


def check_health(url: str, health: HealthSettings, variables: Mapping[str, str], until: float = math.inf) -> str | None:
    """Return what is wrong with a site's answers; None if nothing is.

    Args:
        variables: {name: value} that the site was deployed with.
        until: The deadline, as ``time.monotonic()`` counts. No request begins later. Each takes ``REQUEST_SECONDS`` at
            most.

    Returns:
        The request and its answer, such as ``GET https://…/: 500, where 200-399 is healthy``.
    """
    return next(_find_faults(url.rstrip("/"), health, variables, until), None)


def _find_faults(url: str, health: HealthSettings, variables: Mapping[str, str], until: float) -> Iterator[str]:
    """Yield each fault of an answer. Mirrors asks the second question only if the first answer had none."""
    questions = [(health.path, partial(_find_health_fault, health=health))]
    if health.identity:
        questions.append((STATUS_PATH, partial(_find_wrong_site, variables=variables)))
    for path, find_fault in questions:
        left = min(REQUEST_SECONDS, health.timeout, until - time.monotonic())
        if wrong := _ask_site(url + path, left, find_fault) if left > 0 else OUT_OF_TIME:
            yield f"GET {url + path}: {wrong}"


def _ask_site(address: str, limit: float, find_fault: AnswerCheck) -> str | None:
    """Ask without a cookie, a credential or a redirect, as a stranger does.

    Args:
        address: The address to ask.
        limit: The seconds that the whole answer may take.
        find_fault: Returns the fault of an answer; None if it has none.
    """
    deadline = time.monotonic() + limit
    try:
        with requests.Session() as session:
            session.trust_env = False  # without this, ~/.netrc sends a user's password to a site
            with session.get(address, timeout=limit, allow_redirects=False, stream=True) as answer:
                return find_fault(answer, partial(_read_body, answer, deadline))
    except requests.RequestException as error:
        return _describe_no_answer(error)


def _read_body(answer: requests.Response, deadline: float) -> str:
    """Read byte by byte, because the read of a longer piece waits for all of it.

    Raises:
        Timeout: The deadline for the whole answer has passed.
    """
    body = bytearray()
    for piece in answer.iter_content(1):
        body += piece
        if len(body) >= BODY_BYTES:
            break
        if time.monotonic() > deadline:
            raise requests.Timeout
    try:
        return body.decode(answer.encoding or "utf-8", errors="replace")
    except LookupError:  # the site names an encoding that there is not
        return body.decode(errors="replace")


def _find_health_fault(answer: requests.Response, body: Callable[[], str], health: HealthSettings) -> str | None:
    if not any(answer.status_code in statuses for statuses in health.statuses):
        return f"{answer.status_code}, where {_format_statuses(health.statuses)} is healthy"
    if health.text is not None and health.text not in body():
        return f"{answer.status_code}, without the text {health.text!r}"
    return None


def _find_wrong_site(answer: requests.Response, body: Callable[[], str], variables: Mapping[str, str]) -> str | None:
    """Return the fault of a process that is not the declared one. Only the companion app shows which one it is."""
    if answer.status_code != requests.codes.ok:
        return (
            f"{answer.status_code}, so Mirrors cannot tell which site it is. The companion app django_mirrors answers"
            " here if MIRRORS_STATUS is on"
        )
    try:
        found = json.loads(body())
    except ValueError:
        found = None
    return compare_identity(expect_identity(variables), found)


def _describe_no_answer(error: requests.RequestException) -> str:
    if refuses_certificate(error):
        return "its certificate is not valid"
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    return "no connection"


def _format_statuses(statuses: Iterable[range]) -> str:
    return ", ".join(f"{item[0]}-{item[-1]}" if len(item) > 1 else str(item[0]) for item in statuses)

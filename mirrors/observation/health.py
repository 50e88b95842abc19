"""One look at a site, at its own address: does it answer as a healthy one does, and is it the declared one?"""

import json
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

import requests

from mirrors.config.rollout import HealthSettings
from mirrors.divio.transport import refuses_certificate
from mirrors.planning.rollout.serving_identity import STATUS_PATH, compare_identity, expect_identity

AnswerCheck = Callable[[requests.Response, Callable[[], str]], str | None]
"""A complaint about an answer, or None. It reads the body only where it has to."""

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
    return next(_found(url.rstrip("/"), health, variables, until), None)


def _found(url: str, health: HealthSettings, variables: Mapping[str, str], until: float) -> Iterator[str]:
    """Return the first complaint. Each question is asked only if the answer before was well."""
    questions = [(health.path, partial(_unhealthy, health=health))]
    if health.identity:
        questions.append((STATUS_PATH, partial(_mistaken, variables=variables)))
    for path, wrong_with in questions:
        left = min(REQUEST_SECONDS, health.timeout, until - time.monotonic())
        if wrong := _asked(url + path, left, wrong_with) if left > 0 else OUT_OF_TIME:
            yield f"GET {url + path}: {wrong}"


def _asked(address: str, limit: float, wrong_with: AnswerCheck) -> str | None:
    """Ask without a cookie, a credential or a redirect, as a stranger does.

    ``limit``: seconds, for the whole answer.
    """
    deadline = time.monotonic() + limit
    try:
        with requests.Session() as session:
            session.trust_env = False  # without this, ~/.netrc sends a user's password to a site
            with session.get(address, timeout=limit, allow_redirects=False, stream=True) as answer:
                return wrong_with(answer, partial(_body, answer, deadline))
    except requests.RequestException as error:
        return _unanswered(error)


def _body(answer: requests.Response, deadline: float) -> str:
    """Read byte by byte, because the read of a longer piece waits for all of it.

    Raises Timeout over the whole answer.
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


def _unhealthy(answer: requests.Response, body: Callable[[], str], health: HealthSettings) -> str | None:
    if not any(answer.status_code in statuses for statuses in health.statuses):
        return f"{answer.status_code}, where {_shown(health.statuses)} is healthy"
    if health.text is not None and health.text not in body():
        return f"{answer.status_code}, without the text {health.text!r}"
    return None


def _mistaken(answer: requests.Response, body: Callable[[], str], variables: Mapping[str, str]) -> str | None:
    """Return a complaint where the process is not the declared one.

    Without the companion app there is no way to know.
    """
    if answer.status_code != requests.codes.ok:
        return (
            f"{answer.status_code}, so Mirrors cannot tell which site it is. The companion app django_mirrors answers"
            " here if MIRRORS_STATUS is on"
        )
    try:
        told = json.loads(body())
    except ValueError:
        told = None
    return compare_identity(expect_identity(variables), told)


def _unanswered(error: requests.RequestException) -> str:
    if refuses_certificate(error):
        return "its certificate is not valid"
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    return "no connection"


def _shown(statuses: Iterable[range]) -> str:
    return ", ".join(f"{item[0]}-{item[-1]}" if len(item) > 1 else str(item[0]) for item in statuses)

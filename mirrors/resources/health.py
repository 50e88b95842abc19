"""Whether a site answers as a healthy one does, asked at its own address."""

import time
from collections.abc import Iterable

import requests

from mirrors.config import Health
from mirrors.errors import UnhealthyError

LONGEST_LOOK = 10.0
"""Seconds that one request may take."""

PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds between two looks; the last one is repeated."""


def wait_until_healthy(site: str, deployment: str, url: str | None, health: Health) -> None:
    """Looks until the site is healthy. Raises UnhealthyError once ``health.timeout`` is over.

    Without an address there is nothing to ask: the platform's own check has to do.
    """
    if url is None:
        return
    address = url.rstrip("/") + health.path
    deadline = time.monotonic() + health.timeout
    looks = 0
    while (wrong := _wrong_with(address, health)) is not None:
        pause = PAUSES[min(looks, len(PAUSES) - 1)]
        if time.monotonic() + pause >= deadline:
            raise UnhealthyError(site, deployment, f"GET {address}: {wrong}", health.timeout)
        time.sleep(pause)
        looks += 1


def _wrong_with(address: str, health: Health) -> str | None:
    """None for a healthy answer. No cookie, no credential and no redirect: what anybody sees there."""
    limit = min(LONGEST_LOOK, health.timeout)
    try:
        with requests.Session() as session:
            session.trust_env = False  # else ~/.netrc sends somebody's password to a site
            answer = session.get(address, timeout=limit, allow_redirects=False)
    except requests.RequestException as error:
        return _unanswered(error)
    if not any(answer.status_code in statuses for statuses in health.statuses):
        return f"{answer.status_code}, where {_shown(health.statuses)} is healthy"
    if health.text is not None and health.text not in answer.text:
        return f"{answer.status_code}, without the text {health.text!r}"
    return None


def _unanswered(error: requests.RequestException) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not accepted"
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    return "no connection"


def _shown(statuses: Iterable[range]) -> str:
    return ", ".join(f"{item[0]}-{item[-1]}" if len(item) > 1 else str(item[0]) for item in statuses)

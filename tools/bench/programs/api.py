"""A client of the platform's API as a user in a hurry would write it, for the programs of this folder alone."""

from __future__ import annotations

import os
import time
from functools import cache
from typing import Any

import requests

TIMEOUT = 60.0  # seconds
POLL = 0.5  # seconds
ALL = 1000  # the largest page
SHARED = ("DATABASE_URL", "DEFAULT_STORAGE_DSN")


@cache
def session() -> requests.Session:
    made = requests.Session()
    made.trust_env = False
    made.headers["Authorization"] = f"Token {os.environ['DIVIO_API_TOKEN']}"
    return made


def call(method: str, path: str, body: dict[str, Any] | None = None, **query: Any) -> Any:
    """Return the answer's JSON; None where there is nothing at this path."""
    url = f"{os.environ['DIVIO_API_URL']}/apps/v3/{path}"
    answer = session().request(method, url, json=body, params=query, timeout=TIMEOUT)
    if answer.status_code == requests.codes.not_found:
        return None
    answer.raise_for_status()
    return answer.json() if answer.content else {}


def listed(path: str, **query: Any) -> list[dict[str, Any]]:
    """Return all entries of one page, which is all of them here."""
    found: list[dict[str, Any]] = call("GET", path, page_size=ALL, **query)["results"]
    return found


def environment_of(application: str, stage: str = "test") -> str:
    """Return the uuid of an application's environment, by their slugs."""
    [found] = listed("applications/", slug=application)
    [environment] = [item for item in listed("environments/", application=found["uuid"]) if item["slug"] == stage]
    return str(environment["uuid"])


def running_with(environment: str) -> dict[str, str]:
    """Return the variables of the newest successful deployment."""
    newest = next(item for item in listed("deployments/", environment=environment) if item["success"])
    frozen = call("GET", f"deployments/{newest['uuid']}/environment-variables/")["environment_variables"]
    return dict(frozen)


def deployed(environment: str) -> str:
    """Deploy, wait, and return the deployment's uuid."""
    uuid = call("POST", "deployments/", {"environment": environment})["uuid"]
    while not (seen := call("GET", f"deployments/{uuid}/"))["ended_at"]:
        time.sleep(POLL)
    if not seen["success"]:
        raise SystemExit(f"deployment {uuid} failed")
    return str(uuid)


def desired(slug: str, site_id: int, shared: dict[str, str]) -> dict[str, tuple[str, bool]]:
    """Return {name: (value, is sensitive)} in the order in which they are set."""
    return {
        "SITE_ID": (str(site_id), False),
        "MIRRORS_APPLICATION": (slug, False),
        **{name: (shared[name], True) for name in reversed(SHARED)},
    }

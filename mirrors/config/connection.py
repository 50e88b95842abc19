"""The part of the configuration that a provider process needs: how to reach the platform, and how long to wait."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from mirrors.config.base import ConfigModel
from mirrors.config.rollout import Rollout
from mirrors.config.values import ApiUrl, Requests, Token
from mirrors.errors import ConfigurationError
from mirrors.problems import Problem

DEFAULT_API_URL = "https://api.divio.com"

ENVIRON = {"apiUrl": "DIVIO_API_URL", "apiToken": "DIVIO_API_TOKEN"}
"""These variables of the process environment win, also over the configuration of the last ``up``, which is what a
refresh has until the program runs."""

PROVIDER_KEYS = ("apiUrl", "apiToken", "rollout", "maxConcurrentRequests")
"""What a provider process reads of the configuration."""


class Connection(ConfigModel):
    """Hashable, so that a process can keep one client for each."""

    api_url: ApiUrl = DEFAULT_API_URL
    api_token: Token
    rollout: Rollout = Rollout()
    max_concurrent_requests: Requests = 8


def load_rollout(raw: Mapping[str, str]) -> Rollout:
    """From the same, where nothing else is needed. Raises ConfigurationError."""
    try:
        return Rollout.model_validate(json.loads(raw.get("rollout") or "{}"))
    except (json.JSONDecodeError, ValidationError):
        raise ConfigurationError(_not_valid("rollout")) from None


def load_connection(raw: Mapping[str, str], environ: Mapping[str, str]) -> Connection:
    """From the raw values of the namespace ``mirrors``. Raises ConfigurationError, which names the key and no value."""
    values: dict[str, Any] = {key: raw[key] for key in ("apiUrl", "apiToken", "maxConcurrentRequests") if key in raw}
    values |= {key: environ[name] for key, name in ENVIRON.items() if environ.get(name)}
    try:
        if "rollout" in raw:
            values["rollout"] = json.loads(raw["rollout"])
        return Connection.model_validate(values)
    except json.JSONDecodeError:
        raise ConfigurationError(_not_valid("rollout")) from None
    except ValidationError as error:
        keys = sorted({str(item["loc"][0]) for item in error.errors(include_input=False)})
        raise ConfigurationError(*map(_not_valid, keys)) from None


def _not_valid(key: str) -> Problem:
    if key not in ENVIRON:
        return Problem("value-not-taken", "not valid", path=f"mirrors:{key}")
    remedy = f"set it in the stack, or {ENVIRON[key]} in the environment"
    return Problem("connection-invalid", "missing or not valid", remedy, path=f"mirrors:{key}")

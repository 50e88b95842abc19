"""The keys that a provider process needs: how to reach the platform, and how long to wait for it."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from mirrors.config.models.base import ConfigModel
from mirrors.config.models.rollout import RolloutSettings
from mirrors.config.values.common_values import ApiToken, ApiUrl, RequestCount
from mirrors.errors import ConfigurationError
from mirrors.problems import Problem

DEFAULT_API_URL = "https://api.divio.com"

CONNECTION_ENVIRON = {"apiUrl": "DIVIO_API_URL", "apiToken": "DIVIO_API_TOKEN"}
"""{key: the environment variable that overrides it}.

The variable counts in a refresh, too. Until the program runs, Pulumi passes a refresh the configuration of the last
``up``, so a new token reaches it through the variable alone.
"""

PROVIDER_KEYS = ("apiUrl", "apiToken", "rollout", "maxConcurrentRequests")
"""The keys of the configuration that a provider process reads."""


class DivioConnection(ConfigModel):
    """How to reach the platform. It is hashable, so that a process can keep one client for each connection."""

    api_url: ApiUrl = DEFAULT_API_URL
    api_token: ApiToken
    rollout: RolloutSettings = RolloutSettings()
    max_concurrent_requests: RequestCount = 8


def load_rollout(raw: Mapping[str, str]) -> RolloutSettings:
    """Return the rollout alone, for a provider that needs no other key.

    Args:
        raw: The values of the namespace ``mirrors``; objects are JSON.

    Raises:
        ConfigurationError: The value is not valid.
    """
    try:
        return RolloutSettings.model_validate(json.loads(raw.get("rollout") or "{}"))
    except (json.JSONDecodeError, ValidationError):
        raise ConfigurationError(_make_invalid_key_problem("rollout")) from None


def load_divio_connection(raw: Mapping[str, str], environ: Mapping[str, str]) -> DivioConnection:
    """Return the connection that the configuration and the process environment describe.

    Args:
        raw: The values of the namespace ``mirrors``; objects are JSON.
        environ: The environment of the process. Its variables in ``CONNECTION_ENVIRON`` override the configuration.

    Raises:
        ConfigurationError: A value is missing or not valid. The error names the key, and shows no value.
    """
    values: dict[str, Any] = {key: raw[key] for key in ("apiUrl", "apiToken", "maxConcurrentRequests") if key in raw}
    values |= {key: environ[name] for key, name in CONNECTION_ENVIRON.items() if environ.get(name)}
    try:
        if "rollout" in raw:
            values["rollout"] = json.loads(raw["rollout"])
        return DivioConnection.model_validate(values)
    except json.JSONDecodeError:
        raise ConfigurationError(_make_invalid_key_problem("rollout")) from None
    except ValidationError as error:
        keys = sorted({str(item["loc"][0]) for item in error.errors(include_input=False)})
        raise ConfigurationError(*map(_make_invalid_key_problem, keys)) from None


def _make_invalid_key_problem(key: str) -> Problem:
    if key not in CONNECTION_ENVIRON:
        remedy = "Correct it: docs/reference/configuration lists what each key takes"
        return Problem("value-not-taken", "the value is not valid.", remedy, path=f"mirrors:{key}")
    remedy = f"Set it in the stack, or set {CONNECTION_ENVIRON[key]} in the environment"
    return Problem("connection-invalid", "the value is missing or not valid.", remedy, path=f"mirrors:{key}")

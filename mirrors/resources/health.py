"""Asks a site until it is healthy, or until the time is up."""

import time
from collections.abc import Mapping
from typing import Any

from mirrors.config.rollout import Health
from mirrors.errors import UnhealthyError
from mirrors.observation.health import check_health
from mirrors.resources.provider import say

PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds between two looks; the last one is repeated."""


def wait_until_healthy(site: str, outputs: Mapping[str, Any], health: Health, variables: Mapping[str, str]) -> None:
    """Ask until the site is healthy. Raises UnhealthyError once ``health.timeout`` is over.

    A site without an address cannot be asked. The platform's own check has to do there.

    Args:
        outputs: those of the site's deployment.
        variables: {name: value} that it was deployed with.
    """
    if outputs["url"] is None:
        say(f"{site}: the platform gives no address for it, so it was not asked whether it is healthy")
        return
    deadline = time.monotonic() + health.timeout
    looks = 0
    while (wrong := check_health(outputs["url"], health, variables)) is not None:
        pause = PAUSES[min(looks, len(PAUSES) - 1)]
        if time.monotonic() + pause >= deadline:
            raise UnhealthyError(site, outputs["deployment"], wrong, health.timeout)
        time.sleep(pause)
        looks += 1

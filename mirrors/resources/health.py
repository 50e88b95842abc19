"""Ask a site until it is healthy, or until the time is up."""

import time
from collections.abc import Mapping
from typing import Any

from mirrors.config.models.rollout import HealthSettings
from mirrors.observation.health import check_health
from mirrors.resources.failures import site_unhealthy
from mirrors.resources.progress_lines import log_progress

HEALTH_PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds between two requests. The last one is repeated."""


def wait_until_healthy(
    site: str, outputs: Mapping[str, Any], health: HealthSettings, variables: Mapping[str, str]
) -> None:
    """Ask until the site is healthy. A site without an address cannot be asked, so the platform's own check has to do.

    Args:
        outputs: The outputs of the site's deployment.
        variables: {name: value} that it was deployed with.

    Raises:
        MirrorsError: The site was not healthy within ``health.timeout``.
    """
    if outputs["url"] is None:
        log_progress(f"{site}: the platform gives no address for it, so Mirrors did not check its health")
        return
    deadline = time.monotonic() + health.timeout
    requests = 0
    while (wrong := check_health(outputs["url"], health, variables)) is not None:
        pause = HEALTH_PAUSES[min(requests, len(HEALTH_PAUSES) - 1)]
        if time.monotonic() + pause >= deadline:
            raise site_unhealthy(site, outputs["deployment"], wrong, health.timeout)
        time.sleep(pause)
        requests += 1

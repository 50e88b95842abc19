"""Read what a deployment runs with. A platform of several servers may show a new deployment a moment late."""

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from mirrors.divio import Divio, NotFound
from mirrors.planning.variables.addresses import make_site_url
from mirrors.planning.variables.names import DOMAIN
from mirrors.resources.process import PROCESS_MEMORY

Item = TypeVar("Item")

APPEARANCE_PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds between two requests for a new deployment that the platform does not show yet."""


def read_deployed_variables(divio: Divio, deployment: str) -> Mapping[str, str | None]:
    """Return the variables that a deployment runs with. A hidden value is None."""
    return retry_until_shown(lambda: PROCESS_MEMORY.bulk_reads(divio).deployed_variables(deployment))


def make_deployment_outputs(deployment: str, variables: Mapping[str, str | None]) -> dict[str, Any]:
    """Return the outputs of a site that runs this deployment, which has these variables."""
    return {"deployment": deployment, "url": make_site_url(variables.get(DOMAIN))}


def retry_until_shown(request: Callable[[], Item]) -> Item:
    """Repeat a request until the platform shows the item. Raises NotFound if it does not show it within seconds."""
    for pause in APPEARANCE_PAUSES:
        try:
            return request()
        except NotFound:
            time.sleep(pause)
    return request()

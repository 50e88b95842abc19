"""Derive which release a site runs from the times of deployments, because the API does not say it."""

from collections.abc import Iterable
from datetime import UTC, datetime

from mirrors.planning.observed import ObservedDeployment

_NEVER = datetime.min.replace(tzinfo=UTC)


def newest_successful(deployments: Iterable[ObservedDeployment]) -> ObservedDeployment | None:
    """Return the successful deployment that ended last, whatever order the platform lists them in."""
    done = [item for item in deployments if item.has_succeeded]
    return max(done, key=lambda item: item.ended_at or _NEVER, default=None)


def newest_started(deployments: Iterable[ObservedDeployment]) -> ObservedDeployment | None:
    """Return the deployment that started last."""
    return max(deployments, key=lambda item: item.started_at or _NEVER, default=None)


def newest_running(deployments: Iterable[ObservedDeployment]) -> ObservedDeployment | None:
    """Return the deployment that started last among those that still run."""
    return newest_started(item for item in deployments if item.is_running)


def find_release(deployment: ObservedDeployment, releases: Iterable[ObservedDeployment]) -> str | None:
    """Return the release that a mirror's deployment runs: the newest one that was ready before the deployment started.

    A platform deploys the newest image. An image exists once the original's deployment that built it has succeeded.

    Returns:
        The uuid of the release; None where the list has no release that is old enough.
    """
    started = deployment.started_at
    if started is None:
        return None
    release = newest_successful(item for item in releases if item.ended_at is not None and item.ended_at <= started)
    return release.uuid if release else None

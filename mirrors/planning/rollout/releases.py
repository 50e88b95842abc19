"""Which release a site runs. The API does not say it, so it is derived from the times of deployments."""

from collections.abc import Iterable
from datetime import UTC, datetime

from mirrors.planning.observed import ObservedDeployment

_NEVER = datetime.min.replace(tzinfo=UTC)


def newest_successful(deployments: Iterable[ObservedDeployment]) -> ObservedDeployment | None:
    """By the time it ended, whatever order the platform lists them in."""
    done = [item for item in deployments if item.succeeded]
    return max(done, key=lambda item: item.ended_at or _NEVER, default=None)


def newest_started(deployments: Iterable[ObservedDeployment]) -> ObservedDeployment | None:
    return max(deployments, key=lambda item: item.started_at or _NEVER, default=None)


def newest_running(deployments: Iterable[ObservedDeployment]) -> ObservedDeployment | None:
    return newest_started(item for item in deployments if item.running)


def release_of(deployment: ObservedDeployment, releases: Iterable[ObservedDeployment]) -> str | None:
    """The release that a mirror's deployment runs: the newest one that was ready before the deployment started.

    A platform deploys the newest image there is, and an image is there once the original's deployment that built it
    has succeeded. None: there was no release yet, or it is older than what the platform lists.
    """
    started = deployment.started_at
    if started is None:
        return None
    release = newest_successful(item for item in releases if item.ended_at is not None and item.ended_at <= started)
    return release.uuid if release else None

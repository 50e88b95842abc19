"""Deployments without processes: the same outcomes, at once or after a time that costs nothing."""

import os
import threading

from django.db import connection

from mirrors_sandbox.models import Deployment, Fault
from mirrors_sandbox.releases import ReleaseError, release_of
from mirrors_sandbox.runner.progress import DeploymentFailed, Progress, apply_wrong_variables

__all__ = ["carry_out", "hangs_for", "mark_interrupted", "read"]

SECONDS_VARIABLE = "MIRRORS_SANDBOX_DEPLOYMENT_SECONDS"


def read(uuid: str) -> Deployment:
    """The deployment, with all that carrying it out needs."""
    related = ("environment__application__original", "release")
    return Deployment.objects.select_related(*related).get(pk=uuid)


def carry_out(uuid: str, fault: Fault | None) -> None:
    """End the deployment now, or after the seconds that the sandbox has for a deployment."""
    seconds = hangs_for(fault)
    if seconds is None:
        return
    seconds = seconds or float(os.environ.get(SECONDS_VARIABLE) or 0)
    if seconds:
        timer = threading.Timer(seconds, _finish_in_thread, [uuid, fault])
        timer.daemon = True
        timer.start()
    else:
        _finish(uuid, fault)


def hangs_for(fault: Fault | None) -> float | None:
    """Return how many seconds a fault holds a deployment up: 0 without one, None without end."""
    if fault is None or fault.kind != "deployment-hangs":
        return 0.0
    seconds = fault.settings.get("seconds")
    return None if seconds is None else float(seconds)


def mark_interrupted() -> None:
    """Deployments that a stop or a crash interrupted have failed: whatever carried them out is gone."""
    for deployment in Deployment.objects.filter(ended_at=None):
        Progress(deployment).finish(success=False, status="interrupted: the sandbox stopped while this was deploying")


def _finish_in_thread(uuid: str, fault: Fault | None) -> None:
    try:
        _finish(uuid, fault)
    finally:
        connection.close()


def _finish(uuid: str, fault: Fault | None) -> None:
    deployment = read(uuid)
    progress = Progress(deployment)
    try:
        _assign_release(deployment)
        fail_if_asked(fault)
    except (ReleaseError, DeploymentFailed) as error:
        progress.finish(success=False, status=str(error))
        return
    if fault is not None and fault.kind == "deployment-wrong-variables":
        apply_wrong_variables(deployment, fault)
    progress.finish(success=True)


def _assign_release(deployment: Deployment) -> None:
    """Check as with processes. An original without a codebase is fine here: nothing would run it."""
    application = deployment.environment.application
    if application.original is None and not application.codebase:
        return
    Deployment.objects.filter(pk=deployment.pk).update(release=release_of(deployment.environment))


def fail_if_asked(fault: Fault | None) -> None:
    """Fail the deployment where a fault asks for it.

    Raises:
        DeploymentFailed: the fault says so.
    """
    if fault is not None and fault.kind in ("deployment-fails", "deployment-hangs"):
        raise DeploymentFailed(fault.settings.get("message", f"a fault on request: {fault.kind}"))

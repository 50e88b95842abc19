"""Carries deployments out: with real processes, or, with ``MIRRORS_SANDBOX_RUNNER=none``, without any.

The server calls ``start_up`` before it listens and ``shut_down`` when it ends; posting a deployment calls ``submit``.
"""

import os

from mirrors_sandbox.faults import next_deployment_fault
from mirrors_sandbox.models import Deployment
from mirrors_sandbox.runner import pool, rehearsal

__all__ = ["end_site", "shut_down", "start_up", "submit"]

RUNNER_VARIABLE = "MIRRORS_SANDBOX_RUNNER"


def submit(deployment: Deployment) -> None:
    """Carry out a deployment that was posted and committed; returns at once."""
    fault = next_deployment_fault(deployment)
    if _has_processes():
        pool.submit(deployment.pk, fault)
    else:
        rehearsal.carry_out(deployment.pk, fault)


def start_up() -> None:
    """End what a crash left behind, mark the deployments it interrupted, and let sites serve that served before."""
    rehearsal.mark_interrupted()
    if _has_processes():
        pool.restore()


def end_site(environment: str, label: str) -> None:
    """End the process of an environment that was deleted. ``label``: what it was called, such as ``acme/test``."""
    pool.end_site(environment, label)


def shut_down() -> None:
    """End all processes of sites and release commands; what they were is remembered for the next start."""
    pool.shut_down()


def _has_processes() -> bool:
    return os.environ.get(RUNNER_VARIABLE, "process") != "none"

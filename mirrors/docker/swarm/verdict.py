"""Decide whether a service serves what is declared, still starts, or has failed. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mirrors.docker.swarm.observed import ObservedService, ObservedTask

PENDING_GRACE = 10.0
"""Seconds that a task may be without a node. A node that comes back, or frees memory, takes a few."""

MINIMUM_UPTIME = 3.0
"""Seconds that the tasks of a new service have to run. Without a health check, a task runs as soon as it has begun."""


class Outcome(StrEnum):
    """The three answers about a service."""

    STARTING = "starting"
    SERVING = "serving"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Declared:
    """The declaration of a service, as far as it says which service has to run.

    Args:
        revision: The digest of all but the image.
        image: The image, with its digest where a registry names one.
        replicas: The number of tasks.
    """

    revision: str
    image: str
    replicas: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement about a service.

    Args:
        outcome: Whether it serves, starts or has failed.
        code: The problem's code where it has failed.
        found: The failure in words, without a full stop.
        task: The task whose log shows why; None without one.
        keeps_serving: Whether the former tasks go on serving.
    """

    outcome: Outcome
    code: str = ""
    found: str = ""
    task: str | None = None
    keeps_serving: bool = False


STARTING = Verdict(Outcome.STARTING)
SERVING = Verdict(Outcome.SERVING)


def judge_service(
    service: ObservedService,
    tasks: Sequence[ObservedTask],
    declared: Declared,
    ended_before: Collection[str] = (),
    elapsed: float = 0.0,
) -> Verdict:
    """Judge a service at one moment.

    Args:
        service: The service.
        tasks: Its tasks, the newest first.
        declared: What it has to run.
        ended_before: The tasks that had ended at the first look. The cause may have been corrected since.
        elapsed: The seconds since the first look.
    """
    if not _runs_declared_spec(service, declared):
        return _judge_other_spec(service, tasks, declared)
    if service.update_state in ("paused", "rollback_paused"):
        return Verdict(Outcome.FAILED, "service-paused", f"Swarm has stopped its update: {service.update_message}")
    current = [task for task in tasks if task.is_current]
    serving_before = any(task.state == "running" and not task.is_current for task in tasks)
    for task in current:
        if task.has_ended and task.id not in ended_before:
            found = describe_end(task)
            return Verdict(Outcome.FAILED, "service-task-ended", found, task.id, keeps_serving=serving_before)
    if elapsed >= PENDING_GRACE:
        for task in current:
            if task.state == "pending" and task.error:
                found = f"Swarm has no node for its task: {task.error}"
                return Verdict(Outcome.FAILED, "service-task-pending", found, keeps_serving=serving_before)
    return _judge_running_tasks(service, current, declared, elapsed)


def _runs_declared_spec(service: ObservedService, declared: Declared) -> bool:
    same_image = service.image == declared.image or service.image.startswith(f"{declared.image}@")
    return service.revision == declared.revision and same_image and service.replicas == declared.replicas


def _judge_other_spec(service: ObservedService, tasks: Sequence[ObservedTask], declared: Declared) -> Verdict:
    """Return the failure of a service that runs another spec than the declared one. It is never a success."""
    ended = next((task for task in tasks if task.has_ended and not task.is_current), None)
    serving = any(task.state == "running" and task.is_current for task in tasks)
    if service.update_state.startswith("rollback"):
        why = f": {describe_end(ended)}" if ended else ""
        found = f"Swarm went back to what it ran before{why}"
        return Verdict(Outcome.FAILED, "service-rolled-back", found, ended.id if ended else None, keeps_serving=serving)
    if service.replicas != declared.replicas:
        found = f"Swarm wants {service.replicas} tasks for it, and {declared.replicas} are declared"
        return Verdict(Outcome.FAILED, "service-differs", found, keeps_serving=serving)
    found = "its service is not as it is declared: something else has changed it"
    return Verdict(Outcome.FAILED, "service-differs", found, keeps_serving=serving)


def _judge_running_tasks(
    service: ObservedService, current: Sequence[ObservedTask], declared: Declared, elapsed: float
) -> Verdict:
    running = [task for task in current if task.state == "running" and task.is_wanted]
    if len(running) < declared.replicas or service.update_state in ("updating", "rollback_started"):
        return STARTING
    if not service.update_state and elapsed < MINIMUM_UPTIME:
        return STARTING
    return SERVING


def judge_time_out(tasks: Sequence[ObservedTask], declared: Declared, timeout: float) -> Verdict:
    """Return the failure of a service that has not served in time."""
    current = [task for task in tasks if task.is_current and task.is_wanted]
    running = sum(task.state == "running" for task in current)
    waiting = next((task for task in current if task.state != "running"), None)
    state = f" (a task is {waiting.state}{f': {waiting.error}' if waiting.error else ''})" if waiting else ""
    found = f"{running} of {declared.replicas} tasks were ready within {timeout:g} s{state}"
    serving = any(task.state == "running" and not task.is_current for task in tasks)
    return Verdict(Outcome.FAILED, "service-not-ready", found, waiting.id if waiting else None, keeps_serving=serving)


def may_roll_back(service: ObservedService, declared: Declared, served: tuple[str, str] | None) -> bool:
    """Return whether Mirrors takes a failed update back.

    A rollback leads one step back, wherever that is. So Mirrors asks for one only where the step leads to what has
    served, and only while the service still has the declared spec.

    Args:
        service: The service, as the failure was seen.
        declared: The spec that failed.
        served: The revision and the image that served at the end of the last update; None before the first.
    """
    leads_back = served is not None and service.former == served
    return leads_back and _runs_declared_spec(service, declared) and not service.update_state.startswith("rollback")


def describe_end(task: ObservedTask) -> str:
    """Say how a task ended, in Swarm's own words where it has some."""
    if task.state == "rejected":
        return f"a node has refused its task: {task.error}"
    if task.exit_code not in (None, 0):
        return f"its task ended with exit code {task.exit_code}"
    return f"its task ended: {task.error}" if task.error else "its task ended with exit code 0"

"""Say what is wrong with a site's service and its tasks, for ``mirrors status``. Pure."""

from collections.abc import Iterator, Sequence

from mirrors.docker.swarm.observed import ObservedService, ObservedTask
from mirrors.planning.reports.site_status import SiteCondition

TaskFinding = tuple[SiteCondition, str]


def find_task_faults(service: ObservedService, tasks: Sequence[ObservedTask], declared: int) -> tuple[TaskFinding, ...]:
    """Return what is wrong with a service.

    Args:
        service: The service.
        tasks: Its tasks, the newest first.
        declared: The number of tasks that it is declared with.
    """
    return (*_find_missing_tasks(service, tasks), *_find_update_faults(service), *_find_scale(service, declared))


def _find_missing_tasks(service: ObservedService, tasks: Sequence[ObservedTask]) -> Iterator[TaskFinding]:
    wanted = service.replicas or 0
    running = [task for task in tasks if task.is_current and task.is_wanted and task.state == "running"]
    if len(running) >= wanted:
        return
    said = f"{len(running)} of {wanted} tasks run{_explain(tasks)}"
    if service.update_state in ("updating", "rollback_started"):
        yield SiteCondition.DEPLOYING, f"Swarm is updating its service: {said}"
    elif any(task.state == "running" for task in tasks):
        yield SiteCondition.UNVERIFIED, said
    else:
        yield SiteCondition.FAILED, said


def _explain(tasks: Sequence[ObservedTask]) -> str:
    """Return the reason of the newest task that does not run; empty where Swarm gives none."""
    stopped = next((task for task in tasks if task.state != "running" and task.error), None)
    return f": {stopped.error}" if stopped else ""


def _find_update_faults(service: ObservedService) -> Iterator[TaskFinding]:
    if service.update_state in ("paused", "rollback_paused"):
        yield SiteCondition.UNVERIFIED, f"Swarm has stopped its update: {service.update_message}"
    elif service.update_state == "rollback_completed":
        yield SiteCondition.UNVERIFIED, "its last update was taken back: an up tries it again"


def _find_scale(service: ObservedService, declared: int) -> Iterator[TaskFinding]:
    if service.replicas != declared:
        yield SiteCondition.UNVERIFIED, f"Swarm wants {service.replicas} tasks, and {declared} are declared"

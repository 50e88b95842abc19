"""From what the client returns to what the planner reads: the planner knows no client, the client no planner."""

from collections.abc import Iterable, Mapping

from mirrors.divio import Deployment, Divio, EnvironmentVariable
from mirrors.planning.observed import DeploymentSeen, VariableSeen
from mirrors.planning.releases import newest_successful

Frozen = Mapping[str, str | None]


def variable_seen(item: EnvironmentVariable) -> VariableSeen:
    return VariableSeen(item.value, item.is_sensitive)


def by_name(items: Iterable[EnvironmentVariable]) -> dict[str, VariableSeen]:
    return {item.name: variable_seen(item) for item in items}


def deployment_seen(item: Deployment) -> DeploymentSeen:
    return DeploymentSeen(item.uuid, item.started_at, item.ended_at, item.success)


def deployments_seen(divio: Divio, environment: str) -> tuple[DeploymentSeen, ...]:
    return tuple(map(deployment_seen, divio.deployments.list(environment)))


def running_in(divio: Divio, environment: str) -> tuple[tuple[DeploymentSeen, ...], Frozen | None]:
    """An environment's deployments, and the variables that the newest successful one runs with; None without one."""
    deployments = deployments_seen(divio, environment)
    done = newest_successful(deployments)
    return deployments, divio.deployments.environment_variables(done.uuid).environment_variables if done else None

"""From what the client returns to what the planner reads: the planner knows no client, the client no planner."""

from collections.abc import Iterable

from mirrors.divio import Deployment, Divio, EnvironmentVariable
from mirrors.planning.observed import DeployedVariables, ObservedDeployment, ObservedVariable
from mirrors.planning.rollout.releases import newest_successful


def convert_variable(item: EnvironmentVariable) -> ObservedVariable:
    return ObservedVariable(item.value, item.is_sensitive)


def convert_variables(items: Iterable[EnvironmentVariable]) -> dict[str, ObservedVariable]:
    return {item.name: convert_variable(item) for item in items}


def convert_deployment(item: Deployment) -> ObservedDeployment:
    return ObservedDeployment(item.uuid, item.started_at, item.ended_at, item.success)


def observe_deployments(divio: Divio, environment: str) -> tuple[ObservedDeployment, ...]:
    return tuple(map(convert_deployment, divio.deployments.list(environment)))


def observe_deployed_variables(
    divio: Divio, environment: str
) -> tuple[tuple[ObservedDeployment, ...], DeployedVariables | None]:
    """Return an environment's deployments, and the variables of the newest successful one; None without one."""
    deployments = observe_deployments(divio, environment)
    done = newest_successful(deployments)
    return deployments, divio.deployments.environment_variables(done.uuid).environment_variables if done else None

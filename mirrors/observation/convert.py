"""From what the client returns to what the planner reads: the planner knows no client, the client no planner."""

from collections.abc import Iterable, Mapping

from mirrors.divio import Deployment, Divio, EnvironmentVariable
from mirrors.planning.observed import ObservedDeployment, ObservedVariable
from mirrors.planning.rollout.releases import newest_successful

Frozen = Mapping[str, str | None]


def observed_variable(item: EnvironmentVariable) -> ObservedVariable:
    return ObservedVariable(item.value, item.is_sensitive)


def by_name(items: Iterable[EnvironmentVariable]) -> dict[str, ObservedVariable]:
    return {item.name: observed_variable(item) for item in items}


def observed_deployment(item: Deployment) -> ObservedDeployment:
    return ObservedDeployment(item.uuid, item.started_at, item.ended_at, item.success)


def observe_deployments(divio: Divio, environment: str) -> tuple[ObservedDeployment, ...]:
    return tuple(map(observed_deployment, divio.deployments.list(environment)))


def running_in(divio: Divio, environment: str) -> tuple[tuple[ObservedDeployment, ...], Frozen | None]:
    """Return an environment's deployments, and the variables of the newest successful one; None without one."""
    deployments = observe_deployments(divio, environment)
    done = newest_successful(deployments)
    return deployments, divio.deployments.environment_variables(done.uuid).environment_variables if done else None

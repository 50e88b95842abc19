"""From what the client returns to what the planner reads: the planner knows no client, the client no planner."""

from collections.abc import Iterable

from mirrors.divio import Divio, EnvironmentVariable
from mirrors.planning.observed import DeploymentSeen, VariableSeen


def variable_seen(item: EnvironmentVariable) -> VariableSeen:
    return VariableSeen(item.value, item.is_sensitive)


def by_name(items: Iterable[EnvironmentVariable]) -> dict[str, VariableSeen]:
    return {item.name: variable_seen(item) for item in items}


def deployments_seen(divio: Divio, environment: str) -> tuple[DeploymentSeen, ...]:
    items = divio.deployments.list(environment)
    return tuple(DeploymentSeen(item.uuid, item.started_at, item.ended_at, item.success) for item in items)

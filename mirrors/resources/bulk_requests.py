"""Requests about many environments at once. A platform may refuse each of them, or leave environments out."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from mirrors.divio import Divio, Environment, EnvironmentVariable
from mirrors.divio.errors import REFUSALS
from mirrors.observation.convert import convert_deployment
from mirrors.planning.observed import ObservedDeployment

CHUNK_SIZE = 100
"""Environments that one request asks for: as many as fit one URL."""


def select_chunk(
    listed: Iterable[Environment], environment: Environment, trait: Callable[[Environment], bool]
) -> list[Environment]:
    """Return the environment and those likely to be read next: of the same stage, and alike in the trait.

    Any other one would only cost bytes.
    """
    alike = [item for item in listed if item.slug == environment.slug and trait(item) == trait(environment)]
    first = [item.uuid for item in alike].index(environment.uuid) // CHUNK_SIZE * CHUNK_SIZE
    return alike[first : first + CHUNK_SIZE]


def list_variables_of(divio: Divio, chunk: Sequence[Environment]) -> dict[str, list[EnvironmentVariable]] | None:
    """Return {environment: its variables}; None where the platform does not list those of several environments."""
    found: dict[str, list[EnvironmentVariable]] = {item.uuid: [] for item in chunk}
    try:
        for variable in divio.environment_variables.list([*found]):
            found[variable.environment].append(variable)
    except REFUSALS:
        return None
    return found


def find_deployed_environments(divio: Divio, chunk: Sequence[Environment]) -> dict[str, bool]:
    """Return {environment: whether it has a deployment}. If the platform refuses to list them, each may have one."""
    try:
        deployed = {item.environment for item in divio.deployments.list_of_several([item.uuid for item in chunk])}
    except REFUSALS:
        deployed = {item.uuid for item in chunk}
    return {item.uuid: item.uuid in deployed for item in chunk}


def find_latest_finished(divio: Divio, chunk: Sequence[Environment]) -> dict[str, ObservedDeployment | None]:
    """Return {environment: its last ended deployment}.

    It is None where a deployment runs, or where the platform does not list it.
    """
    latest = {item.uuid: item.last_finished_deployment or "" for item in chunk}
    try:
        found = divio.deployments.list_newest([*latest], set(filter(None, latest.values())))
    except REFUSALS:
        found = {}
    busy = {item.environment for item in found.values() if item.running}
    known: Mapping[str, ObservedDeployment] = {
        uuid: convert_deployment(found[ended]) for uuid, ended in latest.items() if ended in found and uuid not in busy
    }
    return {uuid: known.get(uuid) for uuid in latest}


def list_visible_environments(divio: Divio) -> set[str]:
    """Return the uuids of all environments that the token sees, freshly listed."""
    listed = divio.environments.list_all()
    known = {item.application for item in listed}
    others = (divio.environments.list(item.uuid) for item in divio.applications.list() if item.uuid not in known)
    return {item.uuid for item in listed} | {item.uuid for each in others for item in each}

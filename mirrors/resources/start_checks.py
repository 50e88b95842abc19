"""The last checks before a deployment starts: the original's newest release, and the variables that are set."""

from collections.abc import Collection, Mapping

from mirrors.divio import Divio
from mirrors.observation.convert import convert_variables
from mirrors.planning.rollout.releases import newest_successful
from mirrors.planning.variables.writes import find_unset
from mirrors.resources.deployed_variables import read_deployed_variables
from mirrors.resources.failures import newer_release, variables_not_as_written
from mirrors.resources.process import PROCESS_MEMORY
from mirrors.resources.provider import list_deployments_or_empty, list_or_empty


def refuse_newer_release(divio: Divio, site: str, image_environment: str, expected: Collection[str] | None) -> None:
    """Refuse to start where the original has a newer release: the platform would deploy that one.

    Args:
        divio: The client.
        site: The site to deploy.
        image_environment: The environment whose newest release the platform deploys.
        expected: The releases that may be the newest; None: any may be.
    """
    if expected is None or PROCESS_MEMORY.bulk_reads(divio).newest_release(image_environment) in expected:
        return
    newest = newest_successful(list_deployments_or_empty(divio, image_environment))
    if newest is not None and newest.uuid not in expected:
        raise newer_release(site)


def verify_variables(
    divio: Divio, site: str, environment: str, values: Mapping[str, str], deployment: str | None
) -> None:
    """Verify the variables before a deployment starts, even if Mirrors wrote none: what is set is what deploys.

    The platform shows of a hidden value only what a deployment runs with. Mirrors writes the declared value again
    unless the present deployment runs with it, because others may have set another one.

    Args:
        divio: The client.
        site: The site to deploy.
        environment: Its environment.
        values: {name: value} of the declared variables.
        deployment: The present deployment; None where there is none.
    """
    if PROCESS_MEMORY.verified_variables.get(environment) == values:
        return
    live = PROCESS_MEMORY.unchanged_variables.pop(environment, None)
    if live is None:
        live = list_or_empty(divio.environment_variables.list, divio, environment)
    wrong = find_unset(values, convert_variables(live))
    if wrong:
        raise variables_not_as_written(site, wrong)
    hidden = [item for item in live if item.value is None and item.name in values]
    deployed = read_deployed_variables(divio, deployment) if hidden and deployment else {}
    for item in hidden:
        if deployed.get(item.name) != values[item.name]:
            PROCESS_MEMORY.bulk_reads(divio).forget_variables(environment)
            with PROCESS_MEMORY.variable_gate.enter(site, f"set {item.name} to its declared value; then deploy"):
                divio.environment_variables.update(item.uuid, values[item.name], item.is_sensitive)

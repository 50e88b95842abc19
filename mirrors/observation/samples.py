"""Reads the deployed variables of a few mirrors, to see whether a shared value changed under them."""

from mirrors.config import Settings
from mirrors.divio import Divio
from mirrors.observation.convert import observe_deployed_variables
from mirrors.planning.observed import DeployedVariables, ObservedFleet


def observe_samples(divio: Divio, settings: Settings, seen: ObservedFleet) -> list[DeployedVariables]:
    """Return the deployed variables of the first, the middle and the last mirror: they speak for most.

    It takes two requests each. A mirror that was never deployed is left out, and so is a held one: Mirrors cannot
    repair it. Raises DivioError.
    """
    environments = [
        site.environment
        for item in settings.mirrors
        if settings.effective_hold(item) != "everything"
        if (site := seen.mirrors.get(item.application)) is not None and site.environment and site.variables
    ]
    few = environments[:1] + environments[len(environments) // 2 :][:1] + environments[-1:]
    looks = (observe_deployed_variables(divio, environment) for environment in dict.fromkeys(few))
    return [deployed for _, deployed in looks if deployed is not None]

"""Looks at what few mirrors run with, to tell whether what all share was changed under them."""

from mirrors.config import Settings
from mirrors.divio import Divio
from mirrors.observation.convert import running_in
from mirrors.planning.observed import ObservedFleet
from mirrors.planning.plan import Frozen


def samples(divio: Divio, settings: Settings, seen: ObservedFleet) -> list[Frozen]:
    """What the first, the middle and the last mirror of the list run with: most of them tell what most of all do.

    Two requests each; nothing of a mirror that was never deployed. Raises DivioError.
    """
    environments = [
        site.environment
        for item in settings.mirrors
        if (site := seen.mirrors.get(item.application)) is not None and site.environment and site.variables
    ]
    few = environments[:1] + environments[len(environments) // 2 :][:1] + environments[-1:]
    looks = (running_in(divio, environment) for environment in dict.fromkeys(few))
    return [frozen for _, frozen in looks if frozen is not None]

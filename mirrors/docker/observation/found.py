"""The fleet as a program finds it on its Docker host, and the kind of resources that it declares there."""

from dataclasses import dataclass

from mirrors.docker.observation.workloads import ObservedContainers
from mirrors.docker.sites.units import SiteUnits
from mirrors.problems import Note, Problem


@dataclass(frozen=True)
class FoundFleet:
    """A fleet at the start of a program.

    Args:
        seen: What runs.
        units: The resources that a site is made of here.
        problems: What stops the update.
        notes: Remarks for a preview.
    """

    seen: ObservedContainers
    units: SiteUnits
    problems: tuple[Problem, ...] = ()
    notes: tuple[Note, ...] = ()

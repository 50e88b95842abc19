"""The sites of a stack as a platform shows them now, for ``mirrors status`` and ``mirrors report``."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mirrors.planning.observed import ObservedDeployment
from mirrors.planning.reports.site_status import SiteStatus


@dataclass(frozen=True, slots=True)
class StackStatus:
    """The sites of a stack.

    Args:
        rows: A row for each declared site, the original first, then one for each site that has left and still runs.
        deployments: {slug: its deployments}; empty where the platform keeps no history.
        releases: The deployments whose images the mirrors run; empty where the platform keeps no history.
    """

    rows: tuple[SiteStatus, ...]
    deployments: Mapping[str, tuple[ObservedDeployment, ...]] = field(default_factory=dict)
    releases: tuple[ObservedDeployment, ...] = ()

"""Find the changes that a held site must not get, because any deployment of it takes the newest image."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from mirrors.planning.observed import ObservedFleet, ObservedSite
from mirrors.planning.variables.names import MIRRORS_APPLICATION, SITE_ID, sort_for_writing
from mirrors.planning.variables.shared import find_shared_values
from mirrors.problems import Problem

if TYPE_CHECKING:
    from mirrors.config import MirrorSettings, Settings


def make_held_site_problem(site: str, names: Iterable[str]) -> Problem:
    """Return the problem of a held site whose variables would change. ``names`` are those of the variables."""
    return Problem(
        "held-site-variables-change",
        f"it is held, but its variables change: {', '.join(names)}. A deployment would take the newest image.",
        "Set hold: false to roll out to this site, or hold: variablesMayDeploy to let changed variables deploy it",
        site,
    )


def find_held_site_changes(
    settings: Settings, observed: ObservedFleet, *, rotates_credentials: bool = False
) -> Iterator[Problem]:
    """Yield a problem for each held site whose variables would change, as far as the platform shows them.

    The resources compare a hidden value with the state. In a credential rotation a held site stops no repair of other
    sites: its resource keeps it as it is, and the end of the run reports it. A site that Mirrors does not manage yet is
    in no state that could keep it, so it stays a problem.
    """
    for mirror in settings.mirrors:
        site = observed.mirrors.get(mirror.application)
        if site is None or site.environment is None or settings.effective_hold(mirror) != "everything":
            continue
        if rotates_credentials and site.is_managed(mirror.formerly):
            continue
        if names := _find_changing_names(settings, observed, mirror, site):
            yield make_held_site_problem(site.slug, names)


def _find_changing_names(
    settings: Settings, observed: ObservedFleet, mirror: MirrorSettings, site: ObservedSite
) -> list[str]:
    """Return the names of the variables that would change, in the order of writing.

    An undeclared SITE_ID only has to exist, because the state knows its value. Mirrors may add MIRRORS_APPLICATION
    without a deployment, but must not overwrite it.
    """
    own = {SITE_ID: str(mirror.site_id) if mirror.site_id else None}
    declared = {name: item.value for name, item in settings.variables_of(site.slug).items()}
    wanted = {**own, **find_shared_values(settings, observed.original), **declared}
    owner = {} if site.is_managed() or MIRRORS_APPLICATION not in site.variables else {MIRRORS_APPLICATION: None}
    return [
        name
        for name in sort_for_writing({**wanted, **owner})
        if name in owner or _is_different(wanted[name], site, name)
    ]


def _is_different(wanted: str | None, site: ObservedSite, name: str) -> bool:
    live = site.variables.get(name)
    return live is None or (wanted is not None and live.value is not None and live.value != wanted)

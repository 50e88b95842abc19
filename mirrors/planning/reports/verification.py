"""Which sites run a deployment that no ``up`` has found healthy, and how ``mirrors status`` says so."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from mirrors.config import Settings
from mirrors.planning.observed import ObservedFleet
from mirrors.planning.reports.status import SiteStatus, State

HIDES = frozenset({State.CONVERGED, State.HELD, State.BEHIND})
"""The states of which an unhealthy site is the worse one. Any other says already that somebody has something to do."""


def unverified(
    settings: Settings,
    seen: ObservedFleet,
    rows: Iterable[SiteStatus],
    managed: Collection[str],
    verified: Mapping[str, str],
) -> tuple[SiteStatus, ...]:
    """Those of the rows whose deployment an ``up`` has not asked, or has not found healthy.

    ``managed``: the environments whose variables the stack's state has: a site that no ``up`` has reached yet is not
    judged by what the state lacks. ``verified``: {environment: deployment}, as the state has them.
    """
    if settings.rollout.health is None:
        return ()
    held = {item.application for item in settings.mirrors if settings.hold_of(item) == "everything"}
    sites = {site.slug: site.environment for site in (seen.original, *seen.mirrors.values()) if site is not None}
    return tuple(
        row
        for row in rows
        if row.state in HIDES
        and row.application not in held
        and (environment := sites.get(row.application)) in managed
        and verified.get(environment or "") != row.deployment
    )


def as_unverified(row: SiteStatus, wrong: str | None) -> SiteStatus:
    """``wrong``: the request and its answer, where the site has been asked now and is not healthy."""
    why = wrong or "no up has found this deployment healthy yet; the next one asks"
    return replace(row, state=State.UNVERIFIED, details=(f"not verified: {why}", *row.details))

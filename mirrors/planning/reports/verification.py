"""Find the sites whose deployment no ``pulumi up`` has found healthy, for ``mirrors status``."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from mirrors.config import Settings
from mirrors.planning.observed import ObservedFleet
from mirrors.planning.reports.site_status import SiteCondition, SiteStatus

BETTER_THAN_UNVERIFIED = frozenset({SiteCondition.CONVERGED, SiteCondition.HELD, SiteCondition.OUTDATED})
"""The states that are better than "not verified". Any other state already asks the user to act."""


def find_unverified(
    settings: Settings,
    observed: ObservedFleet,
    rows: Iterable[SiteStatus],
    managed: Collection[str],
    verified: Mapping[str, str],
) -> tuple[SiteStatus, ...]:
    """Return the rows whose deployment no ``pulumi up`` has found healthy.

    Args:
        settings: The configuration.
        observed: The observed fleet.
        rows: The rows of the status.
        managed: The environments in the stack's state. A site that no update has reached yet is left out.
        verified: {environment: deployment} of the deployments that an update found healthy.
    """
    if settings.rollout.health is None:
        return ()
    held = {item.application for item in settings.mirrors if settings.effective_hold(item) == "everything"}
    sites = {
        site.slug: site.environment for site in (observed.original, *observed.mirrors.values()) if site is not None
    }
    return tuple(
        row
        for row in rows
        if row.state in BETTER_THAN_UNVERIFIED
        and row.application not in held
        and (environment := sites.get(row.application)) in managed
        and verified.get(environment or "") != row.deployment
    )


def mark_unverified(row: SiteStatus, wrong: str | None) -> SiteStatus:
    """Return the row of a site that is not verified.

    Args:
        row: The row.
        wrong: The request and its answer, if the site was asked now and is not healthy; otherwise None.
    """
    why = wrong or "no up has found this deployment healthy yet; the next one asks"
    return replace(row, state=SiteCondition.UNVERIFIED, details=(f"not verified: {why}", *row.details))

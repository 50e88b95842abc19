"""The row of one site in ``mirrors status``."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from mirrors.config import MirrorSettings, Settings


class SiteCondition(StrEnum):
    """The state of a site, from the best to the worst. Only the first two count as converged."""

    CONVERGED = "converged"
    HELD = "held"
    OUTDATED = "behind the original"
    DEPLOYING = "deploying"
    UNVERIFIED = "not verified"
    NOT_DEPLOYED = "not deployed"
    VARIABLES_DIFFER = "variables differ"
    REMOVED = "removed, still running"
    FAILED = "failed"
    MISSING = "missing"


CONVERGED_CONDITIONS = frozenset({SiteCondition.CONVERGED, SiteCondition.HELD})


@dataclass(frozen=True, slots=True)
class SiteStatus:
    """One row of ``mirrors status``.

    Args:
        application: The slug.
        role: ``original``, ``mirror`` or ``retired``.
        site_id: The deployed SITE_ID.
        environment: The environment's name.
        url: The site's address.
        release: The release that the site runs.
        deployment: The newest successful deployment.
        deployed_at: The time of its end.
        state: The worst state that applies.
        details: The reasons why the site is not converged.
        foreign: The names of variables that Mirrors does not manage.
        notes: Remarks for any state.
        is_behind: Whether a mirror runs an older release, whatever its state.
    """

    application: str
    role: str
    site_id: int | None
    environment: str
    url: str | None
    release: str | None
    deployment: str | None
    deployed_at: datetime | None
    state: SiteCondition
    details: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    is_behind: bool = False


def make_absent_status(slug: str, role: str, environment: str, state: SiteCondition, detail: str) -> SiteStatus:
    """Return the row of a site that is not there."""
    return SiteStatus(slug, role, None, environment, None, None, None, None, state, (detail,))


def mark_held(settings: Settings, mirror: MirrorSettings, row: SiteStatus) -> SiteStatus:
    """Return the row of a mirror. A mirror on hold is behind on purpose, so it counts as held. Other states stay."""
    on_hold = row.state is SiteCondition.OUTDATED and settings.declared_hold(mirror) != "nothing"
    return replace(row, state=SiteCondition.HELD) if on_hold else row


def mark_different(row: SiteStatus, detail: str) -> SiteStatus:
    """Return the row with one more detail, and at least ``VARIABLES_DIFFER``."""
    worse = max(row.state, SiteCondition.VARIABLES_DIFFER, key=list(SiteCondition).index)
    return replace(row, state=worse, details=(detail, *row.details))

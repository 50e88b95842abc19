"""How the commands show conditions, times, releases and tables."""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from rich.console import Console

from mirrors.planning.reports.site_status import SiteCondition

LOG_WIDTH = 160
RELEASE_LENGTH = 8
"""The characters of a release's name that are shown."""

TONES: Mapping[SiteCondition, str] = {
    SiteCondition.CONVERGED: "ok",
    SiteCondition.HELD: "held",
    SiteCondition.OUTDATED: "late",
    SiteCondition.DEPLOYING: "running",
    SiteCondition.UNVERIFIED: "late",
    SiteCondition.NOT_DEPLOYED: "late",
    SiteCondition.VARIABLES_DIFFER: "failed",
    SiteCondition.REMOVED: "failed",
    SiteCondition.FAILED: "failed",
    SiteCondition.MISSING: "failed",
}
"""{condition: how it is marked}, by ``mirrors status`` with a colour and by ``mirrors report`` with a class of CSS."""

TONE_COLOURS = {"ok": "green", "held": "cyan", "late": "yellow", "running": "blue", "failed": "red"}
"""{tone: its colour on a terminal}."""


def make_console() -> Console:
    """Return a console. A pipe or a log has no width to keep to, and an address that is cut short opens nothing."""
    return Console() if sys.stdout.isatty() else Console(width=LOG_WIDTH)


def format_moment(moment: datetime | None) -> str:
    """Return a time in UTC, to the minute."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M") if moment else "-"


def format_duration(span: timedelta) -> str:
    """Return a time such as ``1 h 02 min``, ``4 min 05 s`` or ``7 s``."""
    minutes, seconds = divmod(round(span.total_seconds()), 60)
    hours, rest = divmod(minutes, 60)
    if hours:
        return f"{hours} h {rest:02} min"
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"


def format_release(release: str | None) -> str:
    return (release or "-")[:RELEASE_LENGTH]

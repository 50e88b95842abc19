"""The words of an update's progress that each view shows."""

from collections.abc import Sequence

from mirrors.planning.reports.update_progress import UpdateProgress
from mirrors.planning.site_lists import format_sites

STOPPING = "Stopping after the sites that deploy now. Ctrl-C again stops at once."


def format_refresh(progress: UpdateProgress) -> str:
    """Return how far the engine's look at the sites is, such as ``refreshing: 12 of 300 sites``."""
    return f"refreshing: {len(progress.refreshed)} of {len(progress.sites)} sites"


def name_sites(sites: Sequence[str], message: str) -> str:
    return name_site(sites[0], message) if len(sites) == 1 else f"{format_sites(sites)}: {message}"


def name_site(site: str, message: str) -> str:
    """Return a message that begins with its site, as those of Mirrors do anyway."""
    return message if not site or message.startswith(site) else f"{site}: {message}"

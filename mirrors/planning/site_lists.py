"""Write lists of sites into a line: the first slugs, and how many more there are."""

from collections.abc import Sequence

SITES_SHOWN = 8
"""How many sites a line names. It counts the rest."""


def format_sites(sites: Sequence[str]) -> str:
    """Return the number of sites and the first of their slugs, such as ``2 sites: acme, acme-de``."""
    return f"{format_site_count(sites)}: {format_slugs(sites)}"


def format_site_count(sites: Sequence[str]) -> str:
    """Return the number of sites, such as ``2 sites``."""
    return f"{len(sites)} site{'s' if len(sites) != 1 else ''}"


def format_slugs(sites: Sequence[str], shown: int = SITES_SHOWN) -> str:
    """Return the first ``shown`` slugs, and how many more there are."""
    more = f" and {len(sites) - shown} more" if len(sites) > shown else ""
    return f"{', '.join(sites[:shown])}{more}"

"""Read SITE_IDs from containers: those of declared sites, and those of what shares their database. Pure."""

from collections.abc import Mapping

from mirrors.config import Settings, SiteSettings
from mirrors.planning.observed import ObservedFleet
from mirrors.planning.site_ids.facts import SiteFacts, UndeclaredSite
from mirrors.planning.variables.names import MIRRORS_APPLICATION, SITE_ID, parse_site_id


def make_container_facts(settings: Settings, seen: ObservedFleet, declared: SiteSettings) -> SiteFacts:
    """Return the facts about a site. Its slug is its application, and a container's variables show its SITE_ID."""
    slug, is_original = declared.application, declared is settings.fleet.original
    there = seen.original if is_original else seen.mirrors.get(slug)
    own = there.variables.get(SITE_ID) if there else None
    observed = parse_site_id(own.value) if own else None
    return SiteFacts(
        slug,
        slug,
        is_original,
        declared.site_id,
        observed,
        declared.formerly,
        has_unreadable_id=own is not None and observed is None,
        is_managed=True,  # Mirrors makes every container with the fleet's labels.
        has_owner=there is not None and MIRRORS_APPLICATION in there.variables,
        deployed_ids=() if own is None else None,
    )


def undeclared_site_from(values: Mapping[str, str]) -> UndeclaredSite | None:
    """Return the ids of a container that shares the database and is not declared; None for one without a SITE_ID.

    Args:
        values: {name: value} of its variables.
    """
    if SITE_ID not in values:
        return None
    site_id = parse_site_id(values[SITE_ID])
    return UndeclaredSite(() if site_id is None else (site_id,), site_id is None, values.get(MIRRORS_APPLICATION, ""))

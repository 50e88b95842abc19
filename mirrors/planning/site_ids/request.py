"""The facts of an allocation on their way from the program to ``SiteIds``, as its check-only property ``hints``."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from mirrors.config import FleetSettings
from mirrors.planning.site_ids.facts import AllocationRequest, IdHolder, ReferenceStack, SiteFacts, UndeclaredSite

AllocationHints = dict[str, Any]
"""An ``AllocationRequest`` as Pulumi carries it. ``dump_configured_hints`` and ``dump_site_hints`` make it."""


def dump_configured_hints(fleet: FleetSettings) -> AllocationHints:
    """Return the part that the configuration has."""
    return {
        "retired": list(fleet.retired),
        "reserved": list(fleet.reserved_site_ids),
        "reserved_for": dict(fleet.reserved_for),
        "release": list(fleet.release_site_ids),
        "highest": fleet.highest_site_id,
    }


def dump_site_hints(
    sites: Sequence[SiteFacts],
    undeclared_sites: Mapping[str, UndeclaredSite],
    undeclared_applications: Mapping[str, str],
) -> AllocationHints:
    """Return the part that a platform has observed."""
    return {
        "sites": [asdict(site) for site in sites],
        "neighbours": {slug: asdict(site) for slug, site in undeclared_sites.items()},
        "listed": dict(undeclared_applications),
    }


def load_request(hints: Mapping[str, Any]) -> AllocationRequest:
    """Return the request. The numbers in ``hints`` are integers, and nothing in it is unknown."""
    reference = hints.get("reference")
    return AllocationRequest(
        tuple(_load_site(site) for site in hints["sites"]),
        retired=frozenset(hints["retired"]),
        reserved=frozenset(hints["reserved"]),
        reusable_ids=frozenset(hints["release"]),
        undeclared_sites={slug: _load_undeclared_site(item) for slug, item in hints["neighbours"].items()},
        reference=_load_reference(reference) if reference else None,
        is_preview=hints["preview"],
        declared_highest=hints.get("highest") or 0,
        reserved_for=hints.get("reserved_for") or {},
        undeclared_applications=hints.get("listed") or {},
        stack=hints.get("stack") or "",
    )


def _load_site(site: Mapping[str, Any]) -> SiteFacts:
    deployed = site.get("deployed_ids")
    return SiteFacts(**{**site, "deployed_ids": None if deployed is None else tuple(deployed)})


def _load_undeclared_site(item: Mapping[str, Any]) -> UndeclaredSite:
    return UndeclaredSite(**{**item, "site_ids": tuple(item["site_ids"])})


def _load_reference(reference: Mapping[str, Any]) -> ReferenceStack:
    retired = {int(site_id): IdHolder(str(name)) for site_id, name in (reference.get("retired") or {}).items()}
    return ReferenceStack(reference["stack"], reference.get("site_ids") or {}, retired)

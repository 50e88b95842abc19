"""The facts of the ledger on their way from the program to ``SiteIds``, as its check-only property ``hints``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from mirrors.planning.site_ids.facts import AllocationRequest, IdHolder, ReferenceStack, SiteFacts, UndeclaredSite

if TYPE_CHECKING:
    from mirrors.config import FleetSettings  # a provider process loads no model of the configuration

LedgerHints = dict[str, Any]
"""The facts as Pulumi carries them. ``dump_configured_hints`` and ``dump_observed_hints`` make them.

``fleet`` is the name of a fleet in arguments. Without it, the configuration declares the fleet.
"""


@dataclass(frozen=True, slots=True)
class LedgerFacts:
    """The facts that a platform has observed for the ledger of SITE_IDs.

    Args:
        sites: The facts about each declared site's id, the original first.
        undeclared_sites: {slug: what is not declared and may run with the shared database}.
        undeclared_applications: {uuid: slug} of the applications that are not declared; empty where only the slug names
            one.
        hidden_databases: {application: environment} of the mirrors whose database is set and hidden.
        existing_variables: {environment: {name: sensitive}} of the variables that the declared sites have now; empty
            where Mirrors makes the sites itself.
    """

    sites: Sequence[SiteFacts]
    undeclared_sites: Mapping[str, UndeclaredSite] = field(default_factory=dict)
    undeclared_applications: Mapping[str, str] = field(default_factory=dict)
    hidden_databases: Mapping[str, str] = field(default_factory=dict)
    existing_variables: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)


def dump_configured_hints(fleet: FleetSettings) -> LedgerHints:
    """Return the part that the configuration has."""
    return {
        "retired": list(fleet.retired),
        "reserved": list(fleet.reserved_site_ids),
        "reserved_for": dict(fleet.reserved_for),
        "release": list(fleet.release_site_ids),
        "highest": fleet.highest_site_id,
    }


def dump_observed_hints(facts: LedgerFacts) -> LedgerHints:
    """Return the part that a platform has observed."""
    return {
        "sites": [_dump_site(site) for site in facts.sites],
        "neighbours": {slug: asdict(site) for slug, site in facts.undeclared_sites.items()},
        "listed": dict(facts.undeclared_applications),
        "hidden": dict(facts.hidden_databases),
        "found": {environment: dict(names) for environment, names in facts.existing_variables.items()},
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


def _dump_site(site: SiteFacts) -> dict[str, Any]:
    fields = asdict(site)
    return {"application": fields.pop("application_id"), "name": fields.pop("slug"), **fields}


def _load_site(site: Mapping[str, Any]) -> SiteFacts:
    fields, deployed = dict(site), site.get("deployed_ids")
    fields["deployed_ids"] = None if deployed is None else tuple(deployed)
    return SiteFacts(fields.pop("application"), fields.pop("name"), **fields)


def _load_undeclared_site(item: Mapping[str, Any]) -> UndeclaredSite:
    return UndeclaredSite(**{**item, "site_ids": tuple(item["site_ids"])})


def _load_reference(reference: Mapping[str, Any]) -> ReferenceStack:
    retired = {int(site_id): IdHolder(str(name)) for site_id, name in (reference.get("retired") or {}).items()}
    return ReferenceStack(reference["stack"], reference.get("site_ids") or {}, retired)

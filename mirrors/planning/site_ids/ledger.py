"""Read and write the ledger of SITE_IDs in a stack's state. The form is part of the state's schema.

``{assignments: {application uuid: {name, id}}, retired: {id: {name, application}}, highest}``
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mirrors.planning.site_ids.facts import AllocationRequest, IdHolder, Ledger

StoredLedger = Mapping[str, Any]


def load_ledger(stored: StoredLedger) -> Ledger:
    """Return the stored ledger, or an empty one. Pulumi stores numbers as floats, and keys as text."""
    return Ledger(
        {uuid: (item["name"], int(item["id"])) for uuid, item in (stored.get("assignments") or {}).items()},
        {
            int(site_id): IdHolder(item["name"], item.get("application", ""))
            for site_id, item in (stored.get("retired") or {}).items()
        },
        int(stored.get("highest") or 0),
    )


def rename_slugs(ledger: Ledger, request: AllocationRequest) -> Ledger:
    """Return the ledger with the new slugs as keys, on a platform where the slug is an application's only identifier.

    Such a ledger has slugs as keys of ``assignments``. A site's entry moves from its former slug to its slug.
    """
    known = ledger.assignments
    moves = {
        site.formerly: site.application_id
        for site in request.sites
        if site.formerly in known and site.application_id == site.slug and site.application_id not in known
    }
    return replace(ledger, assignments={moves.get(key, key): value for key, value in known.items()})


def dump_ledger(ledger: Ledger) -> dict[str, Any]:
    """Return the ledger in the form of the state."""
    return {
        "assignments": {uuid: {"name": name, "id": site_id} for uuid, (name, site_id) in ledger.assignments.items()},
        "retired": {
            str(site_id): {"name": who.slug, "application": who.application_id}
            for site_id, who in ledger.retired.items()
        },
        "highest": ledger.highest,
    }

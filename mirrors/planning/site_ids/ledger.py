"""The ledger of SITE_IDs in the form that a stack's state has: part of the state's schema, so it stands here alone.

``{assignments: {application uuid: {name, id}}, retired: {id: {name, application}}, highest}``
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mirrors.planning.site_ids.allocate import AllocationRequest, Assigned, Ledger

Stored = Mapping[str, Any]


def ledger_from(stored: Stored) -> Ledger:
    """An empty one where nothing was stored yet. The engine keeps every number as a float, and a key as text."""
    return Ledger(
        {uuid: (item["name"], int(item["id"])) for uuid, item in (stored.get("assignments") or {}).items()},
        {int(site_id): Assigned(**item) for site_id, item in (stored.get("retired") or {}).items()},
        int(stored.get("highest") or 0),
    )


def renamed(ledger: Ledger, hints: AllocationRequest) -> Ledger:
    """Where an application has no identifier but its slug: what stands under a former slug stands under the new one."""
    known = ledger.assignments
    moves = {
        site.formerly: site.application
        for site in hints.sites
        if site.formerly in known and site.application == site.name and site.application not in known
    }
    return replace(ledger, assignments={moves.get(key, key): value for key, value in known.items()})


def ledger_to(ledger: Ledger) -> dict[str, Any]:
    return {
        "assignments": {uuid: {"name": name, "id": site_id} for uuid, (name, site_id) in ledger.assignments.items()},
        "retired": {
            str(site_id): {"name": who.name, "application": who.application} for site_id, who in ledger.retired.items()
        },
        "highest": ledger.highest,
    }

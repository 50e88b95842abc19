"""Decide which site gets which SITE_ID. A site's content belongs to its id, so no other site ever gets the id.

``SiteIds.check`` in ``mirrors/resources/site_ids.py`` calls ``allocate`` in each preview and update. ``facts`` has the
classes of the data that it decides from. ``allocate`` asks ``refusals`` for every reason to stop. ``refusals`` asks
``conflicts`` what happens if two want one id.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from mirrors.planning.site_ids.facts import (
    ORIGINAL_ID,
    AllocationRequest,
    IdHolder,
    Ledger,
    SiteFacts,
    SiteIdByApplication,
)
from mirrors.planning.site_ids.refusals import find_allocation_problems
from mirrors.problems import Problem


@dataclass(frozen=True, slots=True)
class Allocation:
    """The result of an allocation.

    Args:
        ledger: The new ledger. It counts only where there are no problems.
        problems: What stops the update.
        pending: The slugs of the sites that have no id yet.
    """

    ledger: Ledger
    problems: tuple[Problem, ...] = ()
    pending: tuple[str, ...] = ()


def allocate(ledger: Ledger, request: AllocationRequest) -> Allocation:
    """Give each declared site its SITE_ID.

    The first of these sources that has an id for a site decides:

    1. the configuration (``siteId``);
    2. this stack's ledger;
    3. the site's environment, beside the shared database;
    4. the stack that ``siteIdsFrom`` names;
    5. the retired ids, of which a site that returns gets its own;
    6. for an original alone: 1.

    A site without any is new. It gets the number after the highest one that any site has or had. A stack with
    ``siteIdsFrom`` gives no numbers: its new sites wait for the other stack.

    Args:
        ledger: The ids that this stack has given before.
        request: The facts about the sites and about what is beside them.

    Returns:
        The new ledger, and the problems that stop the update.
    """
    before, (ledger, request) = ledger, take_back_unused_ids(ledger, request)
    retired = _find_retired_ids(ledger, request)
    ids = {site.application_id: _find_known_id(site, ledger, request, retired) for site in request.sites}
    new_sites = [site for site in request.sites if ids[site.application_id] is None]
    last_number = _find_last_number(ledger, request, retired, ids.values())
    if request.reference is None:
        for site in new_sites:
            last_number += 1
            ids[site.application_id] = last_number
    problems = find_allocation_problems(before, ledger, request, ids, retired, new_sites)
    pending = tuple(site.slug for site in new_sites) if request.reference else ()
    return Allocation(_make_ledger(request.sites, ids, retired, last_number), tuple(problems), pending)


def take_back_unused_ids(ledger: Ledger, request: AllocationRequest) -> tuple[Ledger, AllocationRequest]:
    """Take a reserved id back from each declared mirror that never ran with it, so that the mirror gets another one.

    The ids are retired without an application's uuid, so that no mirror gets one back.

    Returns:
        The ledger and the request without these ids.
    """
    unused = {
        site.application_id: site_id for site in request.sites if (site_id := _find_unused_id(site, ledger, request))
    }
    if not unused:
        return ledger, request
    retired = {
        site_id: IdHolder(site.slug)
        for site in request.sites
        if (site_id := unused.get(site.application_id)) is not None
    }
    kept = {uuid: item for uuid, item in ledger.assignments.items() if uuid not in unused}
    sites = (replace(site, observed=None) if site.application_id in unused else site for site in request.sites)
    return replace(ledger, assignments=kept, retired={**ledger.retired, **retired}), replace(
        request, sites=tuple(sites)
    )


def _find_unused_id(site: SiteFacts, ledger: Ledger, request: AllocationRequest) -> int | None:
    """Return the site's id if it is reserved now, is not declared, and was never deployed; otherwise None."""
    _, stored = ledger.assignments.get(site.application_id, ("", site.observed))
    idle = site.deployed_ids is not None and stored not in site.deployed_ids
    return (
        stored if idle and stored in request.reserved_ids and stored != site.declared and not site.is_original else None
    )


def _find_retired_ids(ledger: Ledger, request: AllocationRequest) -> dict[int, IdHolder]:
    """Return the ids that no other site may get: retired ones, and those of sites that leave or change theirs.

    ``fleet.releaseSiteIds`` frees a retired id, whatever has retired it.
    """
    declared = {site.application_id: site for site in request.sites}
    retired = {site_id: IdHolder("") for site_id in request.retired - _find_ids_in_use(ledger, request)}
    retired |= dict(request.reference.retired) if request.reference else {}
    retired |= ledger.retired
    for application, (name, site_id) in ledger.assignments.items():
        site = declared.get(application)
        if site is None or site.declared not in (None, site_id):
            retired[site_id] = IdHolder(name, application)
    return {site_id: holder for site_id, holder in retired.items() if site_id not in request.reusable_ids}


def _find_ids_in_use(ledger: Ledger, request: AllocationRequest) -> set[int]:
    """Return the ids that declared sites have. ``fleet.retired`` may still list one if a mirror left and returned."""
    sites = request.sites
    here = {ledger.assignments[site.application_id][1] for site in sites if site.application_id in ledger.assignments}
    there = (request.reference.site_id_of(site) for site in sites) if request.reference else ()
    return here | {site_id for site_id in there if site_id is not None}


def _find_known_id(
    site: SiteFacts, ledger: Ledger, request: AllocationRequest, retired: Mapping[int, IdHolder]
) -> int | None:
    """Return the site's id from the first source that has one; None for a new site. ``allocate`` lists the sources."""
    own = [site_id for site_id, holder in retired.items() if holder.application_id == site.application_id]
    sources = (
        site.declared,
        ledger.assignments.get(site.application_id, ("", None))[1],
        site.observed,
        request.reference.site_id_of(site) if request.reference else None,
        max(own, default=None),
        ORIGINAL_ID if site.is_original else None,
    )
    return next((site_id for site_id in sources if site_id is not None), None)


def _find_last_number(
    ledger: Ledger, request: AllocationRequest, retired: Mapping[int, IdHolder], ids: Iterable[int | None]
) -> int:
    """Return the highest id that any site has or had, and that is reserved. The next new site gets the one after it."""
    # An edited id of a site in the ledger is drift. Mirrors repairs it, so it does not raise the next number.
    new = [site for site in request.sites if site.application_id not in ledger.assignments]
    observed = [site.observed for site in new if site.observed]
    given = [site_id for site_id in ids if site_id is not None]
    beside = (*request.reserved_ids, *request.reusable_ids, *request.undeclared_ids)
    return max([ORIGINAL_ID, ledger.highest, request.declared_highest, *retired, *given, *observed, *beside])


def _make_ledger(
    sites: Sequence[SiteFacts], ids: SiteIdByApplication, retired: Mapping[int, IdHolder], last_number: int
) -> Ledger:
    """Return the ledger after the allocation. An id that a site has again is no longer retired."""
    assignments = {s.application_id: (s.slug, i) for s in sites if (i := ids[s.application_id]) is not None}
    used = {site_id for _, site_id in assignments.values()}
    left = {site_id: holder for site_id, holder in sorted(retired.items()) if site_id not in used}
    return Ledger(assignments, left, last_number)

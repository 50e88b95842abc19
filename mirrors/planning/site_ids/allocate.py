"""Decide which site gets which SITE_ID. A site's content belongs to its id, so no other site ever gets the id.

``conflicts`` decides what happens if two want one id, and ``refusals`` which facts stop an allocation.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mirrors.planning.site_ids.conflicts import refuse_conflicting_ids
from mirrors.planning.site_ids.facts import ORIGINAL_ID, AllocationRequest, IdHolder, Ledger, SiteFacts
from mirrors.planning.site_ids.first_ledger import refuse_new_ledger
from mirrors.planning.site_ids.refusals import (
    refuse_contradicting_ids,
    refuse_high_ids,
    refuse_missing_references,
    refuse_other_databases,
    refuse_unreadable_ids,
)
from mirrors.planning.site_ids.renames import refuse_renamed_sites, refuse_reused_slugs
from mirrors.planning.site_ids.undeclared import gives_new_id, refuse_hidden_ids, refuse_other_ledgers
from mirrors.planning.site_ids.unused import take_back_unused_ids
from mirrors.problems import Problem

SiteIdByApplication = Mapping[str, int | None]
"""{application uuid: the site's id}; None for a site that has none yet."""


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

    An id comes from the first source that has one: configuration, ledger, environment, reference stack, the site's own
    retired id. Without any, a site gets the next free number, unless a reference stack gives the numbers.

    Args:
        ledger: The ids that this stack has given before.
        request: The facts about the sites and about what is beside them.

    Returns:
        The new ledger, and the problems that stop the update.
    """
    before, (ledger, request) = ledger, take_back_unused_ids(ledger, request)
    retired = _find_retired_ids(ledger, request)
    known = {site.application: _find_known_id(site, ledger, request, retired) for site in request.sites}
    fresh = [site for site in request.sites if known[site.application] is None]
    highest = _find_highest_id(ledger, request, retired, known.values())
    if request.reference is None:
        for site in fresh:
            highest += 1
            known[site.application] = highest
    problems = (
        *_refuse_request(before, request),
        *_refuse_ids(ledger, request, known, retired),
        *([] if request.is_preview else refuse_missing_references(request, fresh)),
    )
    pending = tuple(site.name for site in fresh) if request.reference else ()
    return Allocation(_make_ledger(request.sites, known, retired, highest), problems, pending)


def _refuse_request(before: Ledger, request: AllocationRequest) -> Iterator[Problem]:
    """Refuse what is wrong before any id is given. ``before`` is the stored ledger, with all its ids."""
    yield from refuse_new_ledger(before, request)
    yield from refuse_other_databases(before, request)
    yield from refuse_renamed_sites(before, request)
    yield from refuse_reused_slugs(before, request)


def _refuse_ids(
    ledger: Ledger, request: AllocationRequest, known: SiteIdByApplication, retired: Mapping[int, IdHolder]
) -> Iterator[Problem]:
    """Refuse the ids that contradict, cannot be read, are too high, or belong to another site."""
    yield from refuse_contradicting_ids(ledger, request)
    yield from refuse_unreadable_ids(ledger, request)
    yield from refuse_high_ids(request, known)
    yield from refuse_conflicting_ids(request, known, retired)
    if gives_new_id(ledger, known):
        yield from refuse_hidden_ids(request)
        yield from refuse_other_ledgers(ledger, request)


def _find_retired_ids(ledger: Ledger, request: AllocationRequest) -> dict[int, IdHolder]:
    """Return the ids that no other site may get: retired ones, and those of sites that leave or change theirs."""
    declared = {site.application: site for site in request.sites}
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
    here = {ledger.assignments[site.application][1] for site in sites if site.application in ledger.assignments}
    there = (request.reference.site_id_of(site) for site in sites) if request.reference else ()
    return here | {site_id for site_id in there if site_id is not None}


def _find_known_id(
    site: SiteFacts, ledger: Ledger, request: AllocationRequest, retired: Mapping[int, IdHolder]
) -> int | None:
    """Return the site's id from the first source that has one; None if it needs a new number."""
    own = [site_id for site_id, holder in retired.items() if holder.application == site.application]
    sources = (
        site.declared,
        ledger.assignments.get(site.application, ("", None))[1],
        site.observed,
        request.reference.site_id_of(site) if request.reference else None,
        max(own, default=None),
        ORIGINAL_ID if site.is_original else None,
    )
    return next((site_id for site_id in sources if site_id is not None), None)


def _find_highest_id(
    ledger: Ledger, request: AllocationRequest, retired: Mapping[int, IdHolder], known: Iterable[int | None]
) -> int:
    """Return the highest id that any site has or had, which the next number follows."""
    # An edited id of a site in the ledger is drift. Mirrors repairs it, so it does not raise the next number.
    observed = [site.observed for site in request.sites if site.observed and site.application not in ledger.assignments]
    given = [site_id for site_id in known if site_id is not None]
    beside = (*request.reserved_ids, *request.reusable_ids, *request.undeclared_ids)
    return max([ORIGINAL_ID, ledger.highest, request.highest, *retired, *given, *observed, *beside])


def _make_ledger(
    sites: Sequence[SiteFacts], known: SiteIdByApplication, retired: Mapping[int, IdHolder], highest: int
) -> Ledger:
    """Return the ledger after the allocation. An id that a site has again is no longer retired."""
    assignments = {s.application: (s.name, i) for s in sites if (i := known[s.application]) is not None}
    used = {site_id for _, site_id in assignments.values()}
    left = {site_id: holder for site_id, holder in sorted(retired.items()) if site_id not in used}
    return Ledger(assignments, left, highest)

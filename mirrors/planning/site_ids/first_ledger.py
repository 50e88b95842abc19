"""Refuse to begin a ledger of SITE_IDs beside managed mirrors, because another ledger must have existed."""

from collections.abc import Iterator, Sequence

from mirrors.planning.site_ids.facts import ORIGINAL_ID, AllocationRequest, Ledger
from mirrors.planning.site_lists import format_slugs
from mirrors.problems import Problem

SITES_IN_PROBLEM = 3
"""How many mirrors a problem names before it only counts them."""


def refuse_new_ledger(ledger: Ledger, request: AllocationRequest) -> Iterator[Problem]:
    """Yield a problem if the ledger is empty although mirrors are managed.

    No platform shows the ids of mirrors that have left, so a new ledger would give them to other sites. A stack that
    follows another stack gives no ids, because the other stack has the ledger.
    """
    managed = [site.slug for site in request.sites if site.has_owner and not site.is_original]
    if ledger.assignments or ledger.retired or request.reference or not managed:
        return
    there = [site_id for site in request.sites for site_id in (site.declared, site.observed) if site_id is not None]
    known = max([ORIGINAL_ID, *there, *request.retired, *request.reserved_ids, *request.undeclared_ids])
    if request.declared_highest < known:
        yield _make_forgotten_problem(managed, known, request.declared_highest)


def _make_forgotten_problem(managed: Sequence[str], known: int, declared_highest: int) -> Problem:
    """Return the problem of a stack that has forgotten which SITE_IDs it gave.

    Args:
        managed: The slugs of the managed mirrors.
        known: The highest id in use.
        declared_highest: ``fleet.highestSiteId``; 0 where it is not set.
    """
    stale = f" (mirrors:fleet.highestSiteId says {declared_highest}, and {known} is in use)" if declared_highest else ""
    return Problem(
        "site-ids-forgotten",
        f"{format_slugs(managed, SITES_IN_PROBLEM)}: Mirrors has given SITE_IDs here before, and this stack's state"
        f" remembers none{stale}. A new mirror could get the id of one that has left, and with it its content.",
        "If another state knows the ids (a backup, another project, a Fleet with another name in the program), use that"
        " state. If there is none, or if the very first update was interrupted, write the highest id that was ever"
        f" given under mirrors:fleet. It is {known} or above: highestSiteId: {known}",
    )

"""Refuse new ids while an undeclared application with the shared database may have the same one."""

from collections.abc import Iterator

from mirrors.planning.site_ids.facts import AllocationRequest, Ledger, SiteIdByApplication, UndeclaredSite
from mirrors.problems import Problem


def gives_new_id(ledger: Ledger, ids: SiteIdByApplication) -> bool:
    """Return whether a site gets an id that this ledger did not give it."""
    return any(
        site_id is not None and ledger.assignments.get(application, ("", None))[1] != site_id
        for application, site_id in ids.items()
    )


def refuse_hidden_ids(request: AllocationRequest) -> Iterator[Problem]:
    """Yield a problem for each hidden id of an undeclared application, because a new id could be the same."""
    for slug, other in request.undeclared_sites.items():
        if other.has_hidden_id and other.is_declared and slug not in request.reserved_for:
            yield Problem(
                "neighbour-id-unknown",
                "an environment of it besides Test and Live may run with the shared database, and its SITE_ID is hidden"
                " or no number. A new site could get the same id.",
                f"Reserve that id: mirrors:fleet.reservedFor: {{{slug}: ID}}",
                slug,
            )
        elif other.has_hidden_id and slug not in request.reserved_for:
            yield Problem(
                "neighbour-id-unknown",
                "it is not on the list, may run with the shared database, and its SITE_ID is hidden or no number. A new"
                " site could get the same id.",
                f"Add {slug} to the list with its siteId, or reserve that id:"
                f" mirrors:fleet.reservedFor: {{{slug}: ID}}",
                slug,
            )


def refuse_other_ledgers(ledger: Ledger, request: AllocationRequest) -> Iterator[Problem]:
    """Yield a problem for each site of the same original that another ledger manages.

    Neither of two ledgers knows which ids the other gives.
    """
    known = _find_known_slugs(ledger, request)
    for slug, other in request.undeclared_sites.items():
        if other.managed_as and slug not in known and not _is_reserved(slug, other, ledger, request):
            ids = " and ".join(map(str, other.site_ids)) or "hidden"
            example = other.site_ids[0] if other.site_ids else "ID"
            yield Problem(
                "another-project-gives-ids",
                f"Mirrors manages it with this original's database (SITE_ID {ids}), and this stack has never given it"
                " one.",
                "Two projects, or two states, must not give SITE_IDs for one original: declare all its mirrors in one."
                f" If {slug} stays in the other one, reserve its ids in both, each time that one is given:"
                f" mirrors:fleet.reservedFor: {{{slug}: {example}}}. If it has left, list its ids under retired",
                slug,
            )


def _find_known_slugs(ledger: Ledger, request: AllocationRequest) -> set[str]:
    """Return the slugs, present and former, of the sites that have or had an id from this ledger or its reference."""
    earlier = {name for name, _ in ledger.assignments.values()} | {who.slug for who in ledger.retired.values()}
    if (followed := request.reference) is not None:
        earlier |= {*followed.site_ids, *(who.slug for who in followed.retired.values())}
    return earlier | {slug for uuid, slug in request.undeclared_applications.items() if uuid in ledger.application_ids}


def _is_reserved(slug: str, other: UndeclaredSite, ledger: Ledger, request: AllocationRequest) -> bool:
    """Return whether the configuration accounts for the ids of a site in another ledger.

    A new ledger may have taken over pinned ids as retired ones, without the slugs of their sites.
    """
    ids = frozenset(other.site_ids)
    return slug in request.reserved_for or (
        bool(ids) and ids <= request.reserved_ids | request.retired | ledger.retired.keys()
    )

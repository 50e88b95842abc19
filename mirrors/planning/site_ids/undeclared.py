"""Applications that are on no list and may serve the shared database: what must be known of their SITE_IDs."""

from collections.abc import Iterator, Mapping

from mirrors.planning.site_ids.facts import AllocationRequest, Ledger, Neighbour
from mirrors.problems import Problem


def gives_something(ledger: Ledger, known: Mapping[str, int | None]) -> bool:
    """Whether a site gets an id that it has not had from this ledger. ``known``: {application: id}."""
    return any(
        site_id is not None and ledger.assignments.get(application, ("", None))[1] != site_id
        for application, site_id in known.items()
    )


def unknown_ids(hints: AllocationRequest) -> Iterator[Problem]:
    """An id that nobody can read may be the one that is given."""
    for slug, neighbour in hints.neighbours.items():
        if neighbour.hidden and neighbour.listed and slug not in hints.reserved_for:
            yield Problem(
                "neighbour-id-unknown",
                "an environment of it besides Test and Live may run with the shared database, and has a SITE_ID that is"
                " not shown, or is no number, so that a new id could be the same.",
                f"Keep that id free: mirrors:fleet.reservedFor: {{{slug}: ID}}",
                slug,
            )
        elif neighbour.hidden and slug not in hints.reserved_for:
            yield Problem(
                "neighbour-id-unknown",
                "it is not on the list, may run with the shared database, and has a SITE_ID that is not shown, or is no"
                " number, so that a new id could be the same.",
                f"Add {slug} to the list, with the siteId that it has; or reserve that id by its name:"
                f" mirrors:fleet.reservedFor: {{{slug}: ID}}",
                slug,
            )


def of_another_project(ledger: Ledger, hints: AllocationRequest) -> Iterator[Problem]:
    """Two ledgers for one original: neither knows what the other has given, or will give."""
    ours = _known(ledger, hints)
    for slug, neighbour in hints.neighbours.items():
        if neighbour.managed and slug not in ours and not _is_answered(slug, neighbour, ledger, hints):
            ids = " and ".join(map(str, neighbour.site_ids)) or "hidden"
            example = neighbour.site_ids[0] if neighbour.site_ids else "ID"
            yield Problem(
                "another-project-gives-ids",
                f"Mirrors manages it with this original's database (SITE_ID {ids}), and this stack has never given it"
                " one.",
                "Two projects, or two states, must not give SITE_IDs for one original: declare all its mirrors in one."
                f" If {slug} stays in the other, keep its ids free in both, each time that one is given:"
                f" mirrors:fleet.reservedFor: {{{slug}: {example}}}; if it has left, list them under retired",
                slug,
            )


def _known(ledger: Ledger, hints: AllocationRequest) -> set[str]:
    """The slugs, of today and of earlier, of all that have or had an id from this ledger or the one it follows."""
    earlier = {name for name, _ in ledger.assignments.values()} | {who.name for who in ledger.retired.values()}
    if (followed := hints.reference) is not None:
        earlier |= {*followed.site_ids, *(who.name for who in followed.retired.values())}
    return earlier | {slug for uuid, slug in hints.listed.items() if uuid in ledger.applications}


def _is_answered(slug: str, neighbour: Neighbour, ledger: Ledger, hints: AllocationRequest) -> bool:
    """A ledger that began anew has pinned ids as retired, without the names of those that had them."""
    ids = frozenset(neighbour.site_ids)
    return slug in hints.reserved_for or (bool(ids) and ids <= hints.kept_free | hints.retired | ledger.retired.keys())

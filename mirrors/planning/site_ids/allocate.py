"""Decide which site gets which SITE_ID. A site's content belongs to its id, so no other site ever gets the id."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mirrors.config.values import HIGHEST_SITE_ID
from mirrors.errors import another_database
from mirrors.planning.site_ids.facts import (
    ORIGINAL_ID,
    AllocationRequest,
    IdHolder,
    Ledger,
    ReferenceStack,
    SiteFacts,
    UndeclaredSite,
)
from mirrors.planning.site_ids.first_ledger import refuse_new_ledger
from mirrors.planning.site_ids.renames import refuse_renamed_sites, refuse_reused_slugs
from mirrors.planning.site_ids.undeclared import gives_new_id, refuse_hidden_ids, refuse_other_ledgers
from mirrors.planning.site_ids.unused import take_back_unused_ids
from mirrors.planning.variables.dsn import UNREADABLE_IDENTITY, identify_for_confirmation
from mirrors.planning.variables.names import DATABASE_URL
from mirrors.problems import Problem

__all__ = [
    "ORIGINAL_ID",
    "Allocation",
    "AllocationRequest",
    "IdHolder",
    "Ledger",
    "ReferenceStack",
    "SiteFacts",
    "UndeclaredSite",
    "allocate",
]


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


def allocate(ledger: Ledger, hints: AllocationRequest) -> Allocation:
    """Give each declared site its SITE_ID.

    An id comes from the first source that has one: configuration, ledger, environment, reference stack, the site's own
    retired id. Without any, a site gets the next free number, unless a reference stack gives the numbers.

    Args:
        ledger: The ids that this stack has given before.
        hints: The facts about the sites and about what is beside them.

    Returns:
        The new ledger, and the problems that stop the update.
    """
    before, (ledger, hints) = ledger, take_back_unused_ids(ledger, hints)
    retired = _retired(ledger, hints)
    known = {site.application: _known_id(site, ledger, hints, retired) for site in hints.sites}
    fresh = [site for site in hints.sites if known[site.application] is None]
    highest = _highest(ledger, hints, retired, known.values())
    if hints.reference is None:
        for site in fresh:
            highest += 1
            known[site.application] = highest
    problems = (
        *refuse_new_ledger(before, hints),
        *_with_another_database(before, hints),
        *refuse_renamed_sites(before, hints),
        *refuse_reused_slugs(before, hints),
        *_contradictions(ledger, hints),
        *_unreadable(ledger, hints),
        *_too_high(hints, known),
        *_collisions(hints, known, retired),
        *(_strangers(ledger, hints) if gives_new_id(ledger, known) else ()),
        *([] if hints.preview else _missing_in_reference(hints, fresh)),
    )
    pending = tuple(site.name for site in fresh) if hints.reference else ()
    assignments = {s.application: (s.name, i) for s in hints.sites if (i := known[s.application]) is not None}
    return Allocation(Ledger(assignments, _left_out(retired, assignments), highest), problems, pending)


def _strangers(ledger: Ledger, hints: AllocationRequest) -> Iterator[Problem]:
    yield from refuse_hidden_ids(hints)
    yield from refuse_other_ledgers(ledger, hints)


def _retired(ledger: Ledger, hints: AllocationRequest) -> dict[int, IdHolder]:
    """Return the ids that no other site may get: retired ones, and those of sites that leave or change theirs."""
    declared = {site.application: site for site in hints.sites}
    retired = {site_id: IdHolder("") for site_id in hints.retired - _returned(ledger, hints)}
    retired |= dict(hints.reference.retired) if hints.reference else {}
    retired |= ledger.retired
    for application, (name, site_id) in ledger.assignments.items():
        site = declared.get(application)
        if site is None or site.declared not in (None, site_id):
            retired[site_id] = IdHolder(name, application)
    return {site_id: who for site_id, who in retired.items() if site_id not in hints.release}


def _returned(ledger: Ledger, hints: AllocationRequest) -> set[int]:
    """Return the ids that declared sites have. ``fleet.retired`` may still list one if a mirror left and returned."""
    here = {ledger.assignments[site.application][1] for site in hints.sites if site.application in ledger.assignments}
    there = (hints.reference.site_id_of(site) for site in hints.sites) if hints.reference else ()
    return here | {site_id for site_id in there if site_id is not None}


def _left_out(retired: Mapping[int, IdHolder], assignments: Mapping[str, tuple[str, int]]) -> dict[int, IdHolder]:
    used = {site_id for _, site_id in assignments.values()}
    return {site_id: who for site_id, who in sorted(retired.items()) if site_id not in used}


def _known_id(site: SiteFacts, ledger: Ledger, hints: AllocationRequest, retired: Mapping[int, IdHolder]) -> int | None:
    own = [site_id for site_id, who in retired.items() if who.application == site.application]
    sources = (
        site.declared,
        ledger.assignments.get(site.application, ("", None))[1],
        site.observed,
        hints.reference.site_id_of(site) if hints.reference else None,
        max(own, default=None),
        ORIGINAL_ID if site.original else None,
    )
    return next((site_id for site_id in sources if site_id is not None), None)


def _highest(
    ledger: Ledger, hints: AllocationRequest, retired: Mapping[int, IdHolder], known: Iterable[int | None]
) -> int:
    # An edited id of a site in the ledger is drift. Mirrors repairs it, so it does not raise the next number.
    observed = [site.observed for site in hints.sites if site.observed and site.application not in ledger.assignments]
    given = [site_id for site_id in known if site_id is not None]
    beside = (*hints.kept_free, *hints.release, *hints.beside)
    return max([ORIGINAL_ID, ledger.highest, hints.highest, *retired, *given, *observed, *beside])


def _with_another_database(ledger: Ledger, hints: AllocationRequest) -> Iterator[Problem]:
    """Refuse a site with another database than the original's, even if it already has an id.

    At a managed site this is drift, which Mirrors repairs. Two databases that Mirrors cannot read count as different.
    """
    shared = next((site.database for site in hints.sites if site.original), None)
    for site in hints.sites:
        if (
            None not in (shared, site.database)
            and (site.database != shared or site.database == UNREADABLE_IDENTITY)
            and not (site.original or (site.ours and site.application in ledger.assignments))
        ):
            runs_with = str(site.database)
            confirmed = identify_for_confirmation(runs_with, site.name, DATABASE_URL)
            where = f"its {DATABASE_URL}"
            yield another_database(site.name, runs_with, str(shared), confirmed, hints.stack, where=where)


def _contradictions(ledger: Ledger, hints: AllocationRequest) -> Iterator[Problem]:
    """Refuse a site whose sources name different ids.

    An edited id of a mirror in the ledger is drift, which Mirrors repairs. Mirrors writes no SITE_ID to an original:
    its declared id counts if the original runs with it. A mirror gives up a reserved id once another is declared.
    """
    for site in hints.sites:
        stored = ledger.assignments.get(site.application, ("", None))[1]
        agreed = site.original and site.declared is not None and site.declared == site.observed
        sources = {
            "the configuration": site.declared,
            "the state": None if agreed or (stored in hints.kept_free and not site.original) else stored,
            "its environment": site.observed if stored is None or site.original else None,
            f"the stack {hints.reference.stack}" if hints.reference else "": (
                hints.reference.site_id_of(site) if hints.reference else None
            ),
        }
        said = {source: site_id for source, site_id in sources.items() if site_id is not None}
        if len(set(said.values())) > 1:
            listed = ", ".join(f"{site_id} in {source}" for source, site_id in said.items())
            yield Problem("site-id-differs", f"its SITE_ID differs: {listed}.", _remedy(site, stored), site.name)


def _remedy(site: SiteFacts, stored: int | None) -> str:
    if site.original and stored is not None and site.observed not in (None, stored) and site.declared in (None, stored):
        none = " (none is 1)" if site.observed == ORIGINAL_ID else ""
        return (
            f"Mirrors writes none to an original: set it to {stored} there again and deploy it, or, if the"
            f" {site.observed} that it runs with{none} is right, declare siteId: {site.observed}"
        )
    return "A running site is not renumbered: declare the siteId that is right, and correct the others"


def _unreadable(ledger: Ledger, hints: AllocationRequest) -> Iterator[Problem]:
    for site in hints.sites:
        if site.unreadable and site.declared is None and site.application not in ledger.assignments:
            yield Problem(
                "site-id-unknown",
                "it runs with the shared database and a SITE_ID that is not shown, or is no number, so which content is"
                " its own is not known.",
                "Declare the siteId that it has",
                site.name,
            )


def _too_high(hints: AllocationRequest, known: Mapping[str, int | None]) -> Iterator[Problem]:
    """Refuse an id that is too high. The next number follows the highest id, which may be a typing error."""
    for site in hints.sites:
        if (known[site.application] or 0) > HIGHEST_SITE_ID:
            yield Problem(
                "site-id-too-high",
                f"it would get a SITE_ID above {HIGHEST_SITE_ID}, which no row of Django's sites can have: an id near"
                " that was given, reserved, or is set at an application beside the list.",
                "Declare a siteId that is free",
                site.name,
            )


def _collisions(
    hints: AllocationRequest, known: Mapping[str, int | None], retired: Mapping[int, IdHolder]
) -> Iterator[Problem]:
    holders: dict[int, list[SiteFacts]] = {}
    for site in hints.sites:
        if (site_id := known[site.application]) is not None:
            holders.setdefault(site_id, []).append(site)
    for site_id, sites in sorted(holders.items()):
        if len(sites) > 1:
            yield Problem(
                "site-id-shared",
                f"SITE_ID {site_id} would belong to {' and '.join(site.name for site in sites)}: both would serve, and"
                " overwrite, the same site.",
                _one_of(sites, site_id),
            )
    for site in hints.sites:
        if (site_id := known[site.application]) is not None:
            yield from _not_free(site, site_id, hints, retired.get(site_id))


def _one_of(sites: Sequence[SiteFacts], site_id: int) -> str:
    """Return the remedy for sites that have one id. No declaration helps where two run with it."""
    if sum(site.observed == site_id for site in sites) > 1:
        return (
            "Decide whose content it is. Set another SITE_ID at the other where it runs (the Control Panel), and deploy"
            " it there; Mirrors does not renumber a running site"
        )
    return "Declare another siteId for one of them"


def _not_free(site: SiteFacts, site_id: int, hints: AllocationRequest, who: IdHolder | None) -> Iterator[Problem]:
    """Refuse an id that is retired, reserved, or used by an undeclared application.

    Args:
        site: The site that would get the id.
        site_id: The id.
        hints: The facts about what is beside the sites.
        who: The site with which the id was retired; None if it is not retired.
    """
    if who is not None and who.application != site.application:
        yield _is_retired(site, site_id, who, hints.reference)
    for name, neighbour in hints.neighbours.items():
        if site_id in neighbour.site_ids and not (neighbour.listed and name in (site.name, site.formerly)):
            where = "runs with it in another environment" if neighbour.listed else "is not on the list and runs"
            effect, remedy = _instead_of(site, site_id, name, hints)
            yield Problem(
                "site-id-taken",
                f"SITE_ID {site_id} is that of {name}, which {where} with the shared database{effect}.",
                remedy,
                site.name,
            )
    if site_id in hints.kept_free:
        where = "reservedSiteIds" if site_id in hints.reserved else "reservedFor"
        remedy = "Take it off that list or declare another siteId"
        yield Problem("site-id-reserved", f"SITE_ID {site_id} is listed in {where}.", remedy, site.name)


def _instead_of(site: SiteFacts, site_id: int, name: str, hints: AllocationRequest) -> tuple[str, str]:
    """Return the end of the message, and the remedy, for an id that ``name`` has too.

    If the reference stack gave the id, that stack has to learn of it first.
    """
    reference = hints.reference
    if reference is None or reference.site_id_of(site) != site_id:
        other = "set another SITE_ID there" if hints.neighbours[name].listed else f"add {name} to the list"
        return "", f"Declare another siteId, or {other}"
    return (
        f', but the stack "{reference.stack}" gave it to {site.name}',
        f"Set another SITE_ID at {name}, and deploy it there; or, where {name} keeps it, write reservedFor:"
        f' {{{name}: {site_id}}} and another siteId for {site.name}, and run "pulumi up -s {reference.stack}" first',
    )


def _is_retired(site: SiteFacts, site_id: int, who: IdHolder, reference: ReferenceStack | None) -> Problem:
    return Problem("site-id-retired", *_with_retired_id(site, site_id, who, reference), site.name)


def _with_retired_id(site: SiteFacts, site_id: int, who: IdHolder, reference: ReferenceStack | None) -> tuple[str, str]:
    """Return the message and the remedy for a retired id."""
    if reference and site_id in reference.retired and who.name in (site.name, site.formerly):
        return (
            f'its SITE_ID {site_id} is retired in the stack "{reference.stack}", which this stack follows.',
            f'Run "pulumi up -s {reference.stack}" first: there it gets the same one again',
        )
    if who.name == site.name and who.application:
        return (
            f"SITE_ID {site_id} is retired, it belonged to another application of this name, which is gone.",
            f"If this one replaces it, and shall have its content: releaseSiteIds: [{site_id}]",
        )
    whose = f", it belonged to {who.name}" if who.name else ""
    if site.original and who.application:
        return (
            f"SITE_ID {site_id} is retired{whose}, which was the original.",
            f'If it was renamed, write "formerly: {who.name}"; another original has its own content, and so a stack of'
            " its own",
        )
    return (
        f"SITE_ID {site_id} is retired{whose}.",
        "Its content is still in the database: choose another id, or free it on purpose with releaseSiteIds:"
        f" [{site_id}]",
    )


def _missing_in_reference(hints: AllocationRequest, fresh: list[SiteFacts]) -> Iterator[Problem]:
    stack = hints.reference.stack if hints.reference else ""
    for site in fresh if hints.reference else ():
        yield Problem(
            "site-id-not-given-yet",
            f'the stack "{stack}" has no SITE_ID for it yet, and this stack follows it.',
            f'Run "pulumi up -s {stack}" first',
            site.name,
        )

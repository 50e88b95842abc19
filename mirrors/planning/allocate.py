"""Who gets which SITE_ID. A site's content belongs to its id, so an id is given once and never to somebody else."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mirrors.errors import confirmation

ORIGINAL_ID = 1
"""Django's and the sites framework's default: an original without a SITE_ID of its own serves site 1."""


@dataclass(frozen=True, slots=True)
class Assigned:
    """The site that has an id, or had it: the application's slug, and its uuid where that is known."""

    name: str
    application: str = ""


@dataclass(frozen=True, slots=True)
class Ledger:
    """All that was ever given, as the state keeps it. ``assignments``: application uuid to (slug, id)."""

    assignments: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    retired: Mapping[int, Assigned] = field(default_factory=dict)
    highest: int = 0


@dataclass(frozen=True, slots=True)
class SiteHint:
    """One declared site. ``observed`` is set only where the environment has the shared database; of the original it is
    what its instances run with, 1 where they have none.

    ``unreadable``: the environment has a SITE_ID beside it that is not shown, or is no number. ``database``: what its
    DATABASE_URL points at, as far as it is shown and nobody has confirmed that it may be given up. ``ours``: we have
    written to it before.
    """

    application: str
    name: str
    original: bool = False
    declared: int | None = None
    observed: int | None = None
    formerly: str | None = None
    unreadable: bool = False
    database: str | None = None
    ours: bool = False


def likely_ids(hints: Sequence[SiteHint]) -> dict[str, int]:
    """{application: the id that it has, or that it would get if all of the list were new}.

    Good for spreading sites evenly, and for nothing else: two may have the same one.
    """
    return {
        site.application: site.declared or site.observed or place for place, site in enumerate(hints, start=ORIGINAL_ID)
    }


@dataclass(frozen=True, slots=True)
class Reference:
    """What the stack named in ``siteIdsFrom`` gave: slug to id, and its retired ids."""

    stack: str
    site_ids: Mapping[str, int]
    retired: Mapping[int, Assigned]

    def site_id_of(self, site: SiteHint) -> int | None:
        return self.site_ids.get(site.name, self.site_ids.get(site.formerly or ""))


@dataclass(frozen=True, slots=True)
class Hints:
    """What an allocation is decided from, besides the ledger.

    ``neighbours``: {slug: ids}, one in each environment, of applications that are not on the list and run with the
    shared database.
    """

    sites: tuple[SiteHint, ...]
    retired: frozenset[int] = frozenset()
    reserved: frozenset[int] = frozenset()
    release: frozenset[int] = frozenset()
    neighbours: Mapping[str, Collection[int]] = field(default_factory=dict)
    reference: Reference | None = None
    preview: bool = False


@dataclass(frozen=True, slots=True)
class Allocation:
    """The new ledger. It counts only where there are no problems. ``pending``: sites that have no id yet."""

    ledger: Ledger
    problems: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()


def allocate(ledger: Ledger, hints: Hints) -> Allocation:
    """Give every declared site its id. Sources, in this order: the configuration, the state, the environment, the
    reference stack, the application's own retired id, and last, unless a reference decides, the next free number."""
    retired = _retired(ledger, hints)
    known = {site.application: _known_id(site, ledger, hints, retired) for site in hints.sites}
    fresh = [site for site in hints.sites if known[site.application] is None]
    highest = _highest(ledger, hints, retired, known.values())
    if hints.reference is None:
        for site in fresh:
            highest += 1
            known[site.application] = highest
    problems = (
        *_with_another_database(ledger, hints),
        *_renamed(ledger, hints),
        *_contradictions(ledger, hints),
        *_unreadable(ledger, hints),
        *_collisions(hints, known, retired),
        *([] if hints.preview else _missing_in_reference(hints, fresh)),
    )
    pending = tuple(site.name for site in fresh) if hints.reference else ()
    assignments = {s.application: (s.name, i) for s in hints.sites if (i := known[s.application]) is not None}
    return Allocation(Ledger(assignments, _left_out(retired, assignments), highest), problems, pending)


def _retired(ledger: Ledger, hints: Hints) -> dict[int, Assigned]:
    """Everything that may not be given away: what was retired, plus the ids of sites that leave or change theirs."""
    declared = {site.application: site for site in hints.sites}
    retired = {site_id: Assigned("") for site_id in hints.retired - _returned(ledger, hints)}
    retired |= dict(hints.reference.retired) if hints.reference else {}
    retired |= ledger.retired
    for application, (name, site_id) in ledger.assignments.items():
        site = declared.get(application)
        if site is None or site.declared not in (None, site_id):
            retired[site_id] = Assigned(name, application)
    return {site_id: who for site_id, who in retired.items() if site_id not in hints.release}


def _returned(ledger: Ledger, hints: Hints) -> set[int]:
    """Ids that declared sites have. The configuration's list may still have one, of a mirror that left and returned."""
    here = {ledger.assignments[site.application][1] for site in hints.sites if site.application in ledger.assignments}
    there = (hints.reference.site_id_of(site) for site in hints.sites) if hints.reference else ()
    return here | {site_id for site_id in there if site_id is not None}


def _left_out(retired: Mapping[int, Assigned], assignments: Mapping[str, tuple[str, int]]) -> dict[int, Assigned]:
    used = {site_id for _, site_id in assignments.values()}
    return {site_id: who for site_id, who in sorted(retired.items()) if site_id not in used}


def _known_id(site: SiteHint, ledger: Ledger, hints: Hints, retired: Mapping[int, Assigned]) -> int | None:
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


def _highest(ledger: Ledger, hints: Hints, retired: Mapping[int, Assigned], known: Iterable[int | None]) -> int:
    # Of a site that the state knows, an edited id is drift: it is repaired, and moves nobody else's number.
    observed = [site.observed for site in hints.sites if site.observed and site.application not in ledger.assignments]
    given = [site_id for site_id in known if site_id is not None]
    others = (site_id for ids in hints.neighbours.values() for site_id in ids)
    return max([ORIGINAL_ID, ledger.highest, *retired, *given, *hints.reserved, *hints.release, *observed, *others])


def _with_another_database(ledger: Ledger, hints: Hints) -> Iterator[str]:
    """A site of somebody else is not taken over, also where it has an id since it was bare. Of one of ours it is drift,
    to be repaired."""
    shared = next((site.database for site in hints.sites if site.original), None)
    for site in hints.sites:
        if (
            None not in (shared, site.database)
            and site.database != shared
            and not (site.ours and site.application in ledger.assignments)
        ):
            yield (
                f"{site.name}: its DATABASE_URL points at {site.database}, the original's at {shared}. If it is a"
                " mirror of another fleet, or a site of its own, take it off the list. If it shall become a mirror of"
                f" this one, confirm what it gives up with {confirmation(str(site.database))}"
            )


def _renamed(ledger: Ledger, hints: Hints) -> Iterator[str]:
    """The engine takes a resource for the one that has its name in the state; only else does it look for the former."""
    had = {name: application for application, (name, _) in ledger.assignments.items()}
    for site in hints.sites:
        before, site_id = ledger.assignments.get(site.application, (site.name, 0))
        if before != site.name and site.name in had:
            yield (
                f'{site.name}: this application was called "{before}", and another one "{site.name}", when this stack'
                " was updated last. Resources cannot change places, the running sites would lose their variables: give"
                " this one a slug that neither had, 'pulumi up' in every stack, and only then its new one"
            )
        elif before not in (site.name, site.formerly):
            yield (
                f'{site.name}: this application was called "{before}" and has SITE_ID {site_id}. Add'
                f' "formerly: {before}" to it, so that its resources move with it; otherwise the running site would'
                " lose its variables"
            )


def _contradictions(ledger: Ledger, hints: Hints) -> Iterator[str]:
    """Ids that differ. Once a mirror is in the state, an id that was edited on the platform is drift, to be repaired.

    Nobody repairs an original's: none is ever written there. Its declared one counts where it runs with it. A mirror
    gives up an id that is reserved, once another one is declared for it.
    """
    for site in hints.sites:
        stored = ledger.assignments.get(site.application, ("", None))[1]
        agreed = site.original and site.declared is not None and site.declared == site.observed
        sources = {
            "the configuration": site.declared,
            "the state": None if agreed or (stored in hints.reserved and not site.original) else stored,
            "its environment": site.observed if stored is None or site.original else None,
            f"the stack {hints.reference.stack}" if hints.reference else "": (
                hints.reference.site_id_of(site) if hints.reference else None
            ),
        }
        said = {source: site_id for source, site_id in sources.items() if site_id is not None}
        if len(set(said.values())) > 1:
            listed = ", ".join(f"{site_id} in {source}" for source, site_id in said.items())
            yield f"{site.name}: its SITE_ID differs: {listed}. {_remedy(site, stored)}"


def _remedy(site: SiteHint, stored: int | None) -> str:
    if site.original and stored is not None and site.observed not in (None, stored) and site.declared in (None, stored):
        none = " (none is 1)" if site.observed == ORIGINAL_ID else ""
        return (
            f"Mirrors writes none to an original: set it to {stored} there again and deploy it, or, if the"
            f" {site.observed} that it runs with{none} is right, declare siteId: {site.observed}"
        )
    return "A running site is not renumbered: declare the siteId that is right, and correct the others"


def _unreadable(ledger: Ledger, hints: Hints) -> Iterator[str]:
    for site in hints.sites:
        if site.unreadable and site.declared is None and site.application not in ledger.assignments:
            yield (
                f"{site.name}: it runs with the shared database and a SITE_ID that is not shown, or is no number, so"
                " which content is its own is not known. Declare the siteId that it has"
            )


def _collisions(hints: Hints, known: Mapping[str, int | None], retired: Mapping[int, Assigned]) -> Iterator[str]:
    holders: dict[int, list[SiteHint]] = {}
    for site in hints.sites:
        if (site_id := known[site.application]) is not None:
            holders.setdefault(site_id, []).append(site)
    for site_id, sites in sorted(holders.items()):
        if len(sites) > 1:
            yield (
                f"SITE_ID {site_id} would belong to {' and '.join(site.name for site in sites)}: both would serve, and"
                " overwrite, the same site. Declare another siteId for one of them"
            )
    for site in hints.sites:
        if (site_id := known[site.application]) is not None:
            yield from _not_free(site, site_id, hints, retired.get(site_id))


def _not_free(site: SiteHint, site_id: int, hints: Hints, who: Assigned | None) -> Iterator[str]:
    """``who``: the site that the id was retired with."""
    if who is not None and who.application != site.application:
        yield _is_retired(site, site_id, who, hints.reference)
    for name, ids in hints.neighbours.items():
        if site_id in ids:
            yield (
                f"{site.name}: SITE_ID {site_id} is that of {name}, which is not on the list and runs with the"
                f" shared database. Declare another siteId, or add {name} to the list"
            )
    if site_id in hints.reserved:
        yield (
            f"{site.name}: SITE_ID {site_id} is listed in reservedSiteIds. Take it off that list or declare another"
            " siteId"
        )


def _is_retired(site: SiteHint, site_id: int, who: Assigned, reference: Reference | None) -> str:
    if reference and site_id in reference.retired and who.name in (site.name, site.formerly):
        return (
            f'{site.name}: its SITE_ID {site_id} is retired in the stack "{reference.stack}", which this stack follows.'
            f' Run "pulumi up -s {reference.stack}" first: there it gets the same one again'
        )
    whose = f", it belonged to {who.name}" if who.name else ""
    return (
        f"{site.name}: SITE_ID {site_id} is retired{whose}. Its content is still in the database: choose"
        f" another id, or free it on purpose with releaseSiteIds: [{site_id}]"
    )


def _missing_in_reference(hints: Hints, fresh: list[SiteHint]) -> Iterator[str]:
    stack = hints.reference.stack if hints.reference else ""
    for site in fresh if hints.reference else ():
        yield (
            f'{site.name}: the stack "{stack}" has no SITE_ID for it yet, and this stack follows it.'
            f' Run "pulumi up -s {stack}" first'
        )

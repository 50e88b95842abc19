"""Find the applications that already run as mirrors of an original, and the SITE_IDs to declare for them."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mirrors.config.models.fleet import DEFAULT_SHARED_NAMES
from mirrors.config.values.common_values import HIGHEST_SITE_ID
from mirrors.planning.adoption.account import ObservedApplication, has_set_database, shares_database, shares_service
from mirrors.planning.adoption.account_ids import find_observed_ids
from mirrors.planning.adoption.blockers import (
    find_incomparable_databases,
    find_original_blockers,
    find_site_id_blockers,
    find_swapped_database_blockers,
)
from mirrors.planning.adoption.id_conflicts import (
    IdsBySite,
    find_duplicate_ids,
    refuse_differing_ids,
    refuse_hidden_account_ids,
    refuse_running_retired_ids,
)
from mirrors.planning.adoption.notes import find_adoption_notes, find_possible_mirrors, format_adoption_notes
from mirrors.planning.environments import ENVIRONMENT_TITLES
from mirrors.planning.variables.names import DATABASE_URL, MIRRORS_APPLICATION, SITE_ID, is_service_variable
from mirrors.problems import Problem


@dataclass(frozen=True, slots=True)
class AdoptionEvidence:
    """The reasons why an application is on the list. ``site_ids``: {environment: id}."""

    application: str
    site_ids: Mapping[str, int]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AdoptionProposal:
    """The proposed configuration of a fleet that was set up by hand.

    Args:
        fleet: The fleet as the configuration has it.
        evidence: The reasons, site by site.
        problems: The problems that need a decision first.
        notes: Lines that need none.
        undecided: The slugs of sites that have an id and are declared without it, because it is not clear which.
    """

    fleet: Mapping[str, Any]
    evidence: tuple[AdoptionEvidence, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    undecided: tuple[str, ...] = ()


def find_likely_originals(mirror: ObservedApplication, others: Iterable[ObservedApplication]) -> list[str]:
    """Return the slugs of the applications that may be the original of ``mirror``.

    A mirror has the original's database in a variable, while the original has it from the platform. A mirror that left
    has no such variable, but may still run: MIRRORS_APPLICATION and SITE_ID show it.
    """
    return [
        item.slug
        for item in others
        if has_set_database(mirror) and item.visible and not has_set_database(item) and shares_database(mirror, item)
        if not _has_variable(item, MIRRORS_APPLICATION)
        and (_has_variable(mirror, SITE_ID) or not _has_variable(item, SITE_ID))
    ]


def _has_variable(application: ObservedApplication, name: str) -> bool:
    return any(stage.has_variable(name) for stage in application.stages.values())


def propose_adoption(
    original: ObservedApplication,
    others: Sequence[ObservedApplication],
    named: Iterable[str] = (),
    retired: Mapping[int, str] | None = None,
    reserved_for: Collection[str] = (),
) -> AdoptionProposal:
    """Propose the configuration of a fleet that was set up by hand. Pure.

    Args:
        original: The original.
        others: The other applications of its account.
        named: The slugs of the mirrors. Without any, all that show the original's database in Test or Live.
        retired: {SITE_ID: slug} of the retired ids; an empty slug where it is not known.
        reserved_for: The slugs in ``fleet.reservedFor``.
    """
    wanted = set(named)
    mirrors = [item for item in others if (item.slug in wanted if wanted else shares_database(original, item))]
    ids = {item.slug: find_observed_ids(original, item) for item in (original, *mirrors)}
    mirrors.sort(key=lambda item: (min(ids[item.slug].values(), default=HIGHEST_SITE_ID + 1), item.slug))
    sites, rest = (original, *mirrors), [item for item in others if item not in mirrors]
    duplicates, shared = find_duplicate_ids(ids), _find_shared_names(original, mirrors)
    entries = {item.slug: _make_entry(item, ids, duplicates) for item in sites}
    notes = format_adoption_notes(note for item in mirrors for note in find_adoption_notes(original, item, shared))
    return AdoptionProposal(
        _make_fleet([entries[item.slug] for item in sites], shared),
        tuple(AdoptionEvidence(item.slug, ids[item.slug], tuple(_describe_evidence(original, item))) for item in sites),
        (
            *_find_database_problems(original, others, are_named=bool(wanted)),
            *duplicates.values(),
            *_find_id_problems(sites, ids, retired or {}),
            *refuse_hidden_account_ids(original, rest, reserved_for),
        ),
        (*notes, *find_possible_mirrors(original, rest)),
        tuple(_find_undecided(sites, ids, entries)),
    )


def _make_fleet(entries: Sequence[Mapping[str, Any]], shared: list[str]) -> dict[str, Any]:
    """Return the fleet as the configuration has it. The original is the first entry."""
    original, *mirrors = entries
    usual = shared == list(DEFAULT_SHARED_NAMES)
    return {"original": original, "mirrors": mirrors, **({} if usual else {"shared": shared})}


def _find_database_problems(
    original: ObservedApplication, others: Iterable[ObservedApplication], *, are_named: bool
) -> Iterator[Problem]:
    """Yield the problems of the original, and of databases that do not show which sites are its mirrors."""
    yield from find_original_blockers(original)
    if not are_named:
        yield from find_incomparable_databases(original)
    for item in others:
        yield from find_swapped_database_blockers(original, item)


def _find_id_problems(
    sites: Iterable[ObservedApplication], ids: IdsBySite, retired: Mapping[int, str]
) -> Iterator[Problem]:
    yield from refuse_differing_ids(ids)
    yield from refuse_running_retired_ids(ids, retired)
    for item in sites:
        yield from find_site_id_blockers(item)


def _find_undecided(
    sites: Iterable[ObservedApplication], ids: IdsBySite, entries: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    """Yield the slugs of sites that have an id, and are declared without it because it is not clear which."""
    for item in sites:
        if "siteId" not in entries[item.slug] and (ids[item.slug] or [*find_site_id_blockers(item)]):
            yield item.slug


def _make_entry(item: ObservedApplication, ids: IdsBySite, duplicates: Mapping[str, Problem]) -> dict[str, Any]:
    """Return a site as the configuration has it, with its id if that is the same in Test and Live, and not shared."""
    found = set(ids[item.slug].values())
    clear = len(found) == 1 and item.slug not in duplicates
    return {"application": item.slug, **({"siteId": found.pop()} if clear else {})}


def _find_shared_names(original: ObservedApplication, mirrors: Sequence[ObservedApplication]) -> list[str]:
    """Return the usual shared names that the original has, and other services that every mirror shares."""
    known = {name for observed in original.stages.values() for name in observed.deployed_variables}
    usual = [name for name in DEFAULT_SHARED_NAMES if name in known or name == DATABASE_URL]
    more = sorted(name for name in known if is_service_variable(name) and name not in DEFAULT_SHARED_NAMES)
    return usual + [
        name for name in more if mirrors and all(_shares_variable(original, mirror, name) for mirror in mirrors)
    ]


def _shares_variable(original: ObservedApplication, mirror: ObservedApplication, name: str) -> bool:
    stages = [stage for stage, observed in mirror.stages.items() if name in observed.variables]
    return bool(stages) and all(shares_service(original, mirror, stage, name) for stage in stages)


def _describe_evidence(original: ObservedApplication, item: ObservedApplication) -> Iterator[str]:
    for stage, observed in item.stages.items():
        title, identity = ENVIRONMENT_TITLES[stage], original.find_service(stage, DATABASE_URL)
        own = observed.variables.get(DATABASE_URL)
        if own is not None and own.value and shares_service(original, item, stage, DATABASE_URL):
            yield f"{title}: its variable {DATABASE_URL} is {identity}"
        elif identity is not None and item.find_deployed_service(stage, DATABASE_URL) == identity:
            yield f"{title}: its newest deployment runs with {identity}"
        elif own is not None:
            yield f"{title}: it has a {DATABASE_URL}{'' if own.value else ' that the platform hides'}"
        if observed.deploying:
            yield f"{title}: a deployment is running"

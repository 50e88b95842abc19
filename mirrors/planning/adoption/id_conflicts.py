"""Refuse SITE_IDs of an account that two sites have, that differ by environment, are retired, or are hidden."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from mirrors.planning.adoption.account import ObservedApplication
from mirrors.planning.adoption.account_ids import find_undeclared_applications
from mirrors.planning.environments import CONTROL_PANEL, ENVIRONMENT_TITLES
from mirrors.problems import Problem

IdsBySite = Mapping[str, Mapping[str, int]]
"""{slug: {environment: SITE_ID}}"""


def find_duplicate_ids(ids: IdsBySite) -> dict[str, Problem]:
    """Return {slug: problem} of sites with one SITE_ID in one environment."""
    holders: dict[tuple[str, int], list[str]] = defaultdict(list)
    for slug, found in ids.items():
        for stage, site_id in found.items():
            holders[stage, site_id].append(slug)
    problems: dict[str, Problem] = {}
    for (stage, site_id), slugs in holders.items():
        for slug in slugs if len(slugs) > 1 else ():
            others = " and ".join(other for other in slugs if other != slug)
            problems.setdefault(slug, _make_duplicate_id_problem(slug, others, site_id, ENVIRONMENT_TITLES[stage]))
    return problems


def _make_duplicate_id_problem(slug: str, others: str, site_id: int, title: str) -> Problem:
    return Problem(
        "site-id-shared",
        f"it has SITE_ID {site_id} in {title}, and so has {others}. They serve and overwrite the same site.",
        f"Decide whose content it is. Set another SITE_ID at the other one in {CONTROL_PANEL}, and deploy it there."
        " Mirrors does not renumber a running site",
        slug,
    )


def refuse_differing_ids(ids: IdsBySite) -> Iterator[Problem]:
    for slug, found in ids.items():
        if len(set(found.values())) > 1:
            listed = ", ".join(f"{site_id} in {ENVIRONMENT_TITLES[stage]}" for stage, site_id in found.items())
            yield Problem(
                "site-id-differs",
                f"its SITE_ID differs: {listed}.",
                "Mirrors declares no siteId for it. Without siteIdsFrom each stack keeps its own id. With siteIdsFrom,"
                " make the ids equal first",
                slug,
            )


def refuse_hidden_account_ids(
    original: ObservedApplication, others: Iterable[ObservedApplication], reserved_for: Collection[str]
) -> Iterator[Problem]:
    for slug, found in find_undeclared_applications(original, others).items():
        if found.has_hidden_id and slug not in reserved_for:
            yield Problem(
                "neighbour-id-unknown",
                f"it may run with the database of {original.slug}, and its SITE_ID is hidden or no number. A new mirror"
                " could get the same id.",
                "If it is a mirror, name all mirrors with --mirror, and declare its siteId. If it is not, reserve its"
                f" id: mirrors:fleet.reservedFor: {{{slug}: ID}}",
                slug,
            )


def refuse_running_retired_ids(ids: IdsBySite, retired: Mapping[int, str]) -> Iterator[Problem]:
    for slug, found in ids.items():
        for site_id in sorted(set(found.values()) & set(retired)):
            whose = f" and belonged to {retired[site_id]}" if retired[site_id] else ""
            yield Problem(
                "site-id-retired",
                f"its SITE_ID {site_id} is retired{whose}: this site left the list, and its instances still run.",
                f"Leave it off the list. To bring it back, take {site_id} off mirrors:fleet.retired",
                slug,
            )

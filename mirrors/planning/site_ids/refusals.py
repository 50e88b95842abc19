"""List every reason to stop an allocation, and refuse facts about single sites that leave their SITE_ID unclear."""

from collections.abc import Iterable, Iterator, Mapping

from mirrors.config.values.common_values import HIGHEST_SITE_ID
from mirrors.planning.site_ids.conflicts import refuse_conflicting_ids
from mirrors.planning.site_ids.facts import (
    ORIGINAL_ID,
    AllocationRequest,
    IdHolder,
    Ledger,
    SiteFacts,
    SiteIdByApplication,
)
from mirrors.planning.site_ids.first_ledger import refuse_new_ledger
from mirrors.planning.site_ids.renames import refuse_renamed_sites, refuse_reused_slugs
from mirrors.planning.site_ids.undeclared import gives_new_id, refuse_hidden_ids, refuse_other_ledgers
from mirrors.planning.variables.dsn import UNREADABLE_IDENTITY, identify_for_confirmation
from mirrors.planning.variables.names import DATABASE_URL
from mirrors.problems import Problem
from mirrors.problems.databases import another_database


def find_allocation_problems(
    before: Ledger,
    ledger: Ledger,
    request: AllocationRequest,
    ids: SiteIdByApplication,
    retired: Mapping[int, IdHolder],
    new_sites: Iterable[SiteFacts],
) -> Iterator[Problem]:
    """Yield every problem that stops an allocation.

    Args:
        before: The stored ledger.
        ledger: The same without the ids that are taken back.
        request: The facts about the sites and about what is beside them.
        ids: The id that each site would have.
        retired: {id that no other site may get: the site that had it}.
        new_sites: The sites without an id from any source.
    """
    yield from refuse_new_ledger(before, request)
    yield from refuse_other_databases(before, request)
    yield from refuse_renamed_sites(before, request)
    yield from refuse_reused_slugs(before, request)
    yield from refuse_contradicting_ids(ledger, request)
    yield from refuse_unreadable_ids(ledger, request)
    yield from refuse_high_ids(request, ids)
    yield from refuse_conflicting_ids(request, ids, retired)
    if gives_new_id(ledger, ids):
        yield from refuse_hidden_ids(request)
        yield from refuse_other_ledgers(ledger, request)
    if not request.is_preview:
        yield from refuse_missing_references(request, new_sites)


def refuse_other_databases(ledger: Ledger, request: AllocationRequest) -> Iterator[Problem]:
    """Refuse a site with another database than the original's, even if it already has an id.

    At a managed site this is drift, which Mirrors repairs. Two databases that Mirrors cannot read count as different.
    """
    shared = next((site.database for site in request.sites if site.is_original), None)
    for site in request.sites:
        if (
            None not in (shared, site.database)
            and (site.database != shared or site.database == UNREADABLE_IDENTITY)
            and not (site.is_original or (site.is_managed and site.application_id in ledger.assignments))
        ):
            runs_with = str(site.database)
            confirmed = identify_for_confirmation(runs_with, site.slug, DATABASE_URL)
            where = f"its {DATABASE_URL}"
            yield another_database(site.slug, runs_with, str(shared), confirmed, request.stack, where=where)


def refuse_contradicting_ids(ledger: Ledger, request: AllocationRequest) -> Iterator[Problem]:
    """Refuse a site whose sources name different ids.

    An edited id of a mirror in the ledger is drift, which Mirrors repairs. Mirrors writes no SITE_ID to an original:
    its declared id counts if the original runs with it. A mirror gives up a reserved id once another is declared.
    """
    for site in request.sites:
        stored = ledger.assignments.get(site.application_id, ("", None))[1]
        agreed = site.is_original and site.declared is not None and site.declared == site.observed
        sources = {
            "the configuration": site.declared,
            "the state": None if agreed or (stored in request.reserved_ids and not site.is_original) else stored,
            "its environment": site.observed if stored is None or site.is_original else None,
            f"the stack {request.reference.stack}" if request.reference else "": (
                request.reference.site_id_of(site) if request.reference else None
            ),
        }
        ids = {source: site_id for source, site_id in sources.items() if site_id is not None}
        if len(set(ids.values())) > 1:
            listed = ", ".join(f"{site_id} in {source}" for source, site_id in ids.items())
            remedy = _describe_correction(site, stored)
            yield Problem("site-id-differs", f"its SITE_ID differs: {listed}.", remedy, site.slug)


def _describe_correction(site: SiteFacts, stored: int | None) -> str:
    """Return the remedy for different ids. Only the owner of an original can correct its SITE_ID."""
    if (
        site.is_original
        and stored is not None
        and site.observed not in (None, stored)
        and site.declared in (None, stored)
    ):
        none = " (none is 1)" if site.observed == ORIGINAL_ID else ""
        return (
            f"Mirrors writes no SITE_ID to an original. Set it to {stored} there again and deploy it. If the"
            f" {site.observed} that it runs with{none} is right, declare siteId: {site.observed}"
        )
    return "Mirrors does not renumber a running site. Declare the siteId that is right, and correct the others"


def refuse_unreadable_ids(ledger: Ledger, request: AllocationRequest) -> Iterator[Problem]:
    """Refuse a new site whose SITE_ID is hidden or no number, unless the configuration declares it."""
    for site in request.sites:
        if site.has_unreadable_id and site.declared is None and site.application_id not in ledger.assignments:
            yield Problem(
                "site-id-unknown",
                "it runs with the shared database, and its SITE_ID is hidden or no number. Mirrors does not know which"
                " content belongs to it.",
                "Declare the siteId that it has",
                site.slug,
            )


def refuse_high_ids(request: AllocationRequest, ids: SiteIdByApplication) -> Iterator[Problem]:
    """Refuse an id that is too high. A new id is one above the highest, so one mistyped id can cause this."""
    for site in request.sites:
        if (ids[site.application_id] or 0) > HIGHEST_SITE_ID:
            yield Problem(
                "site-id-too-high",
                f"it would get a SITE_ID above {HIGHEST_SITE_ID}, which no row of Django's sites can have. An id near"
                " that was given or reserved, or an undeclared application has it.",
                "Declare a siteId that is free",
                site.slug,
            )


def refuse_missing_references(request: AllocationRequest, new_sites: Iterable[SiteFacts]) -> Iterator[Problem]:
    """Refuse a new site that has no id in the reference stack yet."""
    stack = request.reference.stack if request.reference else ""
    for site in new_sites if request.reference else ():
        yield Problem(
            "site-id-not-given-yet",
            f'the stack "{stack}" has no SITE_ID for it yet, and this stack follows it.',
            f'Run "pulumi up -s {stack}" first',
            site.slug,
        )

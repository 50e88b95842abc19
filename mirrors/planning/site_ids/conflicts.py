"""Decide what happens if two want one SITE_ID: Mirrors stops the update, and neither of them gets it.

The other one is a declared site, a site that has left, an undeclared application, or a reservation. Before that,
``mirrors/config/rules/fleet_rules.py`` refuses an id that two sites declare. A new number conflicts with none of them:
it is above them all. ``find_allocation_problems`` in ``refusals`` asks ``refuse_conflicting_ids``.
"""

from collections.abc import Iterator, Mapping, Sequence

from mirrors.planning.site_ids.facts import (
    AllocationRequest,
    IdHolder,
    ReferenceStack,
    SiteFacts,
    SiteIdByApplication,
    UndeclaredSite,
)
from mirrors.problems import Problem


def refuse_conflicting_ids(
    request: AllocationRequest, ids: SiteIdByApplication, retired: Mapping[int, IdHolder]
) -> Iterator[Problem]:
    """Yield a problem for each id that more than one site has or had.

    Args:
        request: The facts about the sites and about what is beside them.
        ids: The id that each site would have.
        retired: {id that no other site may get: the site that had it}.
    """
    wanted = [(site, site_id) for site in request.sites if (site_id := ids[site.application_id]) is not None]
    holders: dict[int, list[SiteFacts]] = {}
    for site, site_id in wanted:
        holders.setdefault(site_id, []).append(site)
    for site_id, sites in sorted(holders.items()):
        if len(sites) > 1:
            yield _make_shared_id_problem(sites, site_id)
    for site, site_id in wanted:
        yield from _refuse_occupied_id(site, site_id, request, retired.get(site_id))


def _make_shared_id_problem(sites: Sequence[SiteFacts], site_id: int) -> Problem:
    """Return the problem of declared sites with one id. No declaration helps where two run with it."""
    if sum(site.observed == site_id for site in sites) > 1:
        remedy = (
            "Decide whose content it is. Set another SITE_ID at the other one in the Control Panel, and deploy it"
            " there. Mirrors does not renumber a running site"
        )
    else:
        remedy = "Declare another siteId for one of them"
    return Problem(
        "site-id-shared",
        f"SITE_ID {site_id} would belong to {' and '.join(site.slug for site in sites)}. They would serve and overwrite"
        " the same site.",
        remedy,
    )


def _refuse_occupied_id(
    site: SiteFacts, site_id: int, request: AllocationRequest, holder: IdHolder | None
) -> Iterator[Problem]:
    """Refuse an id that is retired, reserved, or used by an undeclared site.

    Args:
        site: The site that would get the id.
        site_id: The id.
        request: The facts about what is beside the sites.
        holder: The site with which the id was retired; None if it is not retired.
    """
    if holder is not None and holder.application_id != site.application_id:
        message, remedy = _describe_retired_id(site, site_id, holder, request.reference)
        yield Problem("site-id-retired", message, remedy, site.slug)
    for name, other in request.undeclared_sites.items():
        if site_id in other.site_ids and not (other.is_declared and name in (site.slug, site.formerly)):
            yield _make_taken_id_problem(site, site_id, name, other, request.reference)
    if site_id in request.reserved_ids:
        where = "reservedSiteIds" if site_id in request.reserved else "reservedFor"
        remedy = "Take it off that list or declare another siteId"
        yield Problem("site-id-reserved", f"SITE_ID {site_id} is listed in {where}.", remedy, site.slug)


def _make_taken_id_problem(
    site: SiteFacts, site_id: int, name: str, other: UndeclaredSite, reference: ReferenceStack | None
) -> Problem:
    """Return the problem of an id that the undeclared site ``name`` has, too."""
    where = "runs with it in another environment" if other.is_declared else "is not on the list and runs"
    effect, remedy = _describe_way_out(site, site_id, name, other, reference)
    message = f"SITE_ID {site_id} is that of {name}, which {where} with the shared database{effect}."
    return Problem("site-id-taken", message, remedy, site.slug)


def _describe_way_out(
    site: SiteFacts, site_id: int, name: str, other: UndeclaredSite, reference: ReferenceStack | None
) -> tuple[str, str]:
    """Return the end of the message, and the remedy, for an id that ``name`` has, too.

    If the reference stack gave the id, that stack has to learn of it first.
    """
    if reference is None or reference.site_id_of(site) != site_id:
        change = "set another SITE_ID there" if other.is_declared else f"add {name} to the list"
        return "", f"Declare another siteId, or {change}"
    return (
        f', but the stack "{reference.stack}" gave it to {site.slug}',
        f"Set another SITE_ID at {name}, and deploy it there. If {name} keeps the id, write reservedFor:"
        f' {{{name}: {site_id}}} and another siteId for {site.slug}, then run "pulumi up -s {reference.stack}" first',
    )


def _describe_retired_id(
    site: SiteFacts, site_id: int, holder: IdHolder, reference: ReferenceStack | None
) -> tuple[str, str]:
    """Return the message and the remedy for a retired id."""
    if reference and site_id in reference.retired and holder.slug in (site.slug, site.formerly):
        return (
            f'its SITE_ID {site_id} is retired in the stack "{reference.stack}", which this stack follows.',
            f'Run "pulumi up -s {reference.stack}" first: there it gets the same id again',
        )
    if holder.slug == site.slug and holder.application_id:
        return (
            f"SITE_ID {site_id} is retired. It belonged to another application of this name, which is gone.",
            f"If this one replaces it and keeps its content, write releaseSiteIds: [{site_id}]",
        )
    whose = f". It belonged to {holder.slug}" if holder.slug else ""
    if site.is_original and holder.application_id:
        return (
            f"SITE_ID {site_id} is retired{whose}, which was the original.",
            f'If it was renamed, write "formerly: {holder.slug}". Another original has its own content and needs its'
            " own stack",
        )
    return (
        f"SITE_ID {site_id} is retired{whose}.",
        "Its content is still in the database. Choose another id, or free this one on purpose with releaseSiteIds:"
        f" [{site_id}]",
    )

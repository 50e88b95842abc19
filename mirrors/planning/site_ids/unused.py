"""Take back a reserved id from a mirror that never ran with it, so that the mirror gets another one."""

from dataclasses import replace

from mirrors.planning.site_ids.facts import AllocationRequest, IdHolder, Ledger, SiteFacts


def take_back_unused_ids(ledger: Ledger, request: AllocationRequest) -> tuple[Ledger, AllocationRequest]:
    """Return the ledger and the request without such ids of declared mirrors.

    The ids are retired without an application's uuid, so that no mirror gets one back.
    """
    given_up = {site.application: site_id for site in request.sites if (site_id := _unused(site, ledger, request))}
    if not given_up:
        return ledger, request
    retired = {
        site_id: IdHolder(site.name)
        for site in request.sites
        if (site_id := given_up.get(site.application)) is not None
    }
    kept = {uuid: item for uuid, item in ledger.assignments.items() if uuid not in given_up}
    sites = (replace(site, observed=None) if site.application in given_up else site for site in request.sites)
    return replace(ledger, assignments=kept, retired={**ledger.retired, **retired}), replace(
        request, sites=tuple(sites)
    )


def _unused(site: SiteFacts, ledger: Ledger, request: AllocationRequest) -> int | None:
    """Return the site's id if it is reserved now, is not declared, and was never deployed; otherwise None."""
    _, stored = ledger.assignments.get(site.application, ("", site.observed))
    idle = site.deployed_ids is not None and stored not in site.deployed_ids
    return (
        stored if idle and stored in request.reserved_ids and stored != site.declared and not site.is_original else None
    )

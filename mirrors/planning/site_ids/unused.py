"""An id that a mirror was given and never ran with: where it turns out to be taken, the mirror gets another."""

from dataclasses import replace

from mirrors.planning.site_ids.facts import AllocationRequest, Assigned, Ledger, SiteFacts


def without_unused(ledger: Ledger, hints: AllocationRequest) -> tuple[Ledger, AllocationRequest]:
    """The same without such ids of declared mirrors. They are retired as nobody's, so that none comes back."""
    given_up = {site.application: site_id for site in hints.sites if (site_id := _unused(site, ledger, hints))}
    if not given_up:
        return ledger, hints
    retired = {
        site_id: Assigned(site.name) for site in hints.sites if (site_id := given_up.get(site.application)) is not None
    }
    kept = {uuid: item for uuid, item in ledger.assignments.items() if uuid not in given_up}
    sites = (replace(site, observed=None) if site.application in given_up else site for site in hints.sites)
    return replace(ledger, assignments=kept, retired={**ledger.retired, **retired}), replace(hints, sites=tuple(sites))


def _unused(site: SiteFacts, ledger: Ledger, hints: AllocationRequest) -> int | None:
    """The id that the site has, if it is reserved now, not declared, and no instances of it ever had it."""
    _, stored = ledger.assignments.get(site.application, ("", site.observed))
    idle = site.ran is not None and stored not in site.ran
    return stored if idle and stored in hints.kept_free and stored != site.declared and not site.original else None

"""Decide the condition of one site: compare what is set and deployed with what is declared."""

from mirrors.planning.observed import ObservedFleet, ObservedSite
from mirrors.planning.reports.site_status import SiteCondition
from mirrors.planning.rollout.releases import find_release, newest_running, newest_started, newest_successful
from mirrors.planning.variables.declared import DeclaredValues
from mirrors.planning.variables.names import MIRRORS_APPLICATION, sort_for_removal, sort_for_writing
from mirrors.planning.variables.writes import compare_values

StatusFinding = tuple[SiteCondition, str] | None


def find_condition(
    site: ObservedSite, declared: DeclaredValues, outdated: StatusFinding
) -> tuple[SiteCondition, tuple[str, ...]]:
    """Return the state of a site, and its reasons.

    A site without a finding is converged, even if its newest deployment failed: a user took the change back, so the
    site runs as declared.
    """
    if newest_running(site.deployments):
        return SiteCondition.DEPLOYING, ("a deployment is running",)
    findings = (
        _find_missing_deployment(site),
        _find_set_differences(site, declared),
        _find_deployed_differences(site, declared),
        outdated,
    )
    finding = next(filter(None, findings), None)
    if finding is None:
        return SiteCondition.CONVERGED, ()
    state, detail = finding
    failure = _describe_failure(site)
    return (SiteCondition.FAILED, (failure, detail)) if failure else (state, (detail,))


def _describe_failure(site: ObservedSite) -> str | None:
    newest = newest_started(site.deployments)
    if newest is None or newest.success is not False:
        return None
    serves = "the one before it still serves" if newest_successful(site.deployments) else "nothing serves"
    return f"deployment {newest.uuid} failed; {serves}"


def _find_missing_deployment(site: ObservedSite) -> StatusFinding:
    return None if newest_successful(site.deployments) else (SiteCondition.NOT_DEPLOYED, "never deployed successfully")


def _find_set_differences(site: ObservedSite, declared: DeclaredValues) -> StatusFinding:
    details = tuple(
        filter(None, (_describe_set_differences(site, declared), _describe_withdrawn_names(site, declared)))
    )
    return (SiteCondition.VARIABLES_DIFFER, "; ".join(details)) if details else None


def _describe_set_differences(site: ObservedSite, declared: DeclaredValues) -> str | None:
    """Return the names that are not set as declared, with a word on a wrong flag, because the value may be right."""
    set_here = {name: item.value for name, item in site.variables.items()}
    wrong, _ = compare_values(declared.known, set_here)
    absent = set(declared.values) - set(set_here)
    notes = dict.fromkeys(absent, " (missing)") | {
        name: "" if name in wrong else f" ({'not flagged' if sensitive else 'flagged'} as sensitive)"
        for name, sensitive in declared.sensitive.items()
        if name in site.variables and site.variables[name].sensitive != sensitive
    }
    names = [f"{name}{notes.get(name, '')}" for name in sort_for_writing({*wrong, *notes})]
    return f"not as declared: {', '.join(names)}" if names else None


def _describe_withdrawn_names(site: ObservedSite, declared: DeclaredValues) -> str | None:
    """Return the names that are no longer declared and are still set, or still deployed after a user deleted them."""
    names = sort_for_removal(declared.withdrawn & {*site.variables, *site.deployed_variables})
    return (
        f"no longer declared, an up removes {'it' if len(names) == 1 else 'them'}: {', '.join(names)}"
        if names
        else None
    )


def _find_deployed_differences(site: ObservedSite, declared: DeclaredValues) -> StatusFinding:
    # A site that was set up by hand runs without MIRRORS_APPLICATION until its next deployment. That is no finding.
    compared = dict(declared.known)
    if MIRRORS_APPLICATION not in site.deployed_variables:
        compared.pop(MIRRORS_APPLICATION, None)
    stale, _ = compare_values(compared, site.deployed_variables, declared.hidden_at(site))
    # The platform hides the set value. After a rotation it may still be the old one, so the line must not say "set".
    hidden = [name for name in stale if name in site.variables and site.variables[name].value is None]
    said = {"set, but not deployed": set(stale) - set(hidden), "does not run with the declared value": hidden}
    details = [f"{what}: {', '.join(sort_for_writing(names))}" for what, names in said.items() if names]
    return (SiteCondition.VARIABLES_DIFFER, "; ".join(details)) if details else None


def find_outdated_release(observed: ObservedFleet, site: ObservedSite) -> StatusFinding:
    runs, newest = find_site_release(observed, site, "mirror"), newest_successful(observed.releases)
    if newest is None or runs == newest.uuid:
        return None
    return SiteCondition.OUTDATED, f"runs release {runs or 'unknown'}, the original has {newest.uuid}"


def find_site_release(observed: ObservedFleet, site: ObservedSite, role: str) -> str | None:
    done = newest_successful(site.deployments)
    if done is None or role == "original":
        return done.uuid if done else None
    return find_release(done, observed.releases)

"""Decide the condition of one site: compare what is set and deployed with what is declared."""

from collections.abc import Collection, Iterator, Mapping

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
    """Return the state of a site, and its reasons: every difference, the worst first.

    A site without a finding is converged, even if its newest deployment failed: a user took the change back, so the
    site runs as declared. A site that was never deployed lacks everything, so that alone is its reason.
    """
    if newest_running(site.deployments):
        return SiteCondition.DEPLOYING, ("a deployment is running",)
    missing = _find_missing_deployment(site)
    findings = [missing] if missing else list(filter(None, (_find_differences(site, declared), outdated)))
    if not findings:
        return SiteCondition.CONVERGED, ()
    (state, _), details = findings[0], tuple(detail for _, detail in findings)
    failure = _describe_failure(site)
    return (SiteCondition.FAILED, (failure, *details)) if failure else (state, details)


def _describe_failure(site: ObservedSite) -> str | None:
    newest = newest_started(site.deployments)
    if newest is None or newest.success is not False:
        return None
    serves = "the one before it still serves" if newest_successful(site.deployments) else "nothing serves"
    return f"deployment {newest.uuid} failed; {serves}"


def _find_missing_deployment(site: ObservedSite) -> StatusFinding:
    return None if newest_successful(site.deployments) else (SiteCondition.NOT_DEPLOYED, "never deployed successfully")


def _find_differences(site: ObservedSite, declared: DeclaredValues) -> StatusFinding:
    wrongly_set = _find_wrongly_set(site, declared)
    details = (
        _describe_set_differences(site, declared, wrongly_set),
        _describe_withdrawn_names(site, declared),
        *_describe_deployed_differences(site, declared, wrongly_set),
    )
    said = "; ".join(filter(None, details))
    return (SiteCondition.VARIABLES_DIFFER, said) if said else None


def _find_wrongly_set(site: ObservedSite, declared: DeclaredValues) -> dict[str, str]:
    """Return {name: a word on it} of the declared variables that are not set, or set with another value."""
    set_here = {name: item.value for name, item in site.variables.items()}
    wrong, _ = compare_values(declared.known, set_here)
    return dict.fromkeys(wrong, "") | dict.fromkeys(set(declared.values) - set(set_here), " (missing)")


def _describe_set_differences(
    site: ObservedSite, declared: DeclaredValues, wrongly_set: Mapping[str, str]
) -> str | None:
    """Return the names that are not set as declared, with a word on a wrong flag, because the value may be right."""
    flagged = {
        name: f" ({'not flagged' if sensitive else 'flagged'} as sensitive)"
        for name, sensitive in declared.sensitive.items()
        if name in site.variables and site.variables[name].sensitive != sensitive
    }
    notes = {**flagged, **wrongly_set}
    names = [f"{name}{notes[name]}" for name in sort_for_writing(notes)]
    return f"not as declared: {', '.join(names)}" if names else None


def _describe_withdrawn_names(site: ObservedSite, declared: DeclaredValues) -> str | None:
    """Return the names that are no longer declared and are still set, or still deployed after a user deleted them."""
    names = sort_for_removal(declared.withdrawn & {*site.variables, *site.deployed_variables})
    return (
        f"no longer declared, an up removes {'it' if len(names) == 1 else 'them'}: {', '.join(names)}"
        if names
        else None
    )


def _describe_deployed_differences(
    site: ObservedSite, declared: DeclaredValues, wrongly_set: Collection[str]
) -> Iterator[str]:
    """Yield the names that the site does not run with as declared. A wrongly set one is named already."""
    compared = {name: value for name, value in declared.known.items() if name not in wrongly_set}
    # A site that was set up by hand runs without MIRRORS_APPLICATION until its next deployment. That is no finding.
    if MIRRORS_APPLICATION not in site.deployed_variables:
        compared.pop(MIRRORS_APPLICATION, None)
    stale, _ = compare_values(compared, site.deployed_variables, declared.hidden_at(site))
    # The platform hides the set value. After a rotation it may still be the old one, so the line must not say "set".
    hidden = [name for name in stale if name in site.variables and site.variables[name].value is None]
    said = {"set, but not deployed": set(stale) - set(hidden), "does not run with the declared value": hidden}
    return (f"{what}: {', '.join(sort_for_writing(names))}" for what, names in said.items() if names)


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

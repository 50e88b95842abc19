"""The containers, or the services of a swarm, as the planner sees them: a name, labels and variables. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mirrors.config import Settings
from mirrors.docker.observation.site_facts import undeclared_site_from
from mirrors.docker.plan import make_absent_site
from mirrors.docker.sites.names import LABEL_ENVIRONMENT, LABEL_FLEET, LABEL_PASSWORD, LABEL_SITE
from mirrors.planning.observed import ObservedFleet, ObservedSite, ObservedVariable
from mirrors.planning.site_ids.facts import UndeclaredSite
from mirrors.planning.variables.dsn import is_same_service, read_service
from mirrors.planning.variables.names import DATABASE_URL


@dataclass(frozen=True, slots=True)
class Workload:
    """A container, or a service of a swarm.

    Args:
        variables: {name: value} of what its process runs with.
    """

    name: str
    labels: Mapping[str, str]
    variables: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class ObservedContainers:
    """The containers of a fleet, and what they show beside their variables.

    Args:
        password_versions: The versions of the database's password that its sites run with, by their labels.
        elsewhere: {slug: fleet} of the declared sites that run as another fleet's.
    """

    fleet: ObservedFleet
    password_versions: frozenset[str] = frozenset()
    elsewhere: Mapping[str, str] = field(default_factory=dict)


def observe_workloads(
    settings: Settings, there: Sequence[Workload], others: Sequence[Workload] = ()
) -> ObservedContainers:
    """Read the fleet from what runs.

    Args:
        settings: The stack's configuration.
        there: All with a label of this environment.
        others: All others, as far as an address may show what they share.
    """
    original, slugs = settings.fleet.original.application, settings.fleet.slugs
    found = {item.labels.get(LABEL_SITE, ""): item for item in there if item.labels.get(LABEL_FLEET) == original}
    fleets = ((item.labels.get(LABEL_SITE, ""), item.labels.get(LABEL_FLEET)) for item in there)
    elsewhere = {slug: fleet for slug, fleet in fleets if slug in slugs and fleet and fleet != original}
    sites = {slug: _observe_site(settings, slug, found.get(slug)) for slug in slugs}
    for mirror in settings.mirrors:
        if mirror.formerly and mirror.application not in found:
            sites[mirror.application] = _observe_site(settings, mirror.application, found.get(mirror.formerly))
    first = sites.pop(original)
    versions = {item.labels[LABEL_PASSWORD] for item in found.values() if LABEL_PASSWORD in item.labels}
    beside = _find_undeclared_sites(settings, [*there, *others])
    seen = ObservedFleet(first, sites, settings.environment, undeclared_sites=beside)
    return ObservedContainers(seen, frozenset(versions), elsewhere)


def _find_undeclared_sites(settings: Settings, there: Iterable[Workload]) -> dict[str, UndeclaredSite]:
    """Return what shares the database and is not declared.

    A label tells them where the database is the fleet's own; its address tells them otherwise.

    Returns:
        {slug or name: its id and its application}.
    """
    fleet = settings.fleet
    fleets = {fleet.original.application, fleet.original.formerly}
    known = {slug for site in fleet.sites for slug in (site.application, site.formerly)}
    found: dict[str, UndeclaredSite] = {}
    for item in there:
        slug = item.labels.get(LABEL_SITE)
        mine = item.labels.get(LABEL_FLEET) in fleets and item.labels.get(LABEL_ENVIRONMENT) == settings.environment
        near = bool(slug) if mine else _may_use_database(settings, item.variables)
        if near and not (mine and slug in known) and (beside := undeclared_site_from(item.variables)) is not None:
            found[slug or item.name] = beside
    return dict(sorted(found.items()))


def _may_use_database(settings: Settings, values: Mapping[str, str]) -> bool:
    """Return whether a container may use a shared database that is elsewhere.

    A database of the fleet's own has the same address in each network, so its address says nothing.
    """
    declared, there = settings.shared_values.get(DATABASE_URL), values.get(DATABASE_URL)
    if declared is None or there is None:
        return False
    return is_same_service(read_service(there), read_service(declared.get_secret_value())) is not False


def _observe_site(settings: Settings, slug: str, there: Workload | None) -> ObservedSite:
    if there is None:
        return make_absent_site(slug)
    variables = {name: ObservedVariable(value) for name, value in there.variables.items()}
    return ObservedSite(slug, slug, settings.environment, variables, deployed_variables=there.variables)

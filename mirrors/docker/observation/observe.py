"""Observe the containers that a stack has on its Docker host. It only reads."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from docker.models.containers import Container

from mirrors.config import Settings
from mirrors.docker.host.client import DockerHost, read_container_variables
from mirrors.docker.observation.observed import ObservedContainer
from mirrors.docker.observation.site_facts import undeclared_site_from
from mirrors.docker.plan import make_absent_site
from mirrors.docker.sites.names import LABEL_ENVIRONMENT, LABEL_FLEET, LABEL_PASSWORD, LABEL_SITE
from mirrors.planning.observed import ObservedFleet, ObservedSite, ObservedVariable
from mirrors.planning.site_ids.facts import UndeclaredSite
from mirrors.planning.variables.dsn import is_same_service, read_service
from mirrors.planning.variables.names import DATABASE_URL


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


def observe_containers(engine: DockerHost, settings: Settings) -> ObservedContainers:
    """Observe the fleet's containers. Raises MirrorsError where the host does not answer."""
    original, slugs = settings.fleet.original.application, settings.fleet.slugs
    there = engine.list_labelled({LABEL_ENVIRONMENT: settings.environment})
    found = {item.labels.get(LABEL_SITE, ""): item for item in there if item.labels.get(LABEL_FLEET) == original}
    fleets = ((item.labels.get(LABEL_SITE, ""), item.labels.get(LABEL_FLEET)) for item in there)
    elsewhere = {slug: fleet for slug, fleet in fleets if slug in slugs and fleet and fleet != original}
    sites = {slug: _observe_site(settings, slug, found.get(slug)) for slug in slugs}
    for mirror in settings.mirrors:
        if mirror.formerly and mirror.application not in found:
            sites[mirror.application] = _observe_site(settings, mirror.application, found.get(mirror.formerly))
    first = sites.pop(original)
    versions = {item.labels[LABEL_PASSWORD] for item in found.values() if LABEL_PASSWORD in item.labels}
    beside = find_undeclared_sites(settings, [*there, *_list_by_address(engine, settings)])
    seen = ObservedFleet(first, sites, settings.environment, undeclared_sites=beside)
    return ObservedContainers(seen, frozenset(versions), elsewhere)


def observe_site_containers(host: DockerHost, settings: Settings) -> dict[str, ObservedContainer]:
    """Return the containers of a stack's sites, by slug. Raises MirrorsError where the host does not answer."""
    original = settings.fleet.original
    there = host.list_labelled({LABEL_ENVIRONMENT: settings.environment})
    found: dict[str, Container] = {}
    for fleet in (original.formerly, original.application):
        found |= {item.labels[LABEL_SITE]: item for item in there if fleet and _is_site_of(item, fleet)}
    images = {slug: str(item.attrs.get("Image", "")) for slug, item in found.items()}
    names = {image: host.variables_of_image(image) for image in {*images.values()}}
    return {slug: _observe_container(slug, item, names[images[slug]]) for slug, item in found.items()}


def _is_site_of(item: Container, fleet: str) -> bool:
    return bool(item.labels.get(LABEL_SITE)) and item.labels.get(LABEL_FLEET) == fleet


def _observe_container(slug: str, item: Container, of_image: frozenset[str] | None) -> ObservedContainer:
    state = item.attrs["State"]
    return ObservedContainer(
        slug,
        item.short_id,
        item.attrs.get("Image", ""),
        _parse_time(item.attrs.get("Created")),
        state["Status"],
        int(state.get("ExitCode") or 0),
        (state.get("Health") or {}).get("Status"),
        read_container_variables(item),
        of_image,
        item.labels.get(LABEL_PASSWORD),
    )


def _parse_time(text: str | None) -> datetime | None:
    """Read a time as Docker writes it, to the second: it has more digits than Python reads."""
    return datetime.fromisoformat(f"{text[:19]}+00:00") if text else None


def find_undeclared_sites(settings: Settings, there: Iterable[Container]) -> dict[str, UndeclaredSite]:
    """Return the containers that share the database and are not declared.

    A label tells them where the database is the fleet's own; its address tells them otherwise.

    Returns:
        {slug or container name: its id and its application}.
    """
    fleet = settings.fleet
    fleets = {fleet.original.application, fleet.original.formerly}
    known = {slug for site in fleet.sites for slug in (site.application, site.formerly)}
    found: dict[str, UndeclaredSite] = {}
    for item in there:
        values, slug = read_container_variables(item), item.labels.get(LABEL_SITE)
        mine = item.labels.get(LABEL_FLEET) in fleets and item.labels.get(LABEL_ENVIRONMENT) == settings.environment
        near = bool(slug) if mine else _may_use_database(settings, values)
        if near and not (mine and slug in known) and (beside := undeclared_site_from(values)) is not None:
            found[slug or item.name or ""] = beside
    return dict(sorted(found.items()))


def _may_use_database(settings: Settings, values: Mapping[str, str]) -> bool:
    """Return whether a container may use a shared database that is elsewhere.

    A database of the fleet's own has the same address in each network, so its address says nothing.
    """
    declared, there = settings.shared_values.get(DATABASE_URL), values.get(DATABASE_URL)
    if declared is None or there is None:
        return False
    return is_same_service(read_service(there), read_service(declared.get_secret_value())) is not False


def _list_by_address(engine: DockerHost, settings: Settings) -> Sequence[Container]:
    """Return all containers of the host if only an address shows what they share."""
    return engine.list_labelled({}) if DATABASE_URL in settings.shared_values else ()


def _observe_site(settings: Settings, slug: str, container: Container | None) -> ObservedSite:
    if container is None:
        return make_absent_site(slug)
    values: Mapping[str, str] = read_container_variables(container)
    variables = {name: ObservedVariable(value) for name, value in values.items()}
    return ObservedSite(slug, slug, settings.environment, variables, deployed_variables=values)

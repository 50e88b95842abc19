"""Observe the containers that a stack has on its Docker host. It only reads."""

from docker.models.containers import Container

from mirrors.config import Settings
from mirrors.docker.host.client import DockerHost, read_container_variables
from mirrors.docker.observation.observed import ObservedContainer, parse_time
from mirrors.docker.observation.workloads import ObservedContainers, Workload, observe_workloads
from mirrors.docker.sites.names import LABEL_ENVIRONMENT, LABEL_FLEET, LABEL_PASSWORD, LABEL_SITE
from mirrors.planning.variables.names import DATABASE_URL


def observe_containers(engine: DockerHost, settings: Settings) -> ObservedContainers:
    """Observe the fleet's containers. Raises MirrorsError where the host does not answer."""
    there = engine.list_labelled({LABEL_ENVIRONMENT: settings.environment})
    # Only an address shows what others share with a database elsewhere.
    others = engine.list_labelled({}) if DATABASE_URL in settings.shared_values else ()
    return observe_workloads(settings, [*map(_read_container, there)], [*map(_read_container, others)])


def _read_container(item: Container) -> Workload:
    return Workload(item.name or "", item.labels, read_container_variables(item))


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
        parse_time(item.attrs.get("Created")),
        state["Status"],
        int(state.get("ExitCode") or 0),
        (state.get("Health") or {}).get("Status"),
        read_container_variables(item),
        of_image,
        item.labels.get(LABEL_PASSWORD),
    )

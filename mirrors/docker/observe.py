"""Looks at the containers that a stack has on its Docker host, read-only."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from docker.models.containers import Container

from mirrors.config import Settings
from mirrors.config.docker_names import LABEL_ENVIRONMENT, LABEL_FLEET, LABEL_SITE
from mirrors.docker.engine import Engine, variables_of
from mirrors.planning.containers import LABEL_PASSWORD
from mirrors.planning.observed import FleetSeen, SiteSeen, VariableSeen


@dataclass(frozen=True)
class ContainersSeen:
    """``password_versions``: those of the database's password that its sites run with, as their labels say.

    ``elsewhere``: {slug: fleet} of the declared sites that run as another fleet's.
    """

    fleet: FleetSeen
    password_versions: frozenset[str] = frozenset()
    elsewhere: Mapping[str, str] = field(default_factory=dict)


def observe(engine: Engine, settings: Settings) -> ContainersSeen:
    """Raises DockerError where the host does not answer."""
    original, slugs = settings.fleet.original.application, settings.fleet.slugs
    there = engine.labelled({LABEL_ENVIRONMENT: settings.environment})
    found = {item.labels.get(LABEL_SITE, ""): item for item in there if item.labels.get(LABEL_FLEET) == original}
    fleets = ((item.labels.get(LABEL_SITE, ""), item.labels.get(LABEL_FLEET)) for item in there)
    elsewhere = {slug: fleet for slug, fleet in fleets if slug in slugs and fleet and fleet != original}
    sites = {slug: _site(settings, slug, found.get(slug)) for slug in slugs}
    for mirror in settings.mirrors:
        if mirror.formerly and mirror.application not in found:
            sites[mirror.application] = _site(settings, mirror.application, found.get(mirror.formerly))
    first = sites.pop(original)
    versions = {item.labels[LABEL_PASSWORD] for item in found.values() if LABEL_PASSWORD in item.labels}
    return ContainersSeen(FleetSeen(first, sites, settings.environment), frozenset(versions), elsewhere)


def _site(settings: Settings, slug: str, container: Container | None) -> SiteSeen:
    """One without a container has no environment: there is nothing to compare with."""
    if container is None:
        return SiteSeen(slug, slug, None)
    values: Mapping[str, str] = variables_of(container)
    variables = {name: VariableSeen(value) for name, value in values.items()}
    return SiteSeen(slug, slug, settings.environment, variables, frozen=values)

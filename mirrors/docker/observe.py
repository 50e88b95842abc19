"""Looks at the containers that a stack has on its Docker host, read-only."""

from collections.abc import Mapping
from dataclasses import dataclass

from docker.models.containers import Container

from mirrors.config import Settings
from mirrors.config.docker_names import LABEL_SITE, Names
from mirrors.docker.engine import Engine, variables_of
from mirrors.planning.containers import LABEL_PASSWORD
from mirrors.planning.observed import FleetSeen, SiteSeen, VariableSeen


@dataclass(frozen=True)
class ContainersSeen:
    """``password_versions``: those of the database's password that its sites run with, as their labels say."""

    fleet: FleetSeen
    password_versions: frozenset[str] = frozenset()


def observe(engine: Engine, settings: Settings) -> ContainersSeen:
    """Raises DockerError where the host does not answer."""
    found = {item.labels.get(LABEL_SITE, ""): item for item in engine.labelled(Names.of(settings).labels())}
    original = settings.fleet.original.application
    sites = {slug: _site(settings, slug, found.get(slug)) for slug in settings.fleet.slugs}
    for mirror in settings.mirrors:
        if mirror.formerly and mirror.application not in found:
            sites[mirror.application] = _site(settings, mirror.application, found.get(mirror.formerly))
    first = sites.pop(original)
    versions = {item.labels[LABEL_PASSWORD] for item in found.values() if LABEL_PASSWORD in item.labels}
    return ContainersSeen(FleetSeen(first, sites, settings.environment), frozenset(versions))


def _site(settings: Settings, slug: str, container: Container | None) -> SiteSeen:
    """One without a container has no environment: there is nothing to compare with."""
    if container is None:
        return SiteSeen(slug, slug, None)
    values: Mapping[str, str] = variables_of(container)
    variables = {name: VariableSeen(value) for name, value in values.items()}
    return SiteSeen(slug, slug, settings.environment, variables, frozen=values)

"""Compare a site's container with what is declared: its process, and the variables that it runs with. Pure."""

from collections.abc import Iterator

from mirrors.config import Settings
from mirrors.config.values.variable_names import STORAGE_DSN
from mirrors.docker.config.settings import docker_of
from mirrors.docker.observation.observed import ObservedContainer
from mirrors.docker.sites.variables import database_url, owns_database, owns_media, plain_variables, storage_dsn
from mirrors.planning.observed import ObservedSite
from mirrors.planning.reports.site_status import SiteCondition
from mirrors.planning.site_plan import SitePlan
from mirrors.planning.variables.dsn import identify_service
from mirrors.planning.variables.names import DATABASE_URL, sort_for_removal, sort_for_writing

RUNNING = "running"

ContainerFinding = tuple[SiteCondition, str]
"""A condition of a site, and what shows it."""


def find_process_faults(container: ObservedContainer) -> Iterator[ContainerFinding]:
    """Say what is wrong with the container's process, or with the tasks of a service."""
    if container.faults is not None:
        yield from container.faults
    elif container.status == "restarting":
        yield (
            SiteCondition.FAILED,
            f"its container ends and is started again, the last time with exit code {container.exit_code}",
        )
    elif container.status in ("exited", "dead"):
        yield SiteCondition.FAILED, f"its container ended with exit code {container.exit_code}: an up brings it back"
    elif container.status != RUNNING:
        yield SiteCondition.FAILED, f"its container is {container.status}: an up brings it back"
    elif container.health == "starting":
        yield SiteCondition.DEPLOYING, "its container was not healthy yet"
    elif container.health == "unhealthy":
        yield SiteCondition.UNVERIFIED, "its container is not healthy"


def find_variable_differences(
    settings: Settings, slug: str, site_id: int | None, container: ObservedContainer
) -> Iterator[ContainerFinding]:
    """Compare what the container runs with to what is declared. No value is shown."""
    declared = _declared_variables(settings, slug, site_id) if site_id is not None else {}
    different = {name for name, value in declared.items() if container.variables.get(name) != value}
    if owns_database(settings) and not _has_database(settings, container):
        different.add(DATABASE_URL)
    if different:
        yield (
            SiteCondition.VARIABLES_DIFFER,
            f"does not run with the declared value: {', '.join(sort_for_writing(different))}",
        )
    if container.of_image is not None and site_id is not None:
        named = declared.keys() | settings.variables_of(slug).keys() | set(settings.fleet.shared)
        left = container.variables.keys() - container.of_image - named
        if left:
            yield (
                SiteCondition.VARIABLES_DIFFER,
                f"no longer declared, an up removes it: {', '.join(sort_for_removal(left))}",
            )


def _declared_variables(settings: Settings, slug: str, site_id: int) -> dict[str, str]:
    """Return {name: value} that a site is declared with, without the password that only the state has."""
    seen = ObservedSite(slug, slug, None)
    site = SitePlan(slug, slug, settings.environment, None, settings.variables_of(slug), seen)
    shared = {name: value.get_secret_value() for name, value in settings.shared_values.items()}
    media = {STORAGE_DSN: storage_dsn(settings)} if owns_media(settings) else {}
    return {**plain_variables(settings, site, site_id), **media, **shared}


def _has_database(settings: Settings, container: ObservedContainer) -> bool:
    """Return whether a container has the stack's own database, with today's password."""
    if container.password_version != docker_of(settings).database.password_version:
        return False
    there = container.variables.get(DATABASE_URL)
    return there is not None and identify_service(there) == identify_service(database_url(settings, "password"))

"""The variables of a site's container: its own in clear, and the shared ones that the stack has a service for. Pure."""

from mirrors.config import Settings
from mirrors.config.values.variable_names import STORAGE_DSN
from mirrors.docker.config.settings import docker_of
from mirrors.docker.sites.addresses import site_domain
from mirrors.docker.sites.names import ResourceNames
from mirrors.planning.site_plan import SitePlan
from mirrors.planning.variables.names import DATABASE_URL, DOMAIN, MIRRORS_APPLICATION, SITE_ID

DATABASE_HOST = "database"
"""The host name of the container with PostgreSQL, in the network that the sites share."""


def plain_variables(settings: Settings, site: SitePlan, site_id: int) -> dict[str, str]:
    """Return {name: value} of a site's own variables in clear. Declared values win over the surroundings.

    Only a mirror has ``MIRRORS_APPLICATION``: an image without it is the original.
    """
    mirror = site.slug != settings.fleet.original.application
    own = {SITE_ID: str(site_id), **({MIRRORS_APPLICATION: site.slug} if mirror else {})}
    surroundings = {
        DOMAIN: site_domain(settings, site.slug, site_id),
        "STAGE": settings.environment,
        "PORT": str(docker_of(settings).port),
    }
    declared = {name: item.value for name, item in site.variables.items() if name not in own and item.value is not None}
    return {**surroundings, **declared, **own}


def database_url(settings: Settings, password: str) -> str:
    """Return the address of the stack's database. The password has only characters that need no escape."""
    database, role = docker_of(settings).database, ResourceNames.of(settings).role
    name = database.name or role
    return f"postgres://{database.user or name}:{password}@{DATABASE_HOST}:5432/{name}"


def storage_dsn(settings: Settings) -> str:
    media = docker_of(settings).media
    return f"file://{media.path}/?url={media.url.replace('/', '%2F')}"


def owns_service(settings: Settings, name: str) -> bool:
    """Return whether the stack has a service of its own for a shared variable, and declares no value for it."""
    return name in settings.fleet.shared and name not in settings.shared_values


def owns_database(settings: Settings) -> bool:
    return owns_service(settings, DATABASE_URL)


def owns_media(settings: Settings) -> bool:
    return owns_service(settings, STORAGE_DSN)

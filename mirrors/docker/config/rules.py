"""Rules about the section ``docker``. Each is a function from the settings to problems."""

from collections.abc import Collection, Iterator

from mirrors.config.messages.wording import format_path, problem_at, unknown_site_problem
from mirrors.config.models.settings import Settings
from mirrors.config.values.variable_names import DATABASE_URL, STORAGE_DSN
from mirrors.docker.config.settings import docker_of
from mirrors.docker.sites.names import ResourceNames
from mirrors.problems import Problem

OWN_SERVICES = {DATABASE_URL: "database", STORAGE_DSN: "media"}
"""The services for which a stack has a container or a volume, unless ``sharedValues`` has a value."""


def docker_problems(settings: Settings, named: Collection[str]) -> Iterator[Problem]:
    """Check the section ``docker``.

    Args:
        named: The applications of all mirrors, also of those that are left out because of a problem.
    """
    yield from check_image_source(settings)
    yield from check_shared_values_known(settings)
    yield from check_database_declared_once(settings)
    yield from check_proxy_domains(settings)
    yield from check_domains_in_fleet(settings, named)
    yield from check_renamed_original_keeps_data(settings)


def check_image_source(settings: Settings) -> Iterator[Problem]:
    docker = docker_of(settings)
    if docker.image is None and docker.build is None:
        remedy = f"name the image that the sites run, or how it is built with {format_path(('docker', 'build'))}"
        yield problem_at(("docker", "image"), "missing-key", "missing", remedy)
    if docker.image is not None and docker.build is not None:
        message = f"{format_path(('docker', 'image'))} is set, too"
        yield problem_at(("docker", "build"), "keys-exclude-each-other", message, "remove one of them")


def check_shared_values_known(settings: Settings) -> Iterator[Problem]:
    for name in settings.fleet.shared:
        if name not in OWN_SERVICES and name not in settings.shared_values:
            message = "missing; no other site has a value to share."
            command = f"pulumi config set --secret --path mirrors:sharedValues.{name}"
            remedy = f"Set it with '{command}', or take it off mirrors:fleet.shared"
            yield problem_at(("sharedValues", name), "shared-value-missing", message, remedy)


def check_database_declared_once(settings: Settings) -> Iterator[Problem]:
    for name, section in OWN_SERVICES.items():
        if name in settings.shared_values and section in docker_of(settings).model_fields_set:
            message = f"{format_path(('sharedValues', name))} names another one"
            yield problem_at(("docker", section), "keys-exclude-each-other", message, "remove one of them")


def check_proxy_domains(settings: Settings) -> Iterator[Problem]:
    docker = docker_of(settings)
    for slug in settings.fleet.slugs if docker.proxy else ():
        if slug not in docker.domains:
            remedy = "the proxy needs the site's host name, such as www.example.com"
            yield problem_at(("docker", "domains", slug), "missing-key", "missing", remedy)


def check_domains_in_fleet(settings: Settings, named: Collection[str]) -> Iterator[Problem]:
    known = {*settings.fleet.slugs, *named}
    for slug in docker_of(settings).domains:
        if slug not in known:
            yield unknown_site_problem(("docker", "domains", slug), known)


def check_renamed_original_keeps_data(settings: Settings) -> Iterator[Problem]:
    """Refuse a renamed original whose volumes and database are not declared: its new name has none of them."""
    if settings.fleet.original.formerly is None:
        return
    former, docker = ResourceNames(settings.fleet.original.formerly, settings.environment), docker_of(settings)
    wanted = {
        ("database", "volume"): (docker.database.volume, former.part("database"), DATABASE_URL),
        ("database", "name"): (docker.database.name, former.role, DATABASE_URL),
        ("media", "volume"): (docker.media.volume, former.part("media"), STORAGE_DSN),
    }
    for (section, key), (declared, before, name) in wanted.items():
        if declared is None and name not in settings.shared_values:
            message = "missing; the original is renamed, and its data is found under the former name alone."
            remedy = f"Set it to {before}, and leave it there"
            yield problem_at(("docker", section, key), "renamed-original-leaves-data", message, remedy)

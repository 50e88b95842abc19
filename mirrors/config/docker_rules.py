"""Rules about the section ``docker``. Each is a function from the settings to lines for the user."""

from collections.abc import Collection, Iterator

from mirrors.config.docker_names import Names
from mirrors.config.messages import path, suggestion
from mirrors.config.models import Settings

OWN_SERVICES = {"DATABASE_URL": "database", "DEFAULT_STORAGE_DSN": "media"}
"""What a stack has a container or a volume for, unless ``sharedValues`` has a value."""


def docker_problems(settings: Settings, named: Collection[str]) -> Iterator[str]:
    """``named``: the applications of all mirrors, also of those left out because something is wrong with them."""
    yield from _one_image(settings)
    yield from _each_value_is_known(settings)
    yield from _nothing_is_declared_twice(settings)
    yield from _a_proxy_knows_the_names(settings)
    yield from _domains_are_the_fleets(settings, named)
    yield from _a_renamed_original_keeps_its_data(settings)


def _one_image(settings: Settings) -> Iterator[str]:
    docker = settings.docker
    if docker.image is None and docker.build is None:
        yield (
            f"{path(('docker', 'image'))}: missing; name the image that the sites run, or how it is built with"
            f" {path(('docker', 'build'))}"
        )
    if docker.image is not None and docker.build is not None:
        yield f"{path(('docker', 'build'))}: {path(('docker', 'image'))} is set, too; remove one of them"


def _each_value_is_known(settings: Settings) -> Iterator[str]:
    for name in settings.fleet.shared:
        if name not in OWN_SERVICES and name not in settings.shared_values:
            yield (
                f"{path(('sharedValues', name))}: missing; no other site has a value to share. Set it with 'pulumi"
                f" config set --secret --path mirrors:sharedValues.{name}', or take it off mirrors:fleet.shared"
            )


def _nothing_is_declared_twice(settings: Settings) -> Iterator[str]:
    for name, section in OWN_SERVICES.items():
        if name in settings.shared_values and section in settings.docker.model_fields_set:
            yield (f"{path(('docker', section))}: {path(('sharedValues', name))} names another one; remove one of them")


def _a_proxy_knows_the_names(settings: Settings) -> Iterator[str]:
    docker = settings.docker
    for slug in settings.fleet.slugs if docker.proxy else ():
        if slug not in docker.domains:
            yield (
                f"{path(('docker', 'domains', slug))}: missing; the proxy needs the site's host name, such as"
                " www.example.com"
            )


def _domains_are_the_fleets(settings: Settings, named: Collection[str]) -> Iterator[str]:
    known = {*settings.fleet.slugs, *named}
    for slug in settings.docker.domains:
        if slug not in known:
            yield f"{path(('docker', 'domains', slug))}: the fleet has no site of this name; {suggestion(slug, known)}"


def _a_renamed_original_keeps_its_data(settings: Settings) -> Iterator[str]:
    """Volumes and database are called like the original, unless they are declared: its new name has none of them."""
    if settings.fleet.original.formerly is None:
        return
    former, docker = Names(settings.fleet.original.formerly, settings.environment), settings.docker
    wanted = {
        ("database", "volume"): (docker.database.volume, former.part("database"), "DATABASE_URL"),
        ("database", "name"): (docker.database.name, former.role, "DATABASE_URL"),
        ("media", "volume"): (docker.media.volume, former.part("media"), "DEFAULT_STORAGE_DSN"),
    }
    for (section, key), (declared, before, name) in wanted.items():
        if declared is None and name not in settings.shared_values:
            yield (
                f"{path(('docker', section, key))}: missing; the original is renamed, and its data is found under the"
                f" former name alone. Set it to {before}, and leave it there"
            )

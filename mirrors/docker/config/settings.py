"""The keys of a fleet on a Docker host."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import BeforeValidator, Field

from mirrors.config.models.base import ConfigModel
from mirrors.config.models.platform_settings import PlatformSettings
from mirrors.config.values.common_values import DurationSeconds, Slug
from mirrors.config.values.validators import false_as_none
from mirrors.docker.config.sections import (
    Build,
    Database,
    DockerTls,
    Healthcheck,
    Media,
    Proxy,
    Publish,
    Resources,
)
from mirrors.docker.config.values import Domain, Host, Image, Port, Registry, Restart, Word
from mirrors.problems import Problem

if TYPE_CHECKING:
    from mirrors.config.models.settings import Settings
    from mirrors.config.rules.validation_context import ValidationContext

__all__ = ["Docker", "DockerSettings", "docker_of"]


class Docker(ConfigModel):
    """The fleet on a Docker host, with ``platform: docker``. These keys belong to one stack.

    ```yaml
    mirrors:platform: docker
    mirrors:docker:
      host: ssh://deploy@docker.example.com
      image: registry.example.com/acme:2026-11-22
      releaseCommand: [python, manage.py, mirrors_migrate]
      domains: {acme: www.example.com, acme-fr: www.example.fr}
      proxy: {kind: caddy, network: proxy}
      resources: {memory: 512m, cpus: 0.5}
    ```
    """

    host: Host | None = None
    """The Docker host. Default: the value of ``DOCKER_HOST`` in the environment, or this machine's socket."""

    image: Image | None = None
    """The image that all sites run. A release is another image: a new tag, or a digest."""

    registries: tuple[Registry, ...] = ()
    """Registries that need a login. Mirrors passes on what ``docker login`` stored on the machine that runs Pulumi."""

    build: Build | None = None
    """How to build the image, in place of ``image``."""

    command: tuple[Word, ...] = ()
    """The command of each site's container. Default: the image's own."""

    port: Port = 8000
    """The port that the site's process listens on. The container gets it as ``PORT``."""

    release_command: tuple[Word, ...] = ()
    """The command that runs once for each image, in a container of the original, before any site: migrations."""

    site_command: tuple[Word, ...] = ()
    """The command that runs for each site, in a container with its variables. It runs before the site starts with
    another image or other plain variables, and writes the site's row in the database.
    """

    command_timeout: DurationSeconds = 30 * 60
    """The time that either command may take."""

    database: Database = Database()
    """The PostgreSQL in a container. A stack with ``sharedValues.DATABASE_URL`` has none."""

    media: Media = Media()
    """The volume for media. A stack with ``sharedValues.DEFAULT_STORAGE_DSN`` has none."""

    publish: Publish | None = None
    """The ports that the sites answer on. Default: the defaults of its keys; none with a ``proxy``."""

    proxy: Proxy | None = None
    """The reverse proxy in front of the sites. Each site then needs its host name in ``domains``."""

    domains: dict[Slug, Domain] = Field(default_factory=dict)
    """The host name of each site, its ``DOMAIN``. Default: the address and port that it answers on."""

    resources: Resources = Resources()
    """Limits for one site's container."""

    healthcheck: Annotated[Healthcheck | None, BeforeValidator(false_as_none)] = Healthcheck()
    """The check that makes a site's container healthy. With ``false``, the image's own check decides, if it has one."""

    start_timeout: DurationSeconds = 120
    """The time that a site has for its first healthy answer. A container that ends earlier fails at once."""

    restart: Restart = "unless-stopped"
    """Docker's restart policy for each site's container."""

    @property
    def published(self) -> Publish | None:
        return self.publish or (None if self.proxy else Publish())


class DockerSettings(PlatformSettings):
    """The fleet as containers on a Docker host."""

    kind: ClassVar[str] = "docker"

    docker: Docker = Docker()
    """The fleet as containers, with ``platform: docker``."""

    docker_tls: DockerTls | None = None
    """Certificates for a Docker host at ``tcp://``."""

    def problems(self, context: ValidationContext) -> Iterator[Problem]:
        from mirrors.docker.config.rules import docker_problems  # a provider process reads the keys without the rules

        yield from docker_problems(context.settings, context.named)


def docker_of(settings: Settings) -> Docker:
    """Return the section ``docker``. Raises TypeError: the stack is on another platform."""
    return settings.platform_keys(DockerSettings).docker

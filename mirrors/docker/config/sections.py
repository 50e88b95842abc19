"""The sections below ``docker`` in the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from mirrors.config.models.base import ConfigModel
from mirrors.config.values.common_values import DurationSeconds
from mirrors.config.values.rollout_values import UrlPath
from mirrors.docker.config.values import (
    Address,
    Command,
    ContainerLabels,
    Cpus,
    Folder,
    Image,
    Megabytes,
    ObjectName,
    Pem,
    Port,
    Retries,
    Role,
    Version,
)

__all__ = ["Build", "Database", "DockerTls", "Healthcheck", "Media", "Proxy", "Publish", "Resources"]


class Build(ConfigModel):
    """An image that the Docker host builds from a directory of this machine."""

    needed: ClassVar[Mapping[str, str]] = {"directory": "a directory, such as ."}

    directory: str = Field(min_length=1)
    """The directory that Pulumi sends to the Docker host, relative to the project's directory."""

    dockerfile: str | None = Field(default=None, min_length=1)
    """The path of the Dockerfile, relative to the project's directory. Default: ``Dockerfile`` in ``directory``."""

    arguments: ContainerLabels = Field(default_factory=dict)
    """The build's arguments. They are in clear in the image, so everyone who has the image can read them."""


class Database(ConfigModel):
    """The PostgreSQL that all sites of the stack share, in a container beside them."""

    image: Image = "postgres:17"
    """The image, with its version. It has to work like Docker's official one. Another major version cannot read an
    existing volume.
    """

    name: Role | None = None
    """The database. Default: the original's slug, with _ for -."""

    user: Role | None = None
    """The role that owns the database and that the sites use. Default: the value of ``name``."""

    superuser: Role = "postgres"
    """The role that makes the other role. For a volume from elsewhere, set the superuser that it was made with."""

    volume: ObjectName | None = None
    """The volume with the data. An existing volume is used as it is. Default: a name of the fleet and environment."""

    password_version: Version = "1"  # noqa: S105 - a version, not a password
    """The version of the password. Another text makes another password: Mirrors alters the role, then replaces the
    containers in one wave.
    """

    timeout: DurationSeconds = 120
    """The time that the database has for its first healthy answer."""


class Media(ConfigModel):
    """The volume with the files that all sites of the stack share."""

    path: Folder = "/media"
    """The path of the volume in each site's container. The site's process needs the right to write there."""

    url: Folder = "/media/"
    """The path at which the sites serve the files."""

    volume: ObjectName | None = None
    """The volume. An existing one is used as it is. Default: a name of the fleet and environment."""


class Publish(ConfigModel):
    """Ports of the Docker host, one for each site: ``base`` plus its SITE_ID. The order of the list moves no port."""

    address: Address = "127.0.0.1"
    """The address of these ports. Keep loopback: only a proxy in front of them should listen on another address."""

    base: Port = 8000
    """The port to which Mirrors adds a SITE_ID. The site with SITE_ID 2 answers two ports above it."""


class Proxy(ConfigModel):
    """A reverse proxy that finds the sites by the labels of their containers."""

    needed: ClassVar[Mapping[str, str]] = {
        "kind": "caddy or traefik",
        "network": "the name of the network that the proxy is in",
    }

    kind: Literal["caddy", "traefik"]
    """The program that reads the labels: ``caddy`` (caddy-docker-proxy) or ``traefik``."""

    network: ObjectName
    """The network of the proxy, which exists already. Mirrors connects each site's container to it too."""

    labels: ContainerLabels = Field(default_factory=dict)
    """More labels for each site's container, such as those that choose a certificate."""


class Resources(ConfigModel):
    """Limits for one site's container."""

    memory: Megabytes | None = None
    """The most memory, such as ``512m``. The container gets no swap beside it."""

    cpus: Cpus | None = None
    """The most processors."""


class Healthcheck(ConfigModel):
    """Docker's check of a site's container. Without ``command`` it gets ``path`` with Python; below 400 is healthy."""

    command: Command | None = None
    """A command and its arguments; exit code 0 is healthy. As in a Dockerfile, ``[CMD-SHELL, "curl -f localhost || exit
    1"]`` is one line for the image's shell. ``[NONE]`` turns off every check, also the image's own.
    """

    path: UrlPath = "/"
    """The path that the check asks for, with the site's ``DOMAIN`` as its host."""

    interval: DurationSeconds = 10
    """The time between two checks."""

    timeout: DurationSeconds = 5
    """The time that one check may take."""

    retries: Retries = 3
    """The number of failures in a row that makes a site unhealthy."""

    start_period: DurationSeconds = 30
    """The time after the start in which failures do not count."""


class DockerTls(ConfigModel):
    """Certificates for a ``tcp://`` host. Without them, ``DOCKER_CERT_PATH`` of the environment names a directory."""

    needed: ClassVar[Mapping[str, str]] = dict.fromkeys(("ca", "cert", "key"), "the text of a PEM file")

    ca: Pem
    """The text of ``ca.pem``, which signed the host's certificate."""

    cert: Pem
    """The text of ``cert.pem``."""

    key: Pem
    """The text of ``key.pem``."""

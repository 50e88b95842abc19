"""The base of the dynamic resources on a Docker host. A process connects to the host once."""

import os

from pulumi.dynamic import Config

from mirrors.config.connection import load_rollout
from mirrors.config.models.rollout import RolloutSettings
from mirrors.docker.host.client import DockerHost, connect_docker_host
from mirrors.docker.host.connection import DOCKER_KEYS, DockerConnection, load_docker_connection
from mirrors.resources.platform_client import raw_values
from mirrors.resources.provider import Provider


class DockerProvider(Provider):
    """The base of providers that ask the Docker host. The state has one as the name of its class."""

    docker: DockerConnection
    rollout: RolloutSettings

    def load_provider_settings(self, config: Config) -> RolloutSettings:
        raw = raw_values(config, DOCKER_KEYS)
        self.docker = load_docker_connection(raw, os.environ)
        self.rollout = load_rollout(raw)
        return self.rollout

    @property
    def host(self) -> DockerHost:
        return connect_docker_host(self.docker)

"""What the dynamic resources of a fleet of containers share: the Docker host, reached once in a process."""

import json
import os
import sys

from pulumi.dynamic import ConfigureRequest

from mirrors.config.docker import KEYS, DockerConnection, load_docker_connection
from mirrors.config.models import Rollout
from mirrors.docker.engine import Engine, connect
from mirrors.resources.base import Provider
from mirrors.resources.watchdog import watch_engine


class DockerProvider(Provider):
    """Base of those that ask the Docker host. As the other providers, it is stored as the name of its class."""

    docker: DockerConnection
    rollout: Rollout

    def configure(self, req: ConfigureRequest) -> None:
        sys.tracebacklimit = 0  # a newer SDK answers with the whole traceback otherwise
        watch_engine(sys.argv)
        raw = {key: value for key in KEYS if (value := req.config.get(f"mirrors:{key}")) is not None}
        self.docker = load_docker_connection(raw, os.environ)
        self.rollout = Rollout.model_validate(json.loads(raw.get("rollout") or "{}"))

    @property
    def engine(self) -> Engine:
        return connect(self.docker)

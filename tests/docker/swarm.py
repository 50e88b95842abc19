"""A swarm of one node on the engine of the tests, for as long as a context lasts."""

from collections.abc import Iterator
from contextlib import contextmanager

import docker

LOOPBACK = "127.0.0.1"


@contextmanager
def swarm_of(host: str) -> Iterator[docker.DockerClient]:
    """The engine is a manager meanwhile. One that was a manager before stays one, with what it has."""
    client = docker.DockerClient(base_url=host)
    joined = client.info()["Swarm"]["LocalNodeState"] != "inactive"
    if not joined:
        client.swarm.init(advertise_addr=LOOPBACK, listen_addr=f"{LOOPBACK}:2377")
    try:
        yield client
    finally:
        if not joined:
            client.swarm.leave(force=True)
        client.close()

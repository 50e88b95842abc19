"""One fleet on a Docker engine: what is there, what the sites say, and how all of it goes away."""

import io
import os
import socket
from dataclasses import dataclass
from functools import cache
from typing import Any

import docker
import requests
from docker.models.containers import Container
from mirrors_sandbox.process import wait_until

from tools.docker_engine.images import ACME, POSTGRES

TIMEOUT = 60.0  # seconds
BLOCK = 60
"""How many ports one run needs: its own, and from 10 and from 40 on."""


def section(base: int, **more: Any) -> dict[str, Any]:
    """``docker`` of a configuration that needs no registry; ``base``: one below the original's port."""
    return {
        "image": ACME,
        "database": {"image": POSTGRES},
        "releaseCommand": ["python", "manage.py", "mirrors_migrate"],
        "siteCommand": ["python", "manage.py", "mirrors_migrate"],
        "healthcheck": {"interval": "1s", "retries": 5},
        "publish": {"base": base},
        **more,
    }


@dataclass(frozen=True)
class World:
    """The fleet of one original, in Test. No other world has its name, since all of it is removed."""

    client: docker.DockerClient
    original: str

    @property
    def slugs(self) -> tuple[str, ...]:
        return (self.original, *(f"{self.original}-{country}" for country in ("de", "fr", "ch")))

    @property
    def fleet(self) -> dict[str, Any]:
        first, *mirrors = self.slugs
        return {"original": {"application": first}, "mirrors": [{"application": slug} for slug in mirrors]}

    @property
    def prefix(self) -> str:
        return f"{self.original}.test"

    @property
    def filters(self) -> dict[str, Any]:
        return {"label": [f"mirrors.fleet={self.original}", "mirrors.environment=test"]}

    def containers(self) -> dict[str, Container]:
        """By name, without the fleet's part of it."""
        found = self.client.containers.list(all=True, filters=self.filters)
        return {str(item.name).removeprefix(self.prefix)[1:]: item for item in found}

    def site(self, slug: str) -> Container:
        return self.client.containers.get(f"{self.prefix}.{slug}")

    def variables(self, slug: str) -> dict[str, str]:
        return dict(item.split("=", 1) for item in self.site(slug).attrs["Config"]["Env"])

    def asked(self, slug: str, path: str = "/site.json") -> Any:
        """Return what a site answers, as JSON."""
        [bound] = self.site(slug).attrs["NetworkSettings"]["Ports"]["8000/tcp"]
        answer = requests.get(f"http://{bound['HostIp']}:{bound['HostPort']}{path}", timeout=TIMEOUT)
        answer.raise_for_status()
        return answer.json()

    def healthy(self, slug: str) -> bool:
        def look() -> bool:
            state = self.site(slug).attrs["State"]
            return bool(state["Running"] and state.get("Health", {}).get("Status") == "healthy")

        return wait_until(look, TIMEOUT, poll=0.3)

    def kill(self, slug: str) -> None:
        """Its process, as the machine would. What the engine itself has killed it does not start again."""
        pid = str(self.site(slug).attrs["State"]["Pid"])
        self.client.containers.run(POSTGRES, ["-c", f"kill -9 {pid}"], entrypoint="sh", pid_mode="host", remove=True)

    def image(self, slug: str) -> str:
        return str(self.site(slug).attrs["Image"])

    def derived(self, tag: str) -> str:
        """Return the site's image once more, with another id."""
        dockerfile = io.BytesIO(f"FROM {ACME}\nLABEL once=more\n".encode())
        self.client.images.build(fileobj=dockerfile, tag=tag, rm=True)
        return tag

    def statement(self, sql: str) -> str:
        done = self.client.containers.get(f"{self.prefix}_database").exec_run(
            ["psql", "-U", "postgres", "-d", self.original, "-Atc", sql], user="postgres"
        )
        assert isinstance(done.output, bytes)
        return done.output.decode().strip()

    def clear(self) -> None:
        """Remove all that belongs to this fleet alone."""
        for item in self.containers().values():
            item.remove(v=True, force=True)
        for network in self.client.networks.list(filters=self.filters):
            network.remove()
        for volume in self.client.volumes.list(filters=self.filters):
            volume.remove(force=True)


@cache
def base_port() -> int:
    """Before a block of ports that are free: other workers run beside this one, and other checkouts."""
    first = 18000 + BLOCK * (os.getpid() % 100)
    return next(base for base in range(first, 32000, BLOCK) if all(map(_is_free, range(base, base + BLOCK))))


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) != 0

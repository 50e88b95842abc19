"""The Docker host: the connection to it, and the few direct requests."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from tempfile import TemporaryDirectory
from typing import Any

import docker
import requests
from docker.errors import APIError, DockerException, NotFound
from docker.models.containers import Container
from docker.tls import TLSConfig
from docker.utils import kwargs_from_env

from mirrors.docker.config.sections import DockerTls
from mirrors.docker.host.connection import DockerConnection
from mirrors.docker.host.failures import docker_host_error
from mirrors.docker.host.ssh import local_socket
from mirrors.errors import MirrorsError
from mirrors.resources.site_logs import redact_log

__all__ = ["ENDED_STATUSES", "POLL_INTERVAL", "DockerHost", "connect_docker_host", "read_container_variables"]

LOCAL_SOCKET = "unix:///var/run/docker.sock"
OLDEST_API = "1.41"
"""The API of Docker 20.10. Mirrors uses it to ask which version the host speaks."""

REQUEST_TIMEOUT = 60
"""Seconds that one request may take."""

ENDED_STATUSES = frozenset({"exited", "dead"})
"""The statuses of a container whose process has ended."""

POLL_INTERVAL = 0.5
"""Seconds between two looks at a container."""

CONTAINER_LOG_LINES = 20
"""The lines of a failed container's log that a message shows."""


class DockerHost:
    """One Docker host. Each of its errors is a MirrorsError that names the host and the request."""

    def __init__(self, client: docker.DockerClient, host: str) -> None:
        self.client = client
        self.host = host

    @contextmanager
    def wrap_errors(self, what: str) -> Iterator[None]:
        try:
            yield
        except APIError as error:
            said = f"the Docker host {self.host} refused to {what}: {error.explanation or error}"
            raise docker_host_error("docker-host-refused", said) from None
        except (DockerException, requests.RequestException, OSError) as error:
            raise unreachable_error(self.host, error) from None

    def find_container(self, name: str) -> Container | None:
        """Return the container with this name or id; None where there is none."""
        with self.wrap_errors(f"look for the container {name}"):
            try:
                return self.client.containers.get(name)
            except NotFound:
                return None

    def list_labelled(self, labels: Mapping[str, str]) -> list[Container]:
        """Return all containers with these labels, running or not."""
        wanted: dict[str, str | list[str] | bool] = {"label": [f"{name}={value}" for name, value in labels.items()]}
        with self.wrap_errors("list its containers"):
            return list(self.client.containers.list(all=True, filters=wanted, ignore_removed=True))

    def image_id(self, reference: str) -> str | None:
        """Return the id of the image that a name means on the host; None where it has no such image."""
        with self.wrap_errors(f"look for the image {reference}"):
            try:
                return str(self.client.images.get(reference).id)
            except NotFound:
                return None

    def variables_of_image(self, reference: str) -> frozenset[str] | None:
        """Return the names of the variables that an image sets; None where the host has no such image."""
        with self.wrap_errors(f"look at the image {reference}"):
            try:
                pairs = self.client.images.get(reference).attrs["Config"].get("Env") or ()
            except NotFound:
                return None
        return frozenset(item.partition("=")[0] for item in pairs)

    def read_log(self, container: Container, secrets: Iterable[str] = ()) -> str:
        """Return the last lines that a container printed, without the values of its variables."""
        with self.wrap_errors(f"show the log of {container.name}"):
            printed = container.logs(tail=CONTAINER_LOG_LINES).decode(errors="replace").rstrip()
        return redact_log(printed, read_container_variables(container).items(), others=secrets)


def read_container_variables(container: Container) -> dict[str, str]:
    """Return {name: value} of a container's environment, with the variables of its image."""
    pairs = (item.partition("=") for item in container.attrs["Config"].get("Env") or ())
    return {name: value for name, _, value in pairs}


@cache
def connect_docker_host(connection: DockerConnection) -> DockerHost:
    """Return the host's client, one for all providers of a process. Raises MirrorsError if the host does not answer."""
    host = connection.host or LOCAL_SOCKET
    try:
        arguments = _client_arguments(host, connection.tls)
        speaks = _make_client(arguments, OLDEST_API).api.version(api_version=False)["ApiVersion"]
        client = _make_client(arguments, speaks)
        client.ping()
    except (DockerException, requests.RequestException, OSError) as error:
        raise unreachable_error(host, error) from None
    return DockerHost(client, host)


def _make_client(arguments: Mapping[str, Any], speaks: str) -> docker.DockerClient:
    """Return a client without the proxies and certificates of the environment. Those would replace the host's own."""
    client = docker.DockerClient(**arguments, version=speaks)
    client.api.trust_env = False
    return client


def _client_arguments(host: str, tls: DockerTls | None) -> dict[str, Any]:
    common: dict[str, Any] = {"base_url": host, "timeout": REQUEST_TIMEOUT}
    if host.startswith("ssh://"):
        return common | {"base_url": local_socket(host)}
    if not host.startswith("tcp://"):
        return common
    if tls is None:
        return {**kwargs_from_env(environment={**os.environ, "DOCKER_HOST": host}), "timeout": REQUEST_TIMEOUT}
    return common | {"tls": _tls_config(tls)}


def _tls_config(tls: DockerTls) -> TLSConfig:
    """Return the certificates as files, which is all that the client takes. Only this process may read them."""
    folder = TemporaryDirectory(prefix="mirrors-docker-")
    _CERTIFICATE_FOLDERS.append(folder)
    paths = {}
    for name, value in (("ca", tls.ca), ("cert", tls.cert), ("key", tls.key)):
        paths[name] = os.path.join(folder.name, f"{name}.pem")  # noqa: PTH118
        with os.fdopen(os.open(paths[name], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(value.get_secret_value())
    return TLSConfig(client_cert=(paths["cert"], paths["key"]), ca_cert=paths["ca"], verify=True)


_CERTIFICATE_FOLDERS: list[TemporaryDirectory[str]] = []
"""The folders of the certificates. They live until the process ends, and are removed then."""


def unreachable_error(host: str, error: Exception) -> MirrorsError:
    return docker_host_error(
        "docker-host-unreachable",
        f"the Docker host {host} does not answer ({type(error).__name__}).",
        "Does it run, and may this user use it? Set mirrors:docker.host, or DOCKER_HOST in the environment",
    )

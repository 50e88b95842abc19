"""The connection to a stack's Docker host, from the configuration and the environment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from mirrors.docker.config.sections import DockerTls
from mirrors.docker.config.settings import DockerSettings
from mirrors.docker.config.values import Host
from mirrors.errors import ConfigurationError
from mirrors.problems import Problem

if TYPE_CHECKING:
    from mirrors.config.models.settings import Settings

__all__ = ["DOCKER_KEYS", "DockerConnection", "connection_of", "load_docker_connection"]

HOST_VARIABLE = "DOCKER_HOST"
DOCKER_KEYS = ("docker", "dockerTls", "rollout")
"""The keys that a provider process reads."""


class DockerConnection(BaseModel):
    """The keys of the connection that a provider process needs. It reads ``rollout`` separately."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, hide_input_in_errors=True)

    host: Host | None = None
    tls: DockerTls | None = None


def connection_of(settings: Settings, environ: Mapping[str, str]) -> DockerConnection:
    """Return the connection to the stack's Docker host. Raises ConfigurationError: ``DOCKER_HOST`` is no host."""
    own = settings.platform_keys(DockerSettings)
    return _validate(own.docker.host or environ.get(HOST_VARIABLE) or None, own.docker_tls)


def load_docker_connection(raw: Mapping[str, str], environ: Mapping[str, str]) -> DockerConnection:
    """Load the connection from raw values of the namespace ``mirrors``. Raises ConfigurationError without any value."""
    try:
        section, tls = json.loads(raw.get("docker") or "{}"), json.loads(raw.get("dockerTls") or "null")
        host = section.get("host") or environ.get(HOST_VARIABLE) or None
    except (ValueError, AttributeError):
        raise _make_invalid_host_error() from None
    return _validate(host, tls)


def _validate(host: Any, tls: Any) -> DockerConnection:
    try:
        return DockerConnection.model_validate({"host": host, "tls": tls})
    except ValidationError:
        raise _make_invalid_host_error() from None


def _make_invalid_host_error() -> ConfigurationError:
    message = f"mirrors:docker.host, {HOST_VARIABLE} in the environment or mirrors:dockerTls is not valid"
    return ConfigurationError(Problem("docker-host-invalid", message))

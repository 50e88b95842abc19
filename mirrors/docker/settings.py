"""The keys of a fleet on a Docker host, and the connection to that host."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    SecretStr,
    ValidationError,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel

from mirrors.config.base import ConfigModel
from mirrors.config.platform_settings import PlatformSettings
from mirrors.config.values import (
    Labels,
    Seconds,
    Slug,
    UrlPath,
    integer_schema,
    matching,
    switched_off,
    takes,
    text,
    text_schema,
    whole,
)
from mirrors.errors import ConfigurationError
from mirrors.problems import Problem

if TYPE_CHECKING:
    from mirrors.config.models import Settings
    from mirrors.config.rules import ValidationContext

__all__ = [
    "Build",
    "Database",
    "Docker",
    "DockerConnection",
    "DockerSettings",
    "DockerTls",
    "Healthcheck",
    "Media",
    "Proxy",
    "Publish",
    "Resources",
    "connection_of",
    "docker_of",
    "load_docker_connection",
]

ENVIRON_HOST = "DOCKER_HOST"
KEYS = ("docker", "dockerTls", "rollout")
"""The keys that a provider process reads."""

_IMAGE = re.compile(r"[a-zA-Z0-9][\w./:@-]*")
_HOST = re.compile(r"(unix:///|ssh://|tcp://)[!-~]+")
_OBJECT_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
_ROLE = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_DOMAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?")
_PEM = re.compile(r"\s*-----BEGIN [^-]+-----.*", re.DOTALL)
_MEMORY = re.compile(r"([0-9]{1,9})(m|g)")
_FOLDER = re.compile(r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._-]+)+/?")
_CPUS = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3})?")


def _port(value: Any) -> int:
    if whole(value) and 1 <= value <= 65535:
        return int(value)
    raise takes("a port from 1 to 65535, without quotes")


def _retries(value: Any) -> int:
    if whole(value) and 1 <= value <= 100:
        return int(value)
    raise takes("a whole number from 1 to 100, without quotes")


def _address(value: Any) -> str:
    try:
        return str(ip_address(value if isinstance(value, str) else ""))
    except ValueError:
        raise takes("an IP address such as 127.0.0.1") from None


def _megabytes(value: Any) -> int:
    match = _MEMORY.fullmatch(value) if isinstance(value, str) else None
    if match and (size := int(match[1]) * (1024 if match[2] == "g" else 1)) >= 6:
        return size
    raise takes("an amount of memory of at least 6m, such as 512m or 2g")


def _cpus(value: Any) -> str:
    """Return the number as Docker's provider writes it, so that no preview shows a difference: ``1.0`` for ``1``."""
    written = str(value) if not isinstance(value, bool) else ""
    if _CPUS.fullmatch(written) and float(written) > 0:
        return str(float(written))
    raise takes("a number of processors above 0, such as 0.5 or 2")


def _version(value: Any) -> str:
    """Take text or a number: ``pulumi config set --path`` removes the quotes of a number."""
    if whole(value) or (isinstance(value, str) and value and "\0" not in value):
        return str(value)
    raise takes("text or a whole number")


def _restart(value: Any) -> str:
    if value in ("no", "always", "on-failure", "unless-stopped"):
        return str(value)
    if value is False:  # YAML reads "no" as this
        return "no"
    raise takes("no, always, on-failure or unless-stopped")


def _command(value: tuple[str, ...]) -> tuple[str, ...]:
    """Return the command as Docker has it. Its first word may name its kind (Engine API 1.51, HealthConfig.Test)."""
    match value:
        case ("NONE",) | ("CMD", _, *_) | ("CMD-SHELL", _):
            return value
        case () | ("NONE", *_) | ("CMD", *_) | ("CMD-SHELL", *_):
            raise takes("a command and its arguments, [CMD-SHELL, one line for the shell], or [NONE]")
    return ("CMD", *value)


Image = Annotated[
    str, PlainValidator(matching(_IMAGE, "an image such as registry.example.com/acme:1.4")), text_schema(_IMAGE)
]
Host = Annotated[
    str,
    PlainValidator(matching(_HOST, "a Docker host: unix:///path, ssh://user@host or tcp://host:2376")),
    text_schema(_HOST),
]
ObjectName = Annotated[
    str,
    PlainValidator(matching(_OBJECT_NAME, "a name that Docker takes: letters, digits, _ . -")),
    text_schema(_OBJECT_NAME),
]
Role = Annotated[
    str, PlainValidator(matching(_ROLE, "a name in PostgreSQL: small letters, digits and _")), text_schema(_ROLE)
]
Domain = Annotated[str, PlainValidator(matching(_DOMAIN, "a host name such as www.example.com")), text_schema(_DOMAIN)]
Pem = Annotated[SecretStr, BeforeValidator(matching(_PEM, "a PEM file's text, beginning with -----BEGIN"))]
Address = Annotated[str, PlainValidator(_address), WithJsonSchema({"type": "string"})]
Retries = Annotated[int, PlainValidator(_retries), integer_schema(1, 100)]
Registry = Annotated[
    str, PlainValidator(matching(_DOMAIN, "a registry's host name such as registry.example.com")), text_schema(_DOMAIN)
]
Port = Annotated[int, PlainValidator(_port), integer_schema(1, 65535)]
Megabytes = Annotated[int, PlainValidator(_megabytes), text_schema(_MEMORY)]
Cpus = Annotated[
    str,
    PlainValidator(_cpus),
    WithJsonSchema({"type": ["number", "string"], "exclusiveMinimum": 0, "pattern": f"^{_CPUS.pattern}$"}),
]
Restart = Annotated[
    str,
    PlainValidator(_restart),
    WithJsonSchema({"enum": ["no", "always", "on-failure", "unless-stopped", False]}),
]
Version = Annotated[str, PlainValidator(_version), WithJsonSchema({"type": ["string", "integer"], "minLength": 1})]
Word = Annotated[str, BeforeValidator(text)]
Command = Annotated[tuple[Word, ...], AfterValidator(_command)]
Folder = Annotated[
    str,
    PlainValidator(matching(_FOLDER, "a path such as /media: letters, digits, / . _ and -, without ..")),
    text_schema(_FOLDER),
]


class Build(ConfigModel):
    """An image that the Docker host builds from a directory of this machine."""

    needed: ClassVar[Mapping[str, str]] = {"directory": "a directory, such as ."}

    directory: str = Field(min_length=1)
    """The directory that Pulumi sends to the Docker host, relative to the project's directory."""

    dockerfile: str | None = Field(default=None, min_length=1)
    """The path of the Dockerfile, relative to the project's directory. Default: ``Dockerfile`` in ``directory``."""

    arguments: Labels = Field(default_factory=dict)
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

    timeout: Seconds = 120
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

    labels: Labels = Field(default_factory=dict)
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

    interval: Seconds = 10
    """The time between two checks."""

    timeout: Seconds = 5
    """The time that one check may take."""

    retries: Retries = 3
    """The number of failures in a row that makes a site unhealthy."""

    start_period: Seconds = 30
    """The time after the start in which failures do not count."""


class Docker(ConfigModel):
    """The fleet on a Docker host, with ``platform: docker``. These keys belong to one stack:

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

    command_timeout: Seconds = 30 * 60
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

    healthcheck: Annotated[Healthcheck | None, BeforeValidator(switched_off)] = Healthcheck()
    """The check that makes a site's container healthy. With ``false``, the image's own check decides, if it has one."""

    start_timeout: Seconds = 120
    """The time that a site has for its first healthy answer. A container that ends earlier fails at once."""

    restart: Restart = "unless-stopped"
    """Docker's restart policy for each site's container."""

    @property
    def published(self) -> Publish | None:
        return self.publish or (None if self.proxy else Publish())


class DockerTls(ConfigModel):
    """Certificates for a ``tcp://`` host. Without them, ``DOCKER_CERT_PATH`` of the environment names a directory."""

    needed: ClassVar[Mapping[str, str]] = dict.fromkeys(("ca", "cert", "key"), "the text of a PEM file")

    ca: Pem
    """The text of ``ca.pem``, which signed the host's certificate."""

    cert: Pem
    """The text of ``cert.pem``."""

    key: Pem
    """The text of ``key.pem``."""


class DockerSettings(PlatformSettings):
    """The fleet as containers on a Docker host."""

    kind: ClassVar[str] = "docker"

    docker: Docker = Docker()
    """The fleet as containers, with ``platform: docker``."""

    docker_tls: DockerTls | None = None
    """Certificates for a Docker host at ``tcp://``."""

    def problems(self, context: ValidationContext) -> Iterator[Problem]:
        from mirrors.docker.rules import docker_problems  # a provider process reads the keys without the rules

        yield from docker_problems(context.settings, context.named)


def docker_of(settings: Settings) -> Docker:
    """Return the section ``docker``. Raises TypeError: the stack is on another platform."""
    return settings.on(DockerSettings).docker


def connection_of(settings: Settings, environ: Mapping[str, str]) -> DockerConnection:
    """Return the connection to the stack's Docker host. Raises ConfigurationError: ``DOCKER_HOST`` is no host."""
    own = settings.on(DockerSettings)
    return _connection(own.docker.host or environ.get(ENVIRON_HOST) or None, own.docker_tls)


class DockerConnection(BaseModel):
    """The keys of the connection that a provider process needs. It reads ``rollout`` separately."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, hide_input_in_errors=True)

    host: Host | None = None
    tls: DockerTls | None = None


def load_docker_connection(raw: Mapping[str, str], environ: Mapping[str, str]) -> DockerConnection:
    """Load the connection from raw values of the namespace ``mirrors``. Raises ConfigurationError without any value."""
    try:
        section, tls = json.loads(raw.get("docker") or "{}"), json.loads(raw.get("dockerTls") or "null")
        host = section.get("host") or environ.get(ENVIRON_HOST) or None
    except (ValueError, AttributeError):
        raise _invalid() from None
    return _connection(host, tls)


def _connection(host: Any, tls: Any) -> DockerConnection:
    try:
        return DockerConnection.model_validate({"host": host, "tls": tls})
    except ValidationError:
        raise _invalid() from None


def _invalid() -> ConfigurationError:
    message = f"mirrors:docker.host, {ENVIRON_HOST} in the environment or mirrors:dockerTls is not valid"
    return ConfigurationError(Problem("docker-host-invalid", message))

"""The platforms that a fleet may run on. This is the one place that chooses between them.

A platform is a folder. Its entry names the parts of it, and Mirrors imports a part when a stack on that platform needs
it. A stack on Divio loads nothing of Docker's. The steps to add a platform are in ``docs/adr/0031-platforms.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from mirrors.errors import ConfigurationError
from mirrors.problems import Problem

if TYPE_CHECKING:
    from mirrors.config.models.platform_settings import PlatformSettings

__all__ = [
    "DEFAULT_PLATFORM",
    "PLATFORMS",
    "PlatformEntry",
    "json_keys",
    "keys_of_other_platforms",
    "load_platform_part",
    "platform_kind_of",
    "platform_kind_of_types",
    "platform_settings_class",
    "secret_key_commands",
]

DEFAULT_PLATFORM = "divio"
"""The platform of a stack that names none."""


@dataclass(frozen=True, slots=True)
class PlatformEntry:
    """The parts of one platform. Each part is written ``module:name``.

    Args:
        settings: The class of its keys and rules, a ``PlatformSettings``.
        words: The platform's words for the plan and the reports, a ``PlatformWords``.
        program: The class that declares the fleet in the user's program, a ``Platform``.
        commands: The class with the platform's part of each command, a ``PlatformCommands``.
        keys: The keys that it adds at the top of the configuration, in the spelling of the user's files.
        objects: The keys whose raw value is JSON.
        secrets: {key that holds a secret: the end of the command that sets one}.
        extra: The extra of the distribution that installs the platform's packages; empty if it needs none.
    """

    settings: str
    words: str
    program: str
    commands: str
    keys: tuple[str, ...] = ()
    objects: frozenset[str] = frozenset()
    secrets: Mapping[str, str] = field(default_factory=dict)
    extra: str = ""


PLATFORMS: dict[str, PlatformEntry] = {
    "divio": PlatformEntry(
        settings="mirrors.config.models.divio:DivioSettings",
        words="mirrors.planning.divio_words:DIVIO_WORDS",
        program="mirrors.program.divio:DivioPlatform",
        commands="mirrors.cli.divio:DivioCommands",
        keys=("apiUrl", "apiToken", "imageFrom", "maxConcurrentRequests"),
        secrets={"apiToken": " mirrors:apiToken"},
    ),
    "docker": PlatformEntry(
        settings="mirrors.docker.config.settings:DockerSettings",
        words="mirrors.docker.words:DOCKER_WORDS",
        program="mirrors.docker.platform:DockerPlatform",
        commands="mirrors.docker.commands:DockerCommands",
        keys=("docker", "dockerTls"),
        objects=frozenset({"docker", "dockerTls"}),
        secrets={"dockerTls": " --path mirrors:dockerTls.key"},
        extra="docker",
    ),
}
"""The entry of each platform, by the value of ``mirrors:platform``."""

_COMMON_JSON_KEYS = frozenset({"fleet", "overrides", "secrets", "sharedValues", "rollout"})
_COMMON_SECRETS = {
    "secrets": " --path mirrors:secrets.all.NAME",
    "sharedValues": " --path mirrors:sharedValues.DATABASE_URL",
}


def platform_kind_of(data: Mapping[str, Any]) -> str:
    """Return the platform that raw values name; the default if they name none that Mirrors knows."""
    kind = data.get("platform")
    return kind if isinstance(kind, str) and kind in PLATFORMS else DEFAULT_PLATFORM


def platform_kind_of_types(types: Iterable[str]) -> str:
    """Return the platform of a stack's resources. The type of a component shows it: ``mirrors:<platform>:…``.

    Args:
        types: The Pulumi types of all resources of the stack.
    """
    kinds = (kind.split(":")[1] for kind in types if kind.startswith("mirrors:"))
    return next((kind for kind in kinds if kind in PLATFORMS), DEFAULT_PLATFORM)


def platform_settings_class(kind: str) -> type[PlatformSettings]:
    """Return the class of a platform's own keys. Importing it needs none of the platform's packages."""
    found: type[PlatformSettings] = _import_by_name(PLATFORMS[kind].settings)
    return found


def load_platform_part(kind: str, part: str) -> Any:
    """Import a part of a platform.

    Args:
        kind: The platform, a key of ``PLATFORMS``.
        part: The name of a field of its entry, such as ``program``.

    Raises:
        ConfigurationError: A package of the platform is not installed.
    """
    entry = PLATFORMS[kind]
    try:
        return _import_by_name(getattr(entry, part))
    except ModuleNotFoundError as missing:
        if not entry.extra:
            raise
        message = f"the platform {kind} needs the Python package {missing.name}, which is not installed."
        remedy = f"Run pip install 'pulumi-mirrors[{entry.extra}]'"
        raise ConfigurationError(Problem("package-missing", message, remedy, path="mirrors:platform")) from None


def json_keys() -> frozenset[str]:
    """Return the keys at the top of the configuration whose raw value is JSON."""
    return _COMMON_JSON_KEYS.union(*(entry.objects for entry in PLATFORMS.values()))


def secret_key_commands() -> dict[str, str]:
    """Return the keys that hold secrets, each with the end of the command that sets one: {key: end}."""
    found = dict(_COMMON_SECRETS)
    for entry in PLATFORMS.values():
        found |= entry.secrets
    return dict(sorted(found.items()))


def keys_of_other_platforms(kind: str) -> frozenset[str]:
    """Return the keys that only platforms other than ``kind`` have."""
    return frozenset(key for name, entry in PLATFORMS.items() if name != kind for key in entry.keys)


def _import_by_name(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)

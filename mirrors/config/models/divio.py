"""The keys that Divio adds to the top of the configuration, and its rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from mirrors.config.connection import CONNECTION_ENVIRON, DEFAULT_API_URL
from mirrors.config.messages.wording import format_path, problem_at
from mirrors.config.models.base import KeyPath
from mirrors.config.models.platform_settings import PlatformSettings
from mirrors.config.models.settings import Settings
from mirrors.config.values.common_values import ApiToken, ApiUrl, RequestCount
from mirrors.config.values.variable_names import DATABASE_URL
from mirrors.problems import Problem

if TYPE_CHECKING:
    from mirrors.config.rules.validation_context import ValidationContext

__all__ = ["DivioSettings", "divio_settings_of"]


class DivioSettings(PlatformSettings):
    """The keys of a fleet on Divio."""

    kind: ClassVar[str] = "divio"
    environ: ClassVar[Mapping[str, str]] = CONNECTION_ENVIRON
    stand_ins: ClassVar[Mapping[str, Any]] = {"apiToken": "unknown", "apiUrl": DEFAULT_API_URL}
    needed: ClassVar[Mapping[str, str]] = {
        "apiToken": "set it with pulumi config set --secret mirrors:apiToken, or as DIVIO_API_TOKEN in the environment",
    }

    api_url: ApiUrl = DEFAULT_API_URL
    """The address of the platform's API."""

    api_token: ApiToken
    """The access token of an account that sees all applications of the fleet and may write to the mirrors. A fleet on
    Docker needs none."""

    image_from: Literal["live", "matching"] = "live"
    """The environment of the original whose image the mirrors run. ``live``: always Live. ``matching``: the one with
    the name of the mirrors' environment."""

    max_concurrent_requests: RequestCount = 8
    """The highest number of requests that one command has open at once. ``rollout.parallel`` does not change it."""

    def problems(self, context: ValidationContext) -> Iterator[Problem]:
        yield from check_original_variables_unused(context.settings)
        yield from check_database_url_shared(context.settings)


def divio_settings_of(settings: Settings) -> DivioSettings:
    """Return Divio's keys.

    Raises:
        TypeError: The stack is on another platform.
    """
    return settings.platform_keys(DivioSettings)


def check_original_variables_unused(settings: Settings) -> Iterator[Problem]:
    """Refuse variables of an original that Mirrors only reads: they would have no effect."""
    original = settings.fleet.original
    if original.deploy:
        return
    override = settings.overrides.mirrors.get(original.application)
    places: list[tuple[KeyPath, object]] = [
        (("fleet", "original", "variables"), original.variables),
        (("overrides", "mirrors", original.application, "variables"), override.variables if override else None),
        (("secrets", original.application), settings.secrets.get(original.application)),
    ]
    for place, declared in places:
        if declared:
            message = "Mirrors only reads the original, so these variables have no effect."
            remedy = f"Add deploy: true to {format_path(('fleet', 'original'))}, or remove them here"
            yield problem_at(place, "original-only-read", message, remedy)


def check_database_url_shared(settings: Settings) -> Iterator[Problem]:
    """Refuse a fleet that does not share DATABASE_URL: its value shows which sites use the fleet's database."""
    if DATABASE_URL not in settings.fleet.shared:
        message = (
            "DATABASE_URL is missing. Without it, Mirrors cannot see which sites share a database, and could give two"
            " of them one SITE_ID."
        )
        yield problem_at(("fleet", "shared"), "database-url-not-shared", message, "Add DATABASE_URL")

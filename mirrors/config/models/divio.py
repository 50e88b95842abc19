"""The keys that Divio adds to the top of the configuration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from mirrors.config.connection import CONNECTION_ENVIRON, DEFAULT_API_URL
from mirrors.config.models.platform_settings import PlatformSettings
from mirrors.config.models.settings import Settings
from mirrors.config.rules.divio_rules import check_database_url_shared, check_original_variables_unused
from mirrors.config.values.common_values import ApiToken, ApiUrl, RequestCount

if TYPE_CHECKING:
    from mirrors.config.rules.validation_context import ValidationContext
    from mirrors.problems import Problem

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

"""The user's configuration in the namespace ``mirrors``, read and checked without Pulumi.

``parse_configuration`` turns the raw values that Pulumi's engine passes into settings. It returns every problem, too.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mirrors.config.loading import LoadedConfiguration, parse_configuration
    from mirrors.config.models.fleet import FleetSettings, MirrorSettings, OriginalSettings, SiteSettings
    from mirrors.config.models.overrides import StackOverrides
    from mirrors.config.models.rollout import HealthSettings, RolloutSettings
    from mirrors.config.models.settings import DeclaredVariable, Settings

__all__ = [
    "DeclaredVariable",
    "FleetSettings",
    "HealthSettings",
    "LoadedConfiguration",
    "MirrorSettings",
    "OriginalSettings",
    "RolloutSettings",
    "Settings",
    "SiteSettings",
    "StackOverrides",
    "parse_configuration",
]


def __getattr__(name: str) -> Any:
    """Import a model when a caller first asks for it.

    Building the models takes time. A provider process needs none of them, since it reads a few keys only.
    """
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from mirrors.config import loading
    from mirrors.config.models import fleet, overrides, rollout, settings

    modules = (fleet, loading, overrides, rollout, settings)
    return next(getattr(module, name) for module in modules if hasattr(module, name))

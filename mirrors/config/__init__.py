"""The user's configuration in the namespace ``mirrors``, read and checked without Pulumi.

``load`` turns the raw values that Pulumi's engine passes into settings, and returns every problem in them.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mirrors.config.loading import Loaded, load
    from mirrors.config.models import DeclaredVariable, Fleet, Mirror, Original, Overrides, Settings, Site
    from mirrors.config.rollout import Health, Rollout

__all__ = [
    "DeclaredVariable",
    "Fleet",
    "Health",
    "Loaded",
    "Mirror",
    "Original",
    "Overrides",
    "Rollout",
    "Settings",
    "Site",
    "load",
]


def __getattr__(name: str) -> Any:
    """Import a model when a caller first asks for it.

    Building the models takes time. A provider process needs none of them, since it reads a few keys only.
    """
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from mirrors.config import loading, models, rollout

    return next(getattr(module, name) for module in (loading, models, rollout) if hasattr(module, name))

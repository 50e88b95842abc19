"""What the user declared: the configuration of the namespace ``mirrors``, read and checked without Pulumi.

``load`` takes the raw values as the engine hands them out and returns the settings together with every problem in them.
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
    """The models are made when one is asked for: each provider process would make them, and it reads a few keys."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from mirrors.config import loading, models, rollout

    return next(getattr(module, name) for module in (loading, models, rollout) if hasattr(module, name))

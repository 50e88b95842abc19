"""What the user declared: the configuration of the namespace ``mirrors``, read and checked without Pulumi.

``load`` takes the raw values as the engine hands them out and returns the settings together with every problem in them.
"""

from mirrors.config.docker import Docker
from mirrors.config.load import Loaded, load
from mirrors.config.models import (
    DeclaredVariable,
    Fleet,
    Health,
    Mirror,
    Original,
    Overrides,
    Rollout,
    Settings,
    Site,
)

__all__ = [
    "DeclaredVariable",
    "Docker",
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

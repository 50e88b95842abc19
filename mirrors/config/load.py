"""From the raw values of the configuration to settings, with every problem on the way."""

from collections.abc import Mapping
from dataclasses import dataclass

from mirrors.config.models import Fleet, Settings

__all__ = ["Loaded", "load"]


@dataclass(frozen=True)
class Loaded:
    """What ``load`` found out.

    ``problems`` are lines for the user. ``settings`` is what is left without the parts that they are about, so that the
    platform can be looked at all the same; None where too much is missing for that. ``fleet`` is there also where only
    the fleet is sound.
    """

    settings: Settings | None
    problems: tuple[str, ...]
    fleet: Fleet | None


def load(raw: Mapping[str, str], stack: str, environ: Mapping[str, str]) -> Loaded:
    """Settings and problems of a stack's configuration; never raises.

    ``raw`` are the values of the namespace ``mirrors``, keys without it, as the engine hands them out: text as it is,
    objects as JSON, numbers as digits. ``stack`` is the stack's name; ``environ`` the environment of the process, whose
    ``DIVIO_API_URL`` and ``DIVIO_API_TOKEN`` win over the configuration.
    """
    raise NotImplementedError

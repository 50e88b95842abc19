"""The look at the platform that a program plans with. A test puts a described platform in its place."""

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass

from mirrors.config import Settings
from mirrors.config.models.divio import divio_settings_of
from mirrors.divio import Divio
from mirrors.observation.fleet import FleetObserver
from mirrors.observation.samples import observe_samples
from mirrors.planning.observed import DeployedVariables, ObservedFleet

__all__ = ["OBSERVER", "Observation", "observe_divio"]


@dataclass(frozen=True)
class Observation:
    """The platform as a program knows it when it plans.

    Args:
        fleet: The observed fleet.
        samples: The deployed variables of some of the mirrors.
    """

    fleet: ObservedFleet
    samples: Sequence[DeployedVariables] = ()


def observe_divio(settings: Settings) -> Observation:
    """Ask Divio. Raises DivioError."""
    own = divio_settings_of(settings)
    divio = Divio.connect(
        own.api_url, own.api_token.get_secret_value(), max_concurrent_requests=own.max_concurrent_requests
    )
    seen = FleetObserver(divio, settings).fleet()
    return Observation(seen, observe_samples(divio, settings, seen))


OBSERVER: ContextVar[Callable[[Settings], Observation]] = ContextVar("mirrors.observer", default=observe_divio)
"""The function that observes. It is the real one, except in the context of ``mirrors.testing``."""

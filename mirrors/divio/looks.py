"""When to look at deployments that are waited for together. Pure: it is told the time, and who was looked at."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from mirrors.divio.policy import PollPolicy

Key = TypeVar("Key")


@dataclass
class _Wait:
    """``looks``: how many it would have had by itself, the last of them at ``counted``; ``seen``: the last of all."""

    counted: float
    seen: float
    looks: int = 1


class Looks(Generic[Key]):
    """Each wait is looked at as often as by itself, or more often: a look that is due to one of them is for all.

    A wait begins with a look of its own. Since that is followed by a pause of at least ``policy.first``, so is every
    look, however many waits there are. Moments are seconds of a monotonic clock.
    """

    def __init__(self, policy: PollPolicy) -> None:
        self._policy = policy
        self._waits: dict[Key, _Wait] = {}

    def begins(self, key: Key, now: float) -> None:
        self._waits[key] = _Wait(now, now)

    def ends(self, key: Key) -> None:
        self._waits.pop(key, None)

    def looked(self, keys: Iterable[Key], now: float) -> None:
        """One look at all of these. A look between those that it would have by itself makes no pause longer."""
        for wait in (self._waits[key] for key in keys if key in self._waits):
            wait.seen = now
            if now >= wait.counted + self._policy.delay(wait.looks):
                wait.counted, wait.looks = now, wait.looks + 1

    @property
    def due(self) -> float | None:
        """When the next look has to be; None where nothing is waited for."""
        return min((wait.seen + self._policy.delay(wait.looks) for wait in self._waits.values()), default=None)

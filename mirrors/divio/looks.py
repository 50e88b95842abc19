"""Decides when to look at deployments that threads wait for together. Pure: the caller passes time and looks."""

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
    """The looks of waits that share them. Each wait has as many looks as alone, or more: a look due to one is for all.

    A wait begins with a look of its own. A pause of at least ``policy.first`` follows it. So it follows every look,
    however many waits there are. Moments are seconds of a monotonic clock.
    """

    def __init__(self, policy: PollPolicy) -> None:
        self._policy = policy
        self._waits: dict[Key, _Wait] = {}

    def begins(self, key: Key, now: float) -> None:
        self._waits[key] = _Wait(now, now)

    def ends(self, key: Key) -> None:
        self._waits.pop(key, None)

    def looked(self, keys: Iterable[Key], now: float) -> None:
        """Count one look at all of these. A look between those that a wait would have alone makes no pause longer."""
        for wait in (self._waits[key] for key in keys if key in self._waits):
            wait.seen = now
            if now >= wait.counted + self._policy.delay(wait.looks):
                wait.counted, wait.looks = now, wait.looks + 1

    @property
    def due(self) -> float | None:
        """Return when the next look is due; None without a wait."""
        return min((wait.seen + self._policy.delay(wait.looks) for wait in self._waits.values()), default=None)

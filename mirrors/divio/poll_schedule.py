"""The schedule of polls for deployments that threads wait for together. Pure: the caller passes the time."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from mirrors.divio.policy import PollPolicy

Key = TypeVar("Key")


@dataclass
class _Wait:
    """One wait.

    Args:
        counted: The moment of the last poll that counts.
        seen: The moment of the last poll.
        looks: The polls that it would have had alone by then.
    """

    counted: float
    seen: float
    looks: int = 1


class PollSchedule(Generic[Key]):
    """The polls of waits that share them. Each wait has as many polls as alone, or more: a poll due to one is for all.

    A wait begins with a poll of its own. A pause of at least ``policy.first`` follows every poll, however many waits
    there are. Moments are seconds of a monotonic clock.
    """

    def __init__(self, policy: PollPolicy) -> None:
        self._policy = policy
        self._waits: dict[Key, _Wait] = {}

    def add(self, key: Key, now: float) -> None:
        self._waits[key] = _Wait(now, now)

    def remove(self, key: Key) -> None:
        self._waits.pop(key, None)

    def record_poll(self, keys: Iterable[Key], now: float) -> None:
        """Count one poll of all of these. A poll between those that a wait would have alone makes no pause longer."""
        for wait in (self._waits[key] for key in keys if key in self._waits):
            wait.seen = now
            if now >= wait.counted + self._policy.delay(wait.looks):
                wait.counted, wait.looks = now, wait.looks + 1

    @property
    def next_due(self) -> float | None:
        """The moment of the next poll; None without a wait."""
        return min((wait.seen + self._policy.delay(wait.looks) for wait in self._waits.values()), default=None)

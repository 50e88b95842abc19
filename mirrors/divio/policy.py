"""Retry and poll policies as values, and the clocks that they run on."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Timing:
    """The sources of time and chance. ``clock`` is monotonic seconds, ``random`` is in [0, 1)."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random.random
    now: Callable[[], datetime] = utc_now


@dataclass(frozen=True)
class RetryPolicy:
    """Exponential backoff with jitter. Times in seconds; ``attempts`` counts the first one."""

    attempts: int = 6
    base: float = 0.5
    factor: float = 2.0
    longest: float = 20.0
    longest_retry_after: float = 60.0

    def delay(self, attempt: int, chance: float, retry_after: float | None = None) -> float:
        """Return the pause after ``attempt`` (1 is the first), in seconds.

        It is the pause that the platform asked for, capped, plus half to all of the backoff. Callers who were turned
        away together do not come back together.
        """
        backoff = min(self.longest, self.base * self.factor ** (attempt - 1))
        asked = min(max(retry_after or 0.0, 0.0), self.longest_retry_after)
        return asked + backoff * (0.5 + chance / 2)


@dataclass(frozen=True)
class PollPolicy:
    """How often a deployment is looked at.

    Args:
        first: the pause after each of the first ``steady`` looks, in seconds.
        steady: how many looks come at that pace. A short deployment is seen to end within a second.
        factor: how much longer each later pause is than the one before.
        longest: the longest pause, in seconds.
        failures: how many looks in a row may fail, each after its own retries, before the failure is passed on.
    """

    first: float = 1.0
    steady: int = 5
    factor: float = 1.5
    longest: float = 10.0
    failures: int = 10

    def delay(self, looks: int) -> float:
        """Return the pause after the given number of looks, in seconds."""
        growing = min(max(looks - self.steady, 0), 50)  # a larger exponent would overflow
        return min(self.longest, self.first * self.factor**growing)

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
    """Exponential backoff with jitter.

    Args:
        attempts: The most attempts, the first one included.
        base: The first pause, in seconds.
        factor: How much longer each later pause is than the one before.
        longest: The longest pause, in seconds.
        longest_retry_after: The longest pause that the platform may ask for, in seconds.
    """

    attempts: int = 6
    base: float = 0.5
    factor: float = 2.0
    longest: float = 20.0
    longest_retry_after: float = 60.0

    def delay(self, attempt: int, chance: float, retry_after: float | None = None) -> float:
        """Return the pause after ``attempt`` (1 is the first), in seconds.

        It is the pause that the platform asked for, capped, plus half to all of the backoff. So callers who were
        refused together do not come back together.
        """
        backoff = min(self.longest, self.base * self.factor ** (attempt - 1))
        asked = min(max(retry_after or 0.0, 0.0), self.longest_retry_after)
        return asked + backoff * (0.5 + chance / 2)


@dataclass(frozen=True)
class PollPolicy:
    """The pace at which Mirrors polls a deployment.

    Args:
        first: The pause after each of the first ``steady`` polls, in seconds.
        steady: The number of polls at that pace. Mirrors sees a short deployment end within a second.
        factor: How much longer each later pause is than the one before.
        longest: The longest pause, in seconds.
        failures: The polls in a row that may fail, each after its own retries, before the failure is passed on.
    """

    first: float = 1.0
    steady: int = 5
    factor: float = 1.5
    longest: float = 10.0
    failures: int = 10

    def delay(self, looks: int) -> float:
        """Return the pause after the given number of polls, in seconds."""
        growing = min(max(looks - self.steady, 0), 50)  # a larger exponent would overflow
        return min(self.longest, self.first * self.factor**growing)

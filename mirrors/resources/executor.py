"""The number of calls that the one provider process serves at once."""

import sys
from functools import cache

from mirrors.pulumi_internals import widen_executor

THREADS = 4
"""Threads of a process that is left as the SDK makes it."""

RESERVE = 4
"""Threads beside those that wait for deployments. They answer checks, reads and a cancellation."""

FOUR_AT_A_TIME = (
    "This version of Pulumi's SDK does not serve resources as 3.259 does, so Mirrors cannot make it answer more than"
    f" {THREADS} requests at once. Set mirrors:rollout.parallel to {THREADS - 1}: one thread has to hear Ctrl-C."
)


@cache
def widen(deployments: int) -> None:
    """Let this process wait for so many deployments at once. Otherwise print that it does not, once."""
    if not widen_executor(deployments + RESERVE) and deployments >= THREADS:
        sys.stderr.write(f"{FOUR_AT_A_TIME}\n")
        sys.stderr.flush()

"""The number of calls that the one provider process serves at once."""

import sys
from functools import cache

from mirrors.pulumi_internals import widen_executor

SDK_THREADS = 4
"""The threads of a process as the SDK makes it."""

RESERVED_THREADS = 4
"""Threads beside those that wait for deployments. They answer checks, reads and a cancellation."""

TOO_FEW_THREADS = (
    "This version of Pulumi's SDK does not serve resources as 3.259 does, so Mirrors cannot make it answer more than"
    f" {SDK_THREADS} requests at once. Set mirrors:rollout.parallel to {SDK_THREADS - 1}: one thread has to hear"
    " Ctrl-C."
)


@cache
def provide_threads(deployments: int) -> None:
    """Let this process wait for so many deployments at once. Print a message, once, if it cannot."""
    if not widen_executor(deployments + RESERVED_THREADS) and deployments >= SDK_THREADS:
        sys.stderr.write(f"{TOO_FEW_THREADS}\n")
        sys.stderr.flush()

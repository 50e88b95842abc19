"""As many calls at once as a rollout waits for, in the one provider process.

Pulumi's SDK (3.259, ``pulumi/dynamic/__main__.py``) serves a provider process with
``futures.ThreadPoolExecutor(max_workers=4)``, whatever the engine's ``--parallel`` is. A deployment keeps one of these
threads until it has ended. There is no setting for their number, and nothing public that leads to the executor; it is
the only one of its kind in the process when the first provider is configured, before any of our own code makes another.
An executor starts a thread for each call that finds none idle, up to ``_max_workers`` (CPython 3.11 to 3.14,
``concurrent/futures/thread.py``), so that raising this number is enough.
"""

import gc
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

THREADS = 4
"""Of a process that is left as the SDK makes it."""

RESERVE = 4
"""Threads beside those that wait for deployments. They answer checks, reads and a cancellation."""

FOUR_AT_A_TIME = (
    "This version of Pulumi's SDK does not serve resources as 3.259 does, so Mirrors cannot make it answer more than"
    f" {THREADS} requests at once. Set mirrors:rollout.parallel to {THREADS - 1}: one thread has to hear Ctrl-C."
)


@cache
def widen(deployments: int) -> None:
    """Lets this process wait for so many deployments at once. Otherwise says that it does not, once."""
    if not widened(executors(), deployments + RESERVE) and deployments >= THREADS:
        sys.stderr.write(f"{FOUR_AT_A_TIME}\n")
        sys.stderr.flush()


def executors() -> list[ThreadPoolExecutor]:
    return [item for item in gc.get_objects() if type(item) is ThreadPoolExecutor]


def widened(found: Iterable[ThreadPoolExecutor], threads: int) -> bool:
    """Whether the one executor that was found has at least so many threads now."""
    known = list(found)
    if len(known) != 1 or not isinstance(getattr(known[0], "_max_workers", None), int):
        return False
    [executor] = known
    executor._max_workers = max(executor._max_workers, threads)
    for _ in range(threads):
        executor.submit(int)  # nothing: what has come meanwhile gets its threads now, and not with the next call
    return True

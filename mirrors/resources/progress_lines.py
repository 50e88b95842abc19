"""Lines that the engine shows while an operation of a provider runs."""

import sys
import time
from collections.abc import Callable

from mirrors.divio import Deployment

PROGRESS_INTERVAL = 30.0
"""Seconds between two lines about a deployment that still runs."""


def log_progress(message: str) -> None:
    """Print a line that the engine shows while a long operation runs."""
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()


def make_progress_callback(
    site: str, log: Callable[[str], None] = log_progress, clock: Callable[[], float] = time.monotonic
) -> Callable[[Deployment], None]:
    """Return a function for each poll of a deployment. It prints a line every half minute."""
    started = logged = clock()

    def log_if_due(deployment: Deployment) -> None:
        nonlocal logged
        now = clock()
        if deployment.running and now - logged >= PROGRESS_INTERVAL:
            logged = now
            log(f"{site}: still deploying after {now - started:.0f} s ({deployment.status})")

    return log_if_due

"""Keeps the state small: the SDK sends the program's whole stack with each resource, and the engine keeps it there."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

FRAMES = 7
"""Innermost ones that the SDK (3.259, ``_get_stack_trace``) sees: five of its own, and who declares the resource."""


@contextmanager
def few_frames() -> Iterator[None]:
    """While resources are declared; the limit is Python's own for printed tracebacks, and as before afterwards.

    A third of the state would else be stack traces, the same ones for each mirror, with paths of the user's machine;
    the engine writes the whole state after each step.
    """
    before = getattr(sys, "tracebacklimit", None)
    sys.tracebacklimit = FRAMES
    try:
        yield
    finally:
        if before is None:
            del sys.tracebacklimit
        else:
            sys.tracebacklimit = before

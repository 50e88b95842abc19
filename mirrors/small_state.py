"""Keeps the state small: the SDK sends the program's whole stack with each resource, and the engine keeps it there."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pulumi

T = TypeVar("T")

FRAMES = 1
"""Innermost ones that the SDK (3.259, ``_get_stack_trace``) sees: too few for it to find who declares a resource."""


@contextmanager
def limit_stack_traces() -> Iterator[None]:
    """While resources are declared; the limit is Python's own for printed tracebacks, and as before afterwards.

    A third of the state would else be stack traces, the same ones for each mirror, with paths of the user's machine.
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


def without_dependencies(output: pulumi.Output[T]) -> pulumi.Output[T]:
    """The same value, of which the state does not keep which resources it comes from.

    The program waits for it all the same, so the order of an update is as before. Of a mirror these would be hundreds
    of bytes: a list for each of its properties.
    """

    async def none() -> set[pulumi.Resource]:
        return set()

    value: asyncio.Future[Any] = asyncio.ensure_future(output.future(with_unknowns=True))
    known, secret = asyncio.ensure_future(output.is_known()), asyncio.ensure_future(output.is_secret())
    return pulumi.Output(asyncio.ensure_future(none()), value, known, secret)

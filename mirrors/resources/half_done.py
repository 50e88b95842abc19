"""An operation that failed half way: the engine keeps what it has done.

To the engine a provider that raises has done nothing, and Pulumi's SDK (3.259, 3.272) has no way to say otherwise. The
protocol has one: an error with the detail ``ErrorResourceInitFailed`` (``provider.proto``). The engine stores its
properties, shows its reasons, and updates the resource in the next run even where no input differs (CLI 3.259).
"""

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import grpc
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2, status_pb2

from mirrors.planning.variables import PROVIDER

Properties = dict[str, Any]

MOST = 8 << 20
"""Bytes that are told. They travel as a header: grpc-go (1.x, in CLI 3.259) takes 16 MB of these, in base64, and ends
the connection above that, and with it every other operation of the process. Tried: 5 MB arrive, 20 MB do not."""


@contextmanager
def half_done(id_: str, given: Properties, done: Callable[[], Properties | None]) -> Iterator[None]:
    """Around an operation. ``done`` says, where it fails, what its outputs are now; None: as before.

    ``given``: the properties that it was called with.
    """
    try:
        yield
    except Exception as error:
        if (properties := done()) is not None:
            _tell(id_, {**properties, PROVIDER: given.get(PROVIDER)}, str(error))
        raise


def _tell(id_: str, properties: Properties, reason: str) -> None:
    """With the answer to the call that is under way, unless none is found, or there is too much to tell.

    Then nothing is told, which is the safe side: what was made counts as somebody's then, and is never removed.
    """
    context = _call(sys._getframe())
    if context is None:
        return
    stored = asyncio.run(rpc.serialize_properties(properties, {}))
    code, _ = grpc.StatusCode.UNKNOWN.value  # what an exception in a call is answered with
    status = status_pb2.Status(code=code, message=reason)
    status.details.add().Pack(provider_pb2.ErrorResourceInitFailed(id=id_, properties=stored, reasons=[reason]))
    if (told := status.SerializeToString()) and len(told) <= MOST:
        context.set_trailing_metadata((("grpc-status-details-bin", told),))


def _call(frame: FrameType | None) -> "grpc.ServicerContext | None":
    """The SDK hands no provider the call that it answers: it is the ``context`` of the method that calls us."""
    while frame is not None:
        context = frame.f_locals.get("context")
        if isinstance(context, grpc.ServicerContext):
            return context
        frame = frame.f_back
    return None

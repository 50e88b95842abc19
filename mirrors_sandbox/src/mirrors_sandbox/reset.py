"""Resetting the TCP connection of a request: what the faults ``reset-before`` and ``reset-after`` ask for.

It happens in a layer around Django, because Django answers whatever is raised inside it.
"""

import socket
import struct
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from waitress.channel import ClientDisconnected

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

# Key in the WSGI environment that asks for a reset of the connection.
RESET = "mirrors.reset"


def resetting(inner: "WSGIApplication") -> "WSGIApplication":
    """Resets the connection instead of answering where the inner application asked for it."""

    def answer(environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        body = inner(environ, start_response)
        if not environ.get(RESET):
            return body
        close = getattr(body, "close", None)
        if close:
            close()
        _reset_on_close(environ)
        # For waitress: drop the connection, write nothing.
        raise ClientDisconnected

    return answer


def _reset_on_close(environ: dict[str, Any]) -> None:
    """With a linger of zero seconds the kernel sends RST, not FIN, when the socket is closed."""
    # The environment's only way to the connection: this key holds a bound method of waitress's channel.
    channel = environ["waitress.client_disconnected"].__self__
    channel.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

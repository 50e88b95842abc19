"""The sandbox's WSGI application, for waitress.

Around Django there is one layer more, which can reset the TCP connection of a request: that is what the faults
``reset-before`` and ``reset-after`` ask for.
"""

import os
import socket
import struct
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.core.wsgi import get_wsgi_application
from waitress.channel import ClientDisconnected  # type: ignore[import-untyped]

from mirrors.sandbox.faults import RESET

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mirrors.sandbox.settings")


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


application = resetting(get_wsgi_application())

"""HTTP servers of the tests' own, each in a thread for as long as a context lasts."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import HTTPServer
from threading import Thread

POLL = 0.02  # seconds: how soon a server notices that it must end


@contextmanager
def running(server: HTTPServer) -> Iterator[None]:
    """It answers from now on; at the end of the context it is closed."""
    with server:
        thread = Thread(target=server.serve_forever, args=(POLL,))
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()

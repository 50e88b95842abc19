"""Trouble with TLS: a certificate stays as it is, a connection that broke is tried again."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

import pytest

from mirrors.divio import ConnectionFailed, Divio, RetryPolicy
from tests.docker.certificates import make_certificates
from tests.unit.divio_support import TOKEN, FakeTime

ATTEMPTS = 3


@contextmanager
def listening(answer: Callable[[socket.socket], None]) -> Iterator[tuple[str, list[str]]]:
    """Yield its address, and who has connected."""
    callers: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, caller = server.accept()
                    callers.append(str(caller))
                    with connection, suppress(OSError):
                        answer(connection)

        thread = Thread(target=serve)
        thread.start()
        try:
            yield f"https://127.0.0.1:{server.getsockname()[1]}", callers
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def ask(url: str) -> None:
    time = FakeTime()
    with Divio.connect(url, TOKEN, clock=time.clock, sleep=time.sleep, retry=RetryPolicy(attempts=ATTEMPTS)) as divio:
        divio.me()


def hang_up(connection: socket.socket) -> None:
    """After the client's greeting: for TLS, an end of file against the rules."""
    connection.recv(1024)


def test_a_connection_that_ends_in_the_handshake_is_tried_again() -> None:
    with (
        listening(hang_up) as (url, callers),
        pytest.raises(ConnectionFailed, match=r"no connection to .*, or it broke") as caught,
    ):
        ask(url)
    assert caught.value.transient
    assert len(callers) == ATTEMPTS


def test_a_certificate_that_no_one_vouches_for_is_asked_once(tmp_path: Path) -> None:
    make_certificates(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")

    def greet(connection: socket.socket) -> None:
        context.wrap_socket(connection, server_side=True).close()

    with (
        listening(greet) as (url, callers),
        pytest.raises(ConnectionFailed, match=r"certificate of .* is not accepted"),
    ):
        ask(url)
    assert len(callers) == 1

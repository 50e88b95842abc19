"""A real HTTP server on loopback that answers as a test scripts it, and records what it was asked."""

import json
import os
import socket
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Event, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

PATIENCE = 10.0  # seconds that a test waits for something that surely comes


@dataclass(frozen=True)
class Received:
    method: str
    path: str
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    body: Any

    def values(self, key: str) -> list[str]:
        return [value for name, value in self.query if name == key]


@dataclass(frozen=True)
class Reply:
    """``body`` is sent as JSON, bytes as they are.

    ``cut`` announces more bytes than follow, ``reset`` breaks the connection instead of an answer, ``hold`` is waited
    for before it.
    """

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    reset: bool = False
    hold: Event | None = None


Answering = Reply | Callable[[Received], Reply]


class Script:
    """Replies by method and path: in their order, and the last one again and again."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.requests: list[Received] = []
        self.in_flight = 0
        self._changed = Condition()
        self._replies: dict[tuple[str, str], list[Answering]] = {}

    def on(self, method: str, path: str, *replies: Answering) -> None:
        self._replies[method, path] = list(replies)

    def calls(self) -> list[str]:
        return [f"{request.method} {request.path}" for request in self.requests]

    def wait_until_in_flight(self, count: int, timeout: float = PATIENCE) -> bool:
        """Return whether that many requests, or more, were being answered at once before the time-out."""
        with self._changed:
            return self._changed.wait_for(lambda: self.in_flight >= count, timeout)

    def answer(self, request: Received) -> Reply:
        with self._changed:
            self.requests.append(request)
            self.in_flight += 1
            self._changed.notify_all()
            replies = self._replies.get((request.method, request.path), [Reply(404, {"detail": "Not found."})])
            reply = replies.pop(0) if len(replies) > 1 else replies[0]
        reply = reply(request) if callable(reply) else reply
        if reply.hold:
            reply.hold.wait(PATIENCE)
        with self._changed:
            self.in_flight -= 1
        return reply


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two writes, and the second would wait
    server: "_Server"

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = json.loads(sent) if sent else None
        reply = self.server.script.answer(Received(self.command, url.path, parse_qsl(url.query), headers, body))
        self._reset() if reply.reset else self._reply(reply)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - named by the library

    def _reply(self, reply: Reply) -> None:
        body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json", **reply.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) + (10 if reply.cut else 0)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = reply.cut

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def date_time_string(self, timestamp: float | None = None) -> str:
        return self.server.date or super().date_time_string(timestamp)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing: a test asserts what was received."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    script: Script
    date: str = ""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that gave up waiting is part of the script."""


@contextmanager
def serve(date: str = "") -> Iterator[Script]:
    """Yield a running script; its ``Date`` headers have ``date`` instead of the time."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.date = date
        server.script = Script(f"http://127.0.0.1:{server.server_port}")
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server.script
        server.shutdown()
        thread.join(PATIENCE)

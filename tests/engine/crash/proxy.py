"""A proxy before the platform that counts requests, and lets something happen at a given one.

It counts in the order in which requests come in. That has happened when the request is forwarded, or when it is
answered: nothing is left to time.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Literal
from urllib.parse import urlsplit

from tests.servers import running

TIMEOUT = 60.0  # seconds, for one request
HOP = {"connection", "keep-alive", "transfer-encoding", "server", "date"}

Side = Literal["before", "after"]


@dataclass(frozen=True)
class Passed:
    """A request that came in. ``port`` is the sender's end of the connection."""

    method: str
    path: str
    port: int

    @property
    def writes(self) -> bool:
        return self.method != "GET"


@dataclass(frozen=True)
class Strike:
    """At the ``number``-th request (from 1 on), before or after the platform has it, something happens.

    ``drops``: the connection is dropped then. ``writes``: only requests that write are counted.
    """

    number: int
    side: Side
    deed: Callable[[Passed], None]
    drops: bool = True
    writes: bool = False

    def is_at(self, seen: Sequence[Passed]) -> bool:
        """Return whether the last of these requests is the one."""
        counted = [item for item in seen if item.writes or not self.writes]
        return len(counted) == self.number and counted[-1] is seen[-1]


@dataclass
class Proxy:
    """``seen`` are the requests since ``begin``; ``struck`` is the one at which the strike happened."""

    platform: str
    url: str = ""
    watch: Callable[[Passed], None] | None = None
    watch_writes: Callable[[], None] | None = None
    strike: Strike | None = None
    seen: list[Passed] = field(default_factory=list)
    struck: Passed | None = None
    lock: Lock = field(default_factory=Lock)

    def begin(
        self,
        strike: Strike | None = None,
        watch: Callable[[Passed], None] | None = None,
        watch_writes: Callable[[], None] | None = None,
    ) -> None:
        """Count from 1 again. ``watch`` is called before each request is forwarded.

        ``watch_writes`` is called when the platform has answered one that writes, and the sender does not know it yet.
        """
        self.strike, self.watch, self.watch_writes, self.struck = strike, watch, watch_writes, None
        self.seen.clear()

    def meets(self, passed: Passed) -> Strike | None:
        with self.lock:
            self.seen.append(passed)
            if self.strike is None or self.struck is not None or not self.strike.is_at(self.seen):
                return None
            self.struck = passed
            return self.strike


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, HTTPException):  # the client was killed, or the platform
            self.close_connection = True

    def _pass(self) -> None:
        passed = Passed(self.command, self.path, self.client_address[1])
        strike = self.proxy.meets(passed)
        if self.proxy.watch:
            self.proxy.watch(passed)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self._struck(strike, "before", passed):
            return
        answer, content = self._forward(body)
        if passed.writes and self.proxy.watch_writes:
            self.proxy.watch_writes()
        if not self._struck(strike, "after", passed):
            self._answer(answer, content)

    def _forward(self, body: bytes) -> tuple[HTTPResponse, bytes]:
        connection = HTTPConnection(urlsplit(self.proxy.platform).netloc, timeout=TIMEOUT)
        try:
            connection.request(self.command, self.path, body, dict(self.headers.items()))
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()

    def _struck(self, strike: Strike | None, side: Side, passed: Passed) -> bool:
        """Let it happen; whether the connection is to be dropped."""
        if strike is None or strike.side != side:
            return False
        self.close_connection = self.close_connection or strike.drops
        strike.deed(passed)
        return strike.drops

    def _answer(self, answer: HTTPResponse, content: bytes) -> None:
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PATCH = do_DELETE = _pass  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that the base class has
        """Nothing: it would be said on the test's own terminal."""


@contextmanager
def proxy_before(platform: str) -> Iterator[Proxy]:
    """Yield a proxy before the platform at this address."""
    proxy = Proxy(platform)
    handler = type("Handler", (_Handler,), {"proxy": proxy})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    proxy.url = f"http://127.0.0.1:{server.server_address[1]}"
    with running(server):
        yield proxy

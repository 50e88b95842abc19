"""Real servers in processes of their own, on loopback ports that the system chooses."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import IO, TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.site import Site

TIMEOUT = 240  # seconds, far more than any request takes

GUNICORN = ("-m", "gunicorn", "-b", "127.0.0.1:0")
UVICORN = ("-m", "uvicorn", "--port", "0")
GUARDED = {
    "gunicorn": (*GUNICORN, "tests.project.wsgi:application"),
    "uvicorn": (*UVICORN, "tests.project.asgi:application"),
}
"""Servers that load the companion's application."""
PLAIN = {
    "gunicorn": (*GUNICORN, "tests.project.plain_wsgi:application"),
    "uvicorn": (*UVICORN, "tests.project.plain_asgi:application"),
}
"""Servers that load Django's application, with the companion's middleware."""


@dataclass
class Server:
    """A running server: its output and its address."""

    lines: list[str] = field(default_factory=list)
    url: str = ""
    listening: Event = field(default_factory=Event)

    @property
    def output(self) -> str:
        """Return everything that it has printed."""
        return "".join(self.lines)

    def read(self, output: IO[str]) -> None:
        """Read until the server ends, so that its output never blocks it."""
        for line in output:
            self.lines.append(line)
            found = re.search(r"(?:Listening at:|running on) (http://[\w.:]+)", line)
            if found:
                self.url = found[1]
                self.listening.set()
        self.listening.set()

    def get(self, path: str = "/") -> tuple[int, str]:
        """Return status and body of a page."""
        return get(self.url + path)


def get(url: str) -> tuple[int, str]:
    """Return status and body of a page, without a proxy or anything else from the environment."""
    try:
        with build_opener(ProxyHandler({})).open(Request(url), timeout=TIMEOUT) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


@contextmanager
def serving(site: Site, command: Sequence[str]) -> Iterator[Server]:
    """Run a server in the block."""
    server = Server()
    with site.start(*command) as process:
        assert process.stdout is not None
        reader = Thread(target=server.read, args=[process.stdout])
        reader.start()
        try:
            assert server.listening.wait(TIMEOUT), server.output
            assert server.url, server.output
            yield server
        finally:
            process.terminate()
            reader.join(TIMEOUT)

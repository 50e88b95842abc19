"""A manager of a swarm that only answers: what a real one has answered, look by look."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.docker.answers import answer, send
from tests.docker.host import VERSION
from tests.servers import running

RECORDED = Path(__file__).with_name("recorded")
Snapshot = dict[str, Any]
"""``service`` and ``tasks``, as the API has answered at one moment."""


def recorded(name: str) -> Snapshot:
    """Return what a real manager has answered, see ``tests.docker.recording``."""
    found: Snapshot = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
    return found


@dataclass
class Manager:
    """``url`` is that of ``DOCKER_HOST``. ``looks``: one for each look at the service; the last one stays.

    ``requests``: each that changes something, as method, path and query. ``log``: what the tasks have printed.
    """

    url: str
    looks: list[Snapshot] = field(default_factory=list)
    services: list[dict[str, Any]] = field(default_factory=list)
    networks: list[dict[str, Any]] = field(default_factory=list)
    nodes: list[dict[str, Any]] = field(default_factory=list)
    distributions: dict[str, Any] = field(default_factory=dict)
    is_manager: bool = True
    log: bytes = b""
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    after_update: list[Snapshot] = field(default_factory=list)

    def look(self) -> Snapshot | None:
        """Return the present moment, and go on to the next one."""
        if not self.looks:
            return None
        return self.looks[0] if len(self.looks) == 1 else self.looks.pop(0)


@contextmanager
def swarm_manager(looks: Sequence[Snapshot] = (), **more: Any) -> Iterator[Manager]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    found = Manager(f"tcp://127.0.0.1:{server.server_address[1]}", list(looks), **more)
    server.manager = found  # type: ignore[attr-defined]
    with running(server):
        yield found


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def manager(self) -> Manager:
        found: Manager = self.server.manager  # type: ignore[attr-defined]
        return found

    def do_GET(self) -> None:
        path = urlsplit(self.path).path.removeprefix("/v1.41")
        lists: dict[str, Any] = {
            "/version": VERSION,
            "/_ping": "OK",
            "/info": {"Swarm": {"ControlAvailable": self.manager.is_manager}},
            "/services": self.manager.services,
            "/networks": self.manager.networks,
            "/nodes": self.manager.nodes,
            "/containers/json": [],
        }
        if path in lists:
            answer(self, 200, lists[path])
        elif path == "/tasks":
            answer(self, 200, self.manager.looks[0]["tasks"] if self.manager.looks else [])
        elif path.endswith("/logs"):
            log = self.manager.log
            send(self, 200, b"\x01\0\0\0" + len(log).to_bytes(4, "big") + log, "application/octet-stream")
        elif path.startswith("/distribution/"):
            image = path.removeprefix("/distribution/").removesuffix("/json")
            found = self.manager.distributions.get(image)
            answer(self, 200, found) if found else answer(self, 401, {"message": "no such repository"})
        else:
            look = self.manager.look()
            answer(self, 200, look["service"]) if look else answer(self, 404, {"message": "service not found"})

    def do_POST(self) -> None:
        self._read_body()
        self._note("POST")
        if self.path.split("?")[0].endswith("/create"):
            answer(self, 201, {"ID": self.manager.looks[0]["service"]["ID"]})
            return
        if self.manager.after_update:
            self.manager.looks[:] = self.manager.after_update
            answer(self, 200, {})
        else:
            answer(self, 500, {"message": "rpc error: code = Unknown desc = update out of sequence"})

    def do_DELETE(self) -> None:
        self._note("DELETE")
        answer(self, 200, {})

    def _note(self, method: str) -> None:
        parts = urlsplit(self.path)
        self.manager.requests.append((method, parts.path.removeprefix("/v1.41"), dict(parse_qsl(parts.query))))

    def _read_body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def handle(self) -> None:
        """Ignore a client that hangs up."""
        with suppress(ConnectionError):
            super().handle()

    def log_message(self, *_arguments: Any) -> None:
        """Write nothing: no one reads it."""

"""A Docker host that has no container: enough of the Engine's API for a program that only looks."""

import json
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.docker.answers import answer, send
from tests.servers import running

VERSION = {"ApiVersion": "1.41", "MinAPIVersion": "1.12", "Version": "20.10.24"}


@dataclass
class Host:
    """``containers``: as ``docker inspect`` shows them. ``url`` is that of ``DOCKER_HOST``.

    ``later``: what the only one looks like at each further look; the last one stays. ``log``: what it has printed.
    """

    url: str
    containers: list[dict[str, Any]] = field(default_factory=list)
    later: list[dict[str, Any]] = field(default_factory=list)
    log: bytes = b""

    def found(self, wanted: str) -> dict[str, Any] | None:
        return next((item for item in self.containers if wanted in (item["Id"], item["Name"][1:])), None)

    def look_again(self) -> None:
        if self.later:
            self.containers[0] |= self.later.pop(0)


def container(slug: str, environ: dict[str, str], **labels: str) -> dict[str, Any]:
    """Return a site's container in Test, as far as anybody looks at it."""
    own = {"mirrors.fleet": "acme", "mirrors.environment": "test", "mirrors.site": slug}
    return {
        "Id": f"{slug:0<64}",
        "Name": f"/acme.test.{slug}",
        "State": {"Status": "running", "Running": True, "Restarting": False, "ExitCode": 0},
        "RestartCount": 0,
        "Config": {"Env": [f"{name}={value}" for name, value in environ.items()], "Labels": own | labels, "Tty": False},
    }


@contextmanager
def docker_host(containers: Sequence[dict[str, Any]] = (), tls: ssl.SSLContext | None = None) -> Iterator[Host]:
    """``tls``: the certificate that the host shows, and asks of each client."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    host = Host(f"tcp://127.0.0.1:{server.server_address[1]}", list(containers))
    server.host = host  # type: ignore[attr-defined]
    with running(server):
        yield host


def _has(item: dict[str, Any], labels: Sequence[str]) -> bool:
    own = {f"{name}={value}" for name, value in item["Config"].get("Labels", {}).items()}
    return own.issuperset(labels)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        host: Host = self.server.host  # type: ignore[attr-defined]
        path = urlsplit(self.path).path.removeprefix("/v1.41")
        if path == "/version":
            answer(self, 200, VERSION)
        elif path == "/_ping":
            answer(self, 200, "OK")
        elif path == "/containers/json":
            answer(self, 200, [{"Id": item["Id"]} for item in host.containers if _has(item, self._wanted())])
        elif path.endswith("/logs"):
            send(self, 200, b"\x01\0\0\0" + len(host.log).to_bytes(4, "big") + host.log, "application/octet-stream")
        else:
            found = host.found(path.removeprefix("/containers/").removesuffix("/json"))
            answer(self, 200, found) if found else answer(self, 404, {"message": "No such container"})
            host.look_again()

    def _wanted(self) -> list[str]:
        """Return the labels, ``name=value``, that a list is asked for."""
        [filters] = parse_qs(urlsplit(self.path).query).get("filters", ["{}"])
        labels: list[str] = json.loads(filters).get("label", [])
        return labels

    def handle(self) -> None:
        """Ignore a client that hangs up."""
        with suppress(ConnectionError, ssl.SSLError):
            super().handle()

    def log_message(self, *_arguments: Any) -> None:
        """Write nothing: no one reads it."""

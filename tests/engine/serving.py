"""Somebody who answers at the addresses of sites, where the sandbox runs no processes."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

from tests.engine.fleet import Fleet


class Site(ThreadingHTTPServer):
    """Answers at a site's address with the status that the test says."""

    status = 200
    asked: list[str]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert isinstance(self.server, Site)
            self.server.asked.append(self.path)
            self.send_response(self.server.status)
            self.end_headers()
            self.wfile.write(b"Welcome to Acme")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Not to the terminal."""


@contextmanager
def served(fleet: Fleet, slugs: tuple[str, ...]) -> Iterator[dict[str, Site]]:
    """Each of these sites answers, as long as the context lasts."""
    addresses = {row["application"]: row["url"] for row in fleet.test.outputs()["sites"]}
    sites: dict[str, Site] = {}
    try:
        for slug in slugs:
            parts = urlsplit(addresses[slug])
            sites[slug] = Site((parts.hostname or "", parts.port or 0), Site.Handler)
            sites[slug].asked = []
            Thread(target=sites[slug].serve_forever, daemon=True).start()
        yield sites
    finally:
        for site in sites.values():
            site.shutdown()
            site.server_close()

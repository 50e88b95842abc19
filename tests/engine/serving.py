"""Sites that answer where the sandbox runs no processes: they get an address, and a server at it."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from tests.engine.fleet import Fleet
from tests.sandboxes import change, environment_of

BUILT_IN = "UPDATE sandbox_environment SET built_in = json_patch(built_in, ?) WHERE uuid = ?"
FROZEN = "UPDATE sandbox_deployment SET variables = json_patch(variables, ?) WHERE environment_id = ?"


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
    """Give each of these sites of Test an address at which it answers, as long as the context lasts."""
    sites: dict[str, Site] = {}
    with ExitStack() as stack:
        for slug in slugs:
            site = sites[slug] = Site(("127.0.0.1", 0), Site.Handler)
            site.asked = []
            stack.callback(site.server_close)
            Thread(target=site.serve_forever, daemon=True).start()
            stack.callback(site.shutdown)
            stack.enter_context(found_at(fleet, slug, f"127.0.0.1:{site.server_port}"))
        yield sites


@contextmanager
def found_at(fleet: Fleet, slug: str, domain: str) -> Iterator[None]:
    """Give the site of Test this address, in what it runs with now and in each deployment of that time."""
    environment = environment_of(fleet.sandbox, slug, "test")

    def set_to(plain: str | None, frozen: dict[str, object] | None) -> None:
        change(fleet.sandbox, BUILT_IN, json.dumps({"DOMAIN": plain}), environment)  # null takes it away (RFC 7396)
        change(fleet.sandbox, FROZEN, json.dumps({"DOMAIN": frozen}), environment)

    set_to(domain, {"value": domain, "is_sensitive": False, "built_in": True})
    try:
        yield
    finally:
        set_to(None, None)

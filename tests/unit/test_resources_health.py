"""The questions to a site after its deployment, over real HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import pytest

from mirrors.config.models.rollout import HealthSettings
from mirrors.errors import MirrorsError
from mirrors.resources.health import wait_until_healthy
from tests.unit.http_script import Reply, Script, serve


@contextmanager
def dripping(begin: bytes) -> Iterator[str]:
    """Yield the address of a site whose answer begins so, and never ends: one byte more each tenth of a second."""
    over = Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(begin)
            try:
                while not over.wait(0.1):
                    self.wfile.write(b".")
            except OSError:
                return  # the client has gone

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def ask(url: str | None, **health: Any) -> None:
    declared = HealthSettings.model_validate({"timeout": "1s", **health})
    wait_until_healthy("acme-de (test)", {"deployment": "d-1", "url": url}, declared, {})


@pytest.fixture
def site() -> Iterator[Script]:
    with serve() as running:
        yield running


def test_an_answer_that_never_ends_is_healthy_by_its_status() -> None:
    with dripping(b"welcome") as url:
        ask(url)


def test_a_text_is_looked_for_no_longer_than_the_time_out_where_the_answer_never_ends() -> None:
    with dripping(b"welcome") as url, pytest.raises(MirrorsError, match="no answer in time"):
        ask(url, text="Cart")


def test_a_page_without_the_text_is_not_healthy(site: Script) -> None:
    site.on("GET", "/", Reply(body=b"welcome"))
    ask(site.url, text="come")
    with pytest.raises(MirrorsError, match="200, without the text 'Cart'"):
        ask(site.url, text="Cart")


def test_a_redirect_is_an_answer_and_is_not_followed(site: Script) -> None:
    site.on("GET", "/", Reply(302, headers={"Location": "/login/"}))
    site.on("GET", "/login/", Reply(500))
    ask(site.url)
    assert [request.path for request in site.requests] == ["/"]


def test_a_text_in_an_encoding_that_there_is_not_is_read_all_the_same(site: Script) -> None:
    site.on("GET", "/", Reply(body=b"welcome", headers={"Content-Type": "text/html; charset=none"}))
    ask(site.url, text="welcome")


def test_a_site_without_an_address_is_not_asked_and_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    ask(None)
    assert "acme-de (test): the platform gives no address for it" in capsys.readouterr().err

"""A deployment is done when the site says that it is the declared one, if ``rollout.health.identity`` asks for it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from mirrors.planning.rollout.serving_identity import STATUS_PATH, digest_database
from mirrors.resources.site import SiteProvider
from tests.servers import running
from tests.wire.declared import START, hints, plain, secret
from tests.wire.kept import Kept
from tests.wire.platform import CANARY, Site
from tests.wire.provider import Refused, Wire, provider_process

DATABASE_URL = f"postgres://acme:{CANARY}@db.example.com/acme-test"
AS_DECLARED = {"site_id": 2, "application": "acme-de", "database": digest_database(DATABASE_URL)}


@contextmanager
def answering(site: Site, document: bytes | None) -> Iterator[None]:
    """Have the site answer this from now on; without a document its status endpoint is off."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = document if self.path == STATUS_PATH else b"Welcome to Acme"
            self.send_response(404 if body is None else 200)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Not to the terminal."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    with running(server):
        site.is_to_be_found_at(f"127.0.0.1:{server.server_port}")
        yield


@pytest.fixture
def strict(site: Site, tmp_path: Path) -> Iterator[Kept]:
    """In a provider process that asks sites who they are."""
    rollout = {"timeout": "50s", "health": {"timeout": "1s", "identity": True}}
    config = site.platform.configuration | {"mirrors:rollout": json.dumps(rollout)}
    with provider_process(config, tmp_path / "said") as stub:
        yield Kept(Wire(stub, SiteProvider()))


@pytest.fixture
def declared(site: Site) -> dict[str, Any]:
    own = {"SITE_ID": plain("2"), "MIRRORS_APPLICATION": plain("acme-de"), "DATABASE_URL": secret(DATABASE_URL)}
    return hints(site, own, verified=True)


def test_a_site_that_says_what_is_declared_is_verified(strict: Kept, site: Site, declared: dict[str, Any]) -> None:
    with answering(site, json.dumps(AS_DECLARED).encode()):
        strict.up({**declared, "verified": None})
        deployment = strict.outputs["deployment"]
        site.forget_requests()
        assert strict.preview(declared) == ["+verified"]
        strict.up(declared)
    assert (strict.outputs["deployment"], strict.outputs["verified"]) == (deployment, True)
    assert START not in site.requests()


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ({**AS_DECLARED, "site_id": 1}, "its SITE_ID is 1, and 2 is declared"),
        ({**AS_DECLARED, "application": None}, "it is the original, and 'acme-de' is declared"),
        ({**AS_DECLARED, "database": "0" * 16}, "it uses another database than the one that DATABASE_URL names"),
        ({"site_id": 2}, "the answer is not from the companion app django_mirrors"),
        (None, "404, so Mirrors cannot tell which site it is. The companion app django_mirrors answers here"),
    ],
)
def test_a_site_that_says_otherwise_fails_and_no_secret_is_reported(
    strict: Kept, site: Site, declared: dict[str, Any], document: dict[str, Any] | None, found: str
) -> None:
    body = None if document is None else json.dumps(document).encode()
    with answering(site, body):
        with pytest.raises(Refused) as refused:
            strict.up(declared)
        with pytest.raises(Refused, match="was not healthy"):
            strict.up(declared)
    assert len(site.deployments()) == 1
    assert "was not healthy within 1 s" in str(refused.value)
    assert f"{STATUS_PATH}: {found}" in str(refused.value)
    assert CANARY not in str(refused.value)

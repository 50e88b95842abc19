"""A deployment is done when the site says that it is the declared one, if ``rollout.health.identity`` asks for it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest

from mirrors.planning.identity import STATUS_PATH, database_digest
from mirrors.resources.deployment import DeploymentProvider
from tests.wire.platform import CANARY, Site
from tests.wire.provider import Refused, Wire, provider_process

DATABASE_URL = f"postgres://acme:{CANARY}@db.example.com/acme-test"
AS_DECLARED = {"site_id": 2, "application": "acme-de", "database": database_digest(DATABASE_URL)}


@contextmanager
def answering(address: str, document: bytes | None) -> Iterator[None]:
    """A site at the address; without a document its status endpoint is off."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = document if self.path == STATUS_PATH else b"Welcome to Acme"
            self.send_response(404 if body is None else 200)
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Not to the terminal."""

    parts = urlsplit(address)
    with HTTPServer((parts.hostname or "", parts.port or 0), Handler) as server:
        serving = Thread(target=server.serve_forever)
        serving.start()
        try:
            yield
        finally:
            server.shutdown()
            serving.join()


@pytest.fixture
def strict(site: Site, tmp_path: Path) -> Iterator[Wire]:
    """A provider process that asks sites who they are."""
    rollout = {"timeout": "50s", "health": {"timeout": "1s", "identity": True}}
    config = site.platform.configuration | {"mirrors:rollout": json.dumps(rollout)}
    with provider_process(config, tmp_path / "said") as stub:
        yield Wire(stub, DeploymentProvider())


@pytest.fixture
def props(site: Site, original: Site) -> dict[str, Any]:
    """Of a site that is deployed, and that nobody has verified."""
    variables = {"SITE_ID": "2", "MIRRORS_APPLICATION": "acme-de", "DATABASE_URL": DATABASE_URL}
    for name, value in variables.items():
        site.by_hand(name, value, sensitive=name == "DATABASE_URL")
    release = original.platform.divio.deployments.list(original.live)[0].uuid
    return {
        "site": site.name,
        "environment": site.environment,
        "image_environment": original.live,
        "release": release,
        "secrets": ["DATABASE_URL"],
        **variables,
    }


def test_a_site_that_says_what_is_declared_is_verified(strict: Wire, props: dict[str, Any]) -> None:
    _, outs = strict.create(props)
    with answering(outs["url"], json.dumps(AS_DECLARED).encode()):
        assert strict.create({**props, "verified": True})[1]["deployment"] == outs["deployment"]


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ({**AS_DECLARED, "site_id": 1}, "SITE_ID is 1 there, and 2 is declared"),
        ({**AS_DECLARED, "application": None}, "it is the original, and 'acme-de' is declared"),
        ({**AS_DECLARED, "database": "0" * 16}, "it uses another database than the one that DATABASE_URL names"),
        ({"site_id": 2}, "the answer is none of the companion app django_mirrors"),
        (None, "404, so nobody knows which site it is: the companion app django_mirrors answers here"),
    ],
)
def test_a_site_that_says_otherwise_fails_and_no_secret_is_told(
    strict: Wire, props: dict[str, Any], document: dict[str, Any] | None, found: str
) -> None:
    _, outs = strict.create(props)
    body = None if document is None else json.dumps(document).encode()
    with answering(outs["url"], body), pytest.raises(Refused) as refused:
        strict.create({**props, "verified": True})
    assert "was not healthy within 1 s" in str(refused.value)
    assert f"{STATUS_PATH}: {found}" in str(refused.value)
    assert CANARY not in str(refused.value)

"""A deployment is done when the site says that it is the declared one, if ``rollout.health.identity`` asks for it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from mirrors.planning.identity import STATUS_PATH, database_digest
from mirrors.resources.deployment import DeploymentProvider
from tests.servers import running
from tests.wire.platform import CANARY, Site, deployment_of
from tests.wire.provider import CheckedWire, Refused, Wire, provider_process

DATABASE_URL = f"postgres://acme:{CANARY}@db.example.com/acme-test"
AS_DECLARED = {"site_id": 2, "application": "acme-de", "database": database_digest(DATABASE_URL)}


@contextmanager
def answering(site: Site, document: bytes | None) -> Iterator[None]:
    """What the site is deployed to from now on; without a document its status endpoint is off."""

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
def strict(site: Site, tmp_path: Path) -> Iterator[Wire]:
    """A provider process that asks sites who they are."""
    rollout = {"timeout": "50s", "health": {"timeout": "1s", "identity": True}}
    config = site.platform.configuration | {"mirrors:rollout": json.dumps(rollout)}
    with provider_process(config, tmp_path / "said") as stub:
        yield CheckedWire(stub, DeploymentProvider())


@pytest.fixture
def props(site: Site, original: Site) -> dict[str, Any]:
    """Of a site that is deployed, and that nobody has verified."""
    variables = {"SITE_ID": "2", "MIRRORS_APPLICATION": "acme-de", "DATABASE_URL": DATABASE_URL}
    for name, value in variables.items():
        site.by_hand(name, value, sensitive=name == "DATABASE_URL")
    return deployment_of(site, original, ["DATABASE_URL"], **variables)


def test_a_site_that_says_what_is_declared_is_verified(strict: Wire, site: Site, props: dict[str, Any]) -> None:
    with answering(site, json.dumps(AS_DECLARED).encode()):
        _, outs = strict.create(props)
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
    strict: Wire, site: Site, props: dict[str, Any], document: dict[str, Any] | None, found: str
) -> None:
    body = None if document is None else json.dumps(document).encode()
    with answering(site, body):
        strict.create(props)
        with pytest.raises(Refused) as refused:
            strict.create({**props, "verified": True})
    assert "was not healthy within 1 s" in str(refused.value)
    assert f"{STATUS_PATH}: {found}" in str(refused.value)
    assert CANARY not in str(refused.value)

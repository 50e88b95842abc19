"""The reading of a stack's state by ``mirrors status``, and its JSON."""

import json
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event
from typing import Any

import pytest

from mirrors.cli.divio import check_sites
from mirrors.cli.state import StackState
from mirrors.cli.status import print_statuses, status_data
from mirrors.observation.health import OUT_OF_TIME
from mirrors.planning.site_properties import make_property_key
from tests.servers import running
from tests.unit.fleets import fresh, seen, settings
from tests.unit.test_planning_status import GOOD, status_of

TYPES = "pulumi-python:dynamic/mirrors:"


def exported(kind: str, inputs: dict[str, Any], **outputs: str) -> dict[str, Any]:
    urn = f"urn:pulumi:test::acme::{TYPES}{kind}::acme-de"
    return {"urn": urn, "type": f"{TYPES}{kind}", "inputs": inputs, "outputs": {**inputs, **outputs}}


def site(environment: str, *names: str, kind: str = "Mirror", **more: Any) -> dict[str, Any]:
    """``environment`` is also a name that is taken."""
    key = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:abc"}
    where = {"site": "acme-de (test)", "environment": environment, "image_environment": "e", "hmac_key": key}
    return exported(kind, {**where, **{make_property_key(name): {"fingerprint": "abc"} for name in names}, **more})


def test_what_the_stack_created_is_what_it_has_set_without_what_was_found() -> None:
    state = StackState(
        [
            exported("SiteIds", {"environment": "e-de", "OTHER": "x"}),
            site("e-de", "SITE_ID", "GREETING", "THEME", "environment", found=["ELSE", "THEME"]),
            site("e-fr", "SITE_ID", **{"SITE_ID (running)": "7", "GONE (running)": "x"}),
            site("e-acme", "STAGE", kind="OriginalSite"),
        ],
        (),
    )
    created = {"e-de": {"SITE_ID", "GREETING", "environment"}, "e-fr": {"SITE_ID"}, "e-acme": {"STAGE"}}
    assert state.created == created


def test_what_a_failed_attempt_has_made_is_created() -> None:
    """Only the outputs know of it: the inputs are those of the update that failed."""
    half = site("e-de", "SITE_ID", "DATABASE_URL")
    outputs = {key: item for key, item in half["outputs"].items() if key != "DATABASE_URL"}
    assert StackState([half | {"outputs": outputs}], ()).created == {"e-de": {"SITE_ID"}}


def test_a_stack_that_was_never_updated_has_created_nothing() -> None:
    assert StackState((), ()).created == {}


def healthy(environment: str, kind: str = "Mirror", **more: Any) -> dict[str, Any]:
    return site(environment, "SITE_ID", kind=kind, release="r-1", **more)


def test_a_deployment_is_verified_where_an_update_has_found_it_healthy() -> None:
    state = StackState(
        [
            healthy("e-de", verified=True, deployment="d-1"),
            healthy("e-fr", verified=False, deployment="d-2"),
            healthy("e-ch", deployment="d-3"),
            healthy("e-it", verified=True, failed="acme-it (test): …"),
            healthy("e-acme", "OriginalSite", verified=True, deployment="d-5"),
        ],
        (),
    )
    assert state.verified == {"e-de": "d-1", "e-acme": "d-5"}


@pytest.fixture
def hanging() -> Iterator[str]:
    """Yield the DOMAIN of a site that takes a connection and never answers."""
    ended = Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            ended.wait()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with running(server):
        yield f"127.0.0.1:{server.server_port}"
        ended.set()


def test_sites_that_hang_are_waited_for_together_and_it_says_which(
    hanging: str, capsys: pytest.CaptureFixture[str]
) -> None:
    slugs = ("acme-de", "acme-fr")
    there = seen(*(replace(fresh(slug), deployed_variables={"DOMAIN": hanging}) for slug in slugs))
    found = check_sites(settings(*slugs, maxConcurrentRequests="1"), there, slugs, within=2)
    assert found == {
        "acme-de": f"GET http://{hanging}/: no answer in time",
        "acme-fr": f"GET http://{hanging}/: {OUT_OF_TIME}",
    }
    said = capsys.readouterr()
    assert said.err == "Note: asking what no up has found healthy, 2 s at most: 2 sites: acme-de, acme-fr\n"
    assert said.out == ""


def test_where_all_is_verified_it_asks_and_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert check_sites(settings(), seen(), ()) == {}
    assert capsys.readouterr().err == ""


def test_a_row_is_json_with_names_like_those_of_the_other_commands() -> None:
    data = json.loads(json.dumps(status_data(status_of(GOOD))))

    assert (data["application"], data["siteId"], data["deployedAt"]) == ("acme-de", 2, "2026-01-01T12:06:00+00:00")
    assert [key for key in data if "_" in key] == []
    assert (data["details"], data["foreign"], data["notes"]) == ([], [], [])


def test_the_table_has_each_sites_address_and_lists_foreign_variables_below(capsys: pytest.CaptureFixture[str]) -> None:
    print_statuses("test", [replace(status_of(GOOD), url="https://www.acme.example/", foreign=("THEME",))])

    title, *table, below = [line.rstrip() for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert title == "Fleet of stack test"
    assert table[-1].split()[:4] == ["acme-de", "mirror", "2", "converged"]
    assert table[-1].endswith(" https://www.acme.example/")
    assert below == "acme-de: not managed by Mirrors, unchanged: THEME"


def test_a_site_without_a_deployment_has_no_time() -> None:
    assert status_data(status_of(None))["deployedAt"] is None

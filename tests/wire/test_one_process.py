"""One provider process waits for all the deployments of a rollout, and answers whatever else it is asked meanwhile."""

import json
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import grpc
import pytest
from mirrors_sandbox.process import wait_until

from mirrors.resources.executor import TOO_FEW_THREADS
from mirrors.resources.original import OriginalProvider
from mirrors.resources.site import SiteProvider
from tests.unit.http_script import Reply, serve
from tests.wire.declared import hints, plain
from tests.wire.platform import CANARY, Platform, Site
from tests.wire.provider import TIMEOUT, Wire, provider_process, watching

AT_ONCE = 32
ROLLOUT = {"mirrors:rollout": json.dumps({"parallel": AT_ONCE, "health": False})}

ANOTHER_EXECUTOR = "import concurrent.futures; another = concurrent.futures.ThreadPoolExecutor()\n"
"""An SDK in which it is not clear which executor serves."""


@pytest.fixture
def sites(platform: Platform, numbers: Iterator[int]) -> list[Site]:
    """So many whose deployment, once it is started, does not end."""
    sites = [platform.site(f"acme-{next(numbers):04}") for _ in range(AT_ONCE)]
    path = f"^acme-({'|'.join(site.slug[-4:] for site in sites)})/test$"
    platform.sandbox.add_fault("deployment-hangs", report=lambda _: None, path=path, remaining=AT_ONCE)
    return sites


def hanging(platform: Platform) -> int:
    with platform.database() as connection:
        [count] = connection.execute("SELECT count(*) FROM sandbox_deployment WHERE ended_at IS NULL").fetchone()
    return int(count)


def asked_together(platform: Platform) -> list[list[str]]:
    """Return the applications of each request for the deployments of several."""
    lines = [line for line in platform.sandbox.requests_log() if line["path"] == "/apps/v3/deployments/"]
    return [line["application"] for line in lines if isinstance(line.get("application"), list)]


def test_while_as_many_deployments_are_waited_for_a_read_and_a_second_ctrl_c_are_answered(
    platform: Platform, site: Site, sites: list[Site]
) -> None:
    declared = {item.slug: hints(item, {"SITE_ID": plain(item.slug[-4:])}) for item in (site, *sites)}
    site.by_hand("SITE_ID", site.slug[-4:])
    runs, before = site.deployed_by_hand(), hanging(platform)
    with (
        socket.create_server(("127.0.0.1", 0)) as engine,
        watching(engine, platform.configuration | ROLLOUT) as (process, stub),
    ):
        wire = Wire(stub, SiteProvider())
        waits = [wire.begin_create(wire.check({}, declared[item.slug])[0]) for item in sites]
        assert wait_until(lambda: hanging(platform) == before + AT_ONCE, TIMEOUT)
        everybody = {item.slug for item in sites}
        assert wait_until(lambda: any(everybody == set(line) for line in asked_together(platform)), TIMEOUT)
        assert wire.read(wire.check({}, declared[site.slug])[0])[1]["deployment"] == runs
        wire.cancel()
        assert not any(wait.done() for wait in waits)
        process.send_signal(signal.SIGINT)
        assert process.wait(TIMEOUT) == 0
        assert all(isinstance(wait.exception(), grpc.RpcError) for wait in waits)


def test_as_many_requests_as_allowed_are_on_their_way_and_no_more(tmp_path: Path) -> None:
    inputs = {"site": "acme-de", "image_environment": "e", "release": "r", "hmac_key": "k", "SITE_ID": "2"}
    over = Event()
    with serve() as platform:
        platform.on("GET", "/apps/v3/environment-variables/", Reply(body={"results": []}, hold=over))
        config = ROLLOUT | {"mirrors:apiUrl": platform.url, "mirrors:apiToken": CANARY}
        with provider_process({**config, "mirrors:maxConcurrentRequests": "9"}, tmp_path / "said") as stub:
            wire = Wire(stub, SiteProvider())
            reads = [wire.begin_read({**inputs, "environment": f"e-{number}"}) for number in range(AT_ONCE)]
            assert platform.wait_until_in_flight(9)
            assert not platform.wait_until_in_flight(10, timeout=0.3)
            over.set()
            assert all(isinstance(reading.exception(TIMEOUT), grpc.RpcError) for reading in reads)


def test_where_the_executor_is_not_found_four_at_a_time_are_served_and_one_line_says_so(tmp_path: Path) -> None:
    said = tmp_path / "said"
    config = {"mirrors:apiUrl": "http://127.0.0.1:1", "mirrors:apiToken": CANARY}
    news = {"site": "acme-de", "environment": "e-1", "image_environment": "e-2", "variables": {}, "identities": {}}
    for few in ({}, {"mirrors:rollout": json.dumps({"parallel": 3})}):
        with provider_process(config | few, said, begins=ANOTHER_EXECUTOR) as stub:
            for provider in (OriginalProvider(), SiteProvider()):
                assert Wire(stub, provider).check({}, news)[1] == []
        assert said.read_text().splitlines() == ([] if few else [TOO_FEW_THREADS])

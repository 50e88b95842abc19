"""Deployments that several threads wait for: one request for all, and one for each where the platform has no such."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from mirrors_sandbox.process import wait_until

from mirrors.divio import (
    AuthenticationFailed,
    Deployment,
    DeploymentTimeout,
    Divio,
    NotFound,
    PollPolicy,
    RetryPolicy,
    ServerFailed,
)
from tests.unit.divio_support import DEPLOYMENTS, TOKEN, deployment, page
from tests.unit.http_script import PATIENCE, Received, Reply, Script, serve

SITES = {"e1": "d1", "e2": "d2", "e3": "d3"}
POLL = PollPolicy(first=0.05, factor=1.0, longest=0.05, failures=3)


def shown(environment: str, *, ended: bool) -> dict[str, Any]:
    times = (1, 2, True) if ended else (1,)
    return {**deployment(SITES[environment], *times), "environment": environment}


class Watched:
    """A platform with a running deployment in each environment.

    ``asked``: the environments of each list. A list that names them all is ``together``; from then on lists show them
    as ended. One that is asked for by itself ends only where ``alone`` is said, and not before the first list.
    """

    def __init__(self, script: Script, *, alone: bool = False) -> None:
        self.script = script
        self.alone = alone
        self.asked: list[list[str]] = []
        for environment, uuid in SITES.items():
            script.on("GET", f"{DEPLOYMENTS}{uuid}/", self._one(environment))
        script.on("GET", DEPLOYMENTS, self.listed)

    @property
    def together(self) -> bool:
        return any(len(asked) == len(SITES) for asked in self.asked)

    def listed(self, request: Received) -> Reply:
        return page(*(shown(environment, ended=self.together) for environment in self.named(request)))

    def named(self, request: Received) -> list[str]:
        named = request.values("environment")
        self.asked.append(named)
        return named

    def _one(self, environment: str) -> Any:
        return lambda _: Reply(body=shown(environment, ended=self.alone and bool(self.asked)))


@pytest.fixture
def script() -> Iterator[Script]:
    with serve() as script:
        yield script


def connected(script: Script) -> Divio:
    return Divio.connect(script.url, TOKEN, retry=RetryPolicy(attempts=1), poll=POLL)


def waited(script: Script, seconds: float = PATIENCE) -> list[Deployment | BaseException]:
    """Return the results of the waits for all of them at once."""
    wait = connected(script).deployments.wait
    with ThreadPoolExecutor(len(SITES)) as pool:
        waits = [pool.submit(wait, uuid, seconds, environment=environment) for environment, uuid in SITES.items()]
        return [item.exception() or item.result() for item in waits]


def succeeded(outcomes: list[Deployment | BaseException]) -> list[str]:
    return [item.uuid for item in outcomes if isinstance(item, Deployment) and item.succeeded]


def test_those_who_wait_at_the_same_time_share_one_request(script: Script) -> None:
    watched = Watched(script)
    assert succeeded(waited(script)) == list(SITES.values())
    assert watched.together


@pytest.mark.parametrize("shows", [[], ["e2"]])
def test_what_the_platform_does_not_list_is_asked_for_by_itself(script: Script, shows: list[str]) -> None:
    """It heeds one of several filters only, or none."""
    watched = Watched(script, alone=True)

    def listed(request: Received) -> Reply:
        return page(*(shown(item, ended=True) for item in watched.named(request) if item in shows))

    script.on("GET", DEPLOYMENTS, listed)
    assert succeeded(waited(script)) == list(SITES.values())
    assert watched.asked


@pytest.mark.parametrize("refusal", [Reply(403), Reply(404), Reply(400, {"environment": ["Enter one."]}), Reply(200)])
def test_where_the_platform_refuses_the_list_each_is_asked_for_by_itself(script: Script, refusal: Reply) -> None:
    watched = Watched(script, alone=True)

    def listed(request: Received) -> Reply:
        watched.named(request)
        return refusal

    script.on("GET", DEPLOYMENTS, listed)
    assert succeeded(waited(script)) == list(SITES.values())
    assert watched.asked


def test_a_platform_that_stumbles_ends_no_wait(script: Script) -> None:
    watched = Watched(script)
    script.on("GET", DEPLOYMENTS, Reply(502), Reply(reset=True), Reply(429), watched.listed)
    assert succeeded(waited(script)) == list(SITES.values())


@pytest.mark.parametrize(("status", "failure"), [(502, ServerFailed), (401, AuthenticationFailed)])
def test_a_platform_that_stays_down_or_takes_the_token_no_more_ends_them_all(
    script: Script, status: int, failure: type[Exception]
) -> None:
    Watched(script)
    script.on("GET", DEPLOYMENTS, Reply(status))
    outcomes = waited(script, seconds=2)
    assert [item for item in outcomes if isinstance(item, failure)]
    assert not [item for item in outcomes if not isinstance(item, failure | DeploymentTimeout)]


def test_waiting_ends_on_time_with_a_last_look_at_the_deployment_itself(script: Script) -> None:
    Watched(script)
    with pytest.raises(DeploymentTimeout, match=r"deployment d1 has not ended within 0\.3 s") as info:
        connected(script).deployments.wait("d1", 0.3, environment="e1")
    assert info.value.deployment is not None
    assert info.value.deployment.running
    assert script.calls()[-1] == f"GET {DEPLOYMENTS}d1/"


def test_what_has_ended_already_is_one_request_and_what_is_not_there_an_error(script: Script) -> None:
    script.on("GET", f"{DEPLOYMENTS}d1/", Reply(body=shown("e1", ended=True)))
    wait = connected(script).deployments.wait
    assert wait("d1", PATIENCE, environment="e1").succeeded
    assert len(script.requests) == 1
    with pytest.raises(NotFound):
        wait("d9", PATIENCE, environment="e9")


def test_each_look_is_shared_with_all(script: Script) -> None:
    Watched(script)
    answer: dict[str, list[bool]] = {uuid: [] for uuid in SITES.values()}
    wait = connected(script).deployments.wait
    with ThreadPoolExecutor(len(SITES)) as pool:
        for environment, uuid in SITES.items():
            pool.submit(wait, uuid, PATIENCE, lambda item: answer[item.uuid].append(item.running), environment)
    assert all(len(running) >= 2 and running[0] and not running[-1] for running in answer.values())


def test_the_thread_ends_with_the_last_wait_and_another_wait_begins_another(script: Script) -> None:
    Watched(script)
    deployments = connected(script).deployments
    for _ in range(2):
        with pytest.raises(DeploymentTimeout):
            deployments.wait("d1", 0.12, environment="e1")
        assert wait_until(lambda: all(thread.name != "deployments" for thread in threading.enumerate()), PATIENCE)


def test_a_running_one_is_found_on_a_later_page_and_an_old_history_is_not_read_to_its_end(script: Script) -> None:
    watched = Watched(script, alone=True)
    old = [shown("e1", ended=True) | {"uuid": f"old-{number}"} for number in range(3)]

    def listed(request: Received) -> Reply:
        if request.values("page") == ["2"]:
            return page(*(shown(item, ended=True) for item in SITES), following=f"{script.url}{DEPLOYMENTS}?page=3")
        watched.named(request)
        return page(*old, following=f"{script.url}{DEPLOYMENTS}?page=2")

    script.on("GET", DEPLOYMENTS, listed)
    assert succeeded(waited(script)) == list(SITES.values())
    assert {page for request in script.requests for page in request.values("page")} == {"2"}

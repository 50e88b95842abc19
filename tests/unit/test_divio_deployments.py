"""Deployments: their order, starting exactly one, and waiting for its end."""

from collections.abc import Iterator
from typing import Any

import pytest

from mirrors.divio import (
    Deployment,
    DeploymentRunning,
    DeploymentTimeout,
    NotFound,
    PollPolicy,
    RetryPolicy,
    ServerFailed,
    UnexpectedAnswer,
    ValidationFailed,
)
from tests.unit.divio_support import DEPLOYMENTS, NOON_HEADER, FakeTime, connect, deployment, page
from tests.unit.http_script import Received, Reply, Script, serve

REFUSED = Reply(400, {"non_field_errors": ["A deployment is in progress."]})
STARTED = Reply(201, {"uuid": "d9", "environment": "e1", "build_mode": "AUTO"})


@pytest.fixture
def script() -> Iterator[Script]:
    """Yield its clock shows noon. What this machine's clock shows must not matter."""
    with serve(date=NOON_HEADER) as running:
        yield running


@pytest.fixture(params=[0.0, 86_400.0, -86_400.0], ids=["same clock", "a day ahead", "a day behind"])
def time(request: pytest.FixtureRequest) -> FakeTime:
    return FakeTime(seconds=request.param)


def answering(script: Script, *posts: Reply, listed: list[dict[str, Any]]) -> None:
    script.on("POST", DEPLOYMENTS, *posts)
    script.on("GET", DEPLOYMENTS, page(*listed))


def test_deployments_are_listed_newest_first(script: Script) -> None:
    waiting = {**deployment("d4", 0), "started_at": None}
    listed = [deployment("d1", 1, 2, True), deployment("d3", 30, 31, False), waiting, deployment("d2", 20, 21, True)]
    script.on("GET", DEPLOYMENTS, page(*listed))
    assert [item.uuid for item in connect(script).deployments.list("e1")] == ["d4", "d3", "d2", "d1"]


def test_a_start_is_one_request(script: Script) -> None:
    script.on("POST", DEPLOYMENTS, STARTED)
    started = connect(script).deployments.start("e1")
    assert (started.uuid, started.running) == ("d9", True)
    assert [(request.method, request.body) for request in script.requests] == [("POST", {"environment": "e1"})]


@pytest.mark.parametrize("failure", [Reply(reset=True), Reply(500), Reply(201, b'{"uuid"'), Reply(201, {})])
@pytest.mark.parametrize("own", [deployment("d9", 1), deployment("d9", 0, 2, False)], ids=["running", "ended"])
def test_a_start_that_happened_unseen_is_not_repeated(
    script: Script, time: FakeTime, failure: Reply, own: dict[str, Any]
) -> None:
    answering(script, failure, listed=[deployment("d1", -90, -60, True), own])
    assert connect(script, time).deployments.start("e1").uuid == "d9"
    assert script.calls() == [f"POST {DEPLOYMENTS}", f"GET {DEPLOYMENTS}"]


def test_a_start_that_did_not_happen_is_repeated_after_a_look(script: Script, time: FakeTime) -> None:
    never_begun = {**deployment("d0", 0, -30, False), "started_at": None}
    answering(script, Reply(reset=True), STARTED, listed=[deployment("d1", -90, -60, True), never_begun])
    assert connect(script, time).deployments.start("e1").uuid == "d9"
    assert script.calls() == [f"POST {DEPLOYMENTS}", f"GET {DEPLOYMENTS}", f"POST {DEPLOYMENTS}"]


def test_a_start_that_happened_after_the_look_is_recognised_when_its_repetition_is_refused(
    script: Script, time: FakeTime
) -> None:
    script.on("POST", DEPLOYMENTS, Reply(reset=True), REFUSED)
    script.on("GET", DEPLOYMENTS, page(), page(deployment("d9", 1)))
    assert connect(script, time).deployments.start("e1").uuid == "d9"


@pytest.mark.parametrize("answer", [REFUSED, Reply(409), Reply(reset=True)], ids=["400", "409", "reset"])
def test_an_older_deployment_in_the_way_is_named_to_attach_to(script: Script, time: FakeTime, answer: Reply) -> None:
    answering(script, answer, listed=[deployment("d1", -90, -60, True), deployment("d2", -5)])
    with pytest.raises(DeploymentRunning, match="one deployment at a time, and d2 is in the way") as info:
        connect(script, time).deployments.start("e1")
    assert info.value.deployment is not None
    assert info.value.deployment.uuid == "d2"
    assert len(script.requests) == 2


@pytest.mark.parametrize("other", [deployment("d2", 1), deployment("d2", -5, 1, True)], ids=["running", "just ended"])
def test_a_refusal_is_never_taken_for_a_start(script: Script, time: FakeTime, other: dict[str, Any]) -> None:
    """Someone else's began or ended between the request and the look."""
    answering(script, REFUSED, listed=[other])
    with pytest.raises(DeploymentRunning) as info:
        connect(script, time).deployments.start("e1")
    assert info.value.deployment is not None
    assert info.value.deployment.uuid == "d2"


def test_a_refusal_with_nothing_in_the_way_is_raised(script: Script, time: FakeTime) -> None:
    answering(script, REFUSED, listed=[deployment("d1", -90, -60, True)])
    with pytest.raises(ValidationFailed, match=r"400: refused: non_field_errors: A deployment is in progress\.$"):
        connect(script, time).deployments.start("e1")
    assert len(script.requests) == 2


def watched(script: Script, *seen: Reply) -> None:
    script.on("GET", f"{DEPLOYMENTS}d1/", *seen)


RUNNING = Reply(body={**deployment("d1", 0), "percent": 40})
DONE = Reply(body=deployment("d1", 0, 34, True))
FAILED = Reply(body=deployment("d1", 0, 34, False))


@pytest.mark.parametrize(("end", "success"), [(DONE, True), (FAILED, False)])
def test_waiting_returns_the_ended_deployment_well_or_badly(script: Script, end: Reply, success: bool) -> None:
    watched(script, RUNNING, RUNNING, end)
    seen: list[Deployment] = []
    ended = connect(script).deployments.wait("d1", 600, seen.append)
    assert (ended.running, ended.succeeded) == (False, success)
    assert [item.percent for item in seen] == [40, 40, None]


def test_the_first_look_is_at_once_and_the_pauses_grow_to_their_limit(script: Script) -> None:
    watched(script, *[RUNNING] * 13, DONE)
    time = FakeTime()
    connect(script, time).deployments.wait("d1", 600)
    assert time.slept == pytest.approx([1, 1, 1, 1, 1, 1.5, 2.25, 3.375, 5.0625, 7.59375, 10, 10, 10])
    assert PollPolicy().delay(100_000) == 10


def test_waiting_ends_on_time_with_a_last_look(script: Script) -> None:
    watched(script, RUNNING)
    time = FakeTime()
    with pytest.raises(DeploymentTimeout, match="deployment d1 has not ended within 4 s") as info:
        connect(script, time).deployments.wait("d1", 4)
    assert time.slept == [1, 1, 1, 1]
    assert len(script.requests) == 5
    assert info.value.deployment is not None
    assert info.value.deployment.percent == 40


def test_an_ended_deployment_is_returned_even_without_time_left(script: Script) -> None:
    watched(script, DONE)
    assert connect(script).deployments.wait("d1", 0).succeeded


def test_a_platform_that_stumbles_does_not_end_the_wait(script: Script) -> None:
    watched(script, RUNNING, Reply(502), Reply(reset=True), Reply(429), RUNNING, Reply(502), DONE)
    client = connect(script, retry=RetryPolicy(attempts=1), poll=PollPolicy(failures=3))
    assert client.deployments.wait("d1", 600).succeeded


def test_a_platform_that_stays_down_ends_the_wait(script: Script) -> None:
    watched(script, RUNNING, Reply(502))
    with pytest.raises(ServerFailed):
        connect(script, retry=RetryPolicy(attempts=1), poll=PollPolicy(failures=3)).deployments.wait("d1", 600)
    assert len(script.requests) == 5


def test_a_deployment_that_is_gone_ends_the_wait(script: Script) -> None:
    with pytest.raises(NotFound):
        connect(script).deployments.wait("d1", 600)


@pytest.mark.parametrize(("sent", "logs"), [("line\nline", "line\nline"), (None, "")])
def test_logs_are_text(script: Script, sent: str | None, logs: str) -> None:
    script.on("GET", f"{DEPLOYMENTS}d1/logs/", Reply(body={"uuid": "d1", "logs": sent}))
    assert connect(script).deployments.logs("d1") == logs


@pytest.mark.parametrize(
    ("sent", "frozen"),
    [({"STAGE": "test", "DATABASE_URL": None}, {"STAGE": "test", "DATABASE_URL": None}), (["STAGE"], {"STAGE": None})],
)
def test_frozen_variables_are_values_by_name(script: Script, sent: Any, frozen: dict[str, str | None]) -> None:
    def answer(_: Received) -> Reply:
        return Reply(body={**deployment("d1", 0), "environment_variables": sent})

    script.on("GET", f"{DEPLOYMENTS}d1/environment-variables/", answer)
    assert connect(script).deployments.environment_variables("d1").environment_variables == frozen


def test_frozen_variables_of_another_form_are_an_error_and_not_quoted(script: Script) -> None:
    sent = {**deployment("d1", 0), "environment_variables": [{"name": "A", "value": "canary"}]}
    script.on("GET", f"{DEPLOYMENTS}d1/environment-variables/", Reply(body=sent))
    with pytest.raises(UnexpectedAnswer, match=r"as documented: environment_variables \(dict_type\)$"):
        connect(script).deployments.environment_variables("d1")


def test_a_time_without_a_zone_is_utc() -> None:
    sent = {**deployment("d1", 0), "started_at": "2026-03-01T12:00:00.5"}
    started = Deployment.model_validate(sent).started_at
    assert started is not None
    assert started.isoformat() == "2026-03-01T12:00:00.500000+00:00"

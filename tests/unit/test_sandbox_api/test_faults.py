"""One test for each kind of fault, and for how faults choose their requests."""

import json
import socket
import time

import pytest
import requests

from tests.unit.test_sandbox_api.conftest import TOKEN, Sandbox

VARIABLES = "/apps/v3/environment-variables/"
DEPLOYMENTS = "/apps/v3/deployments/"


def _send(sandbox: Sandbox, method: str, path: str, body: dict[str, str]) -> bytes:
    """Send a request over a socket of its own and reads until the connection ends."""
    content = json.dumps(body)
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{sandbox.port}\r\nAuthorization: Token {TOKEN}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=30) as connection:
        connection.sendall((head + content).encode())
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_latency_makes_a_request_wait(sandbox: Sandbox) -> None:
    sandbox.do("make_fault", kind="latency", settings={"seconds": 0.3})
    started = time.perf_counter()
    assert sandbox.get("/iam/v3/me/").status_code == 200
    assert time.perf_counter() - started >= 0.3
    assert sandbox.log()[0]["fault"] == "latency"


def test_throttle_answers_429_as_drf_does(sandbox: Sandbox) -> None:
    sandbox.do("make_fault", kind="throttle", settings={"seconds": 7})
    answer = sandbox.get("/iam/v3/me/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert answer.json() == {"detail": "Request was throttled. Expected available in 7 seconds."}


def test_error_answers_like_a_gateway_and_applies_nothing(sandbox: Sandbox, application: dict[str, str]) -> None:
    sandbox.do("make_fault", kind="error", method="POST", settings={"status": 502})
    answer = sandbox.post(VARIABLES, {"environment": application["test"], "name": "A", "value": "x"})
    assert answer.status_code == 502
    assert answer.headers["Content-Type"].startswith("text/html")
    assert sandbox.results(VARIABLES, environment=application["test"]) == []


def test_forbidden_answers_403_as_drf_does(sandbox: Sandbox) -> None:
    sandbox.do("make_fault", kind="forbidden")
    answer = sandbox.get("/iam/v3/me/")
    assert answer.status_code == 403
    assert answer.json() == {"detail": "You do not have permission to perform this action."}


@pytest.mark.parametrize(("kind", "applied", "status"), [("reset-before", [], None), ("reset-after", ["A"], 201)])
def test_the_connection_is_reset_before_or_after_the_write(
    sandbox: Sandbox, application: dict[str, str], kind: str, applied: list[str], status: int | None
) -> None:
    sandbox.do("make_fault", kind=kind, method="POST", remaining=2)
    with pytest.raises(ConnectionResetError):
        _send(sandbox, "POST", VARIABLES, {"environment": application["test"], "name": "A", "value": "x"})
    with pytest.raises(requests.ConnectionError):
        sandbox.post(VARIABLES, {"environment": application["live"], "name": "A", "value": "x"})
    for environment in ("test", "live"):
        found = sandbox.results(VARIABLES, environment=application[environment])
        assert [item["name"] for item in found] == applied
    assert (sandbox.log()[0]["status"], sandbox.log()[0]["fault"]) == (status, kind)


def test_a_request_without_a_fault_is_answered_on_a_socket_too(sandbox: Sandbox, application: dict[str, str]) -> None:
    answer = _send(sandbox, "POST", VARIABLES, {"environment": application["test"], "name": "A", "value": "x"})
    assert answer.startswith(b"HTTP/1.1 201")


def test_truncated_applies_the_write_and_breaks_the_answer_off(sandbox: Sandbox, application: dict[str, str]) -> None:
    sandbox.do("make_fault", kind="truncated", method="POST")
    answer = sandbox.post(VARIABLES, {"environment": application["test"], "name": "A", "value": "x"})
    assert answer.status_code == 201
    with pytest.raises(requests.JSONDecodeError):
        answer.json()
    assert len(sandbox.results(VARIABLES, environment=application["test"])) == 1


def test_an_answer_of_another_shape_is_json_and_the_write_is_applied(
    sandbox: Sandbox, application: dict[str, str]
) -> None:
    sandbox.do("make_fault", kind="schema", method="POST")
    answer = sandbox.post(VARIABLES, {"environment": application["test"], "name": "A", "value": "x"})
    assert (answer.status_code, list(answer.json())) == (201, ["data"])
    assert len(sandbox.results(VARIABLES, environment=application["test"])) == 1


def test_a_list_that_shifts_has_lost_the_first_object_of_each_page_but_the_first(
    sandbox: Sandbox, application: dict[str, str]
) -> None:
    for name in ("A", "B", "C"):
        sandbox.post(VARIABLES, {"environment": application["test"], "name": name, "value": "x"})
    sandbox.do("make_fault", kind="shift", method="GET")
    first = sandbox.get(f"{VARIABLES}?environment={application['test']}&page_size=1").json()
    second = sandbox.get(first["next"].removeprefix(sandbox.address)).json()
    assert ([len(page["results"]) for page in (first, second)], first["count"], second["count"]) == ([1, 0], 3, 2)


@pytest.mark.parametrize("kind", ["deployment-fails", "deployment-hangs", "deployment-wrong-variables"])
def test_faults_of_deployments_are_handed_to_the_runner_as_often_as_they_remain(
    sandbox: Sandbox, application: dict[str, str], kind: str
) -> None:
    slug = sandbox.get(f"/apps/v3/applications/{application['uuid']}/").json()["slug"]
    fault = sandbox.do("make_fault", kind=kind, path=f"^{slug}/test$", remaining=1)
    running = {name: sandbox.do("make_running_deployment", environment=application[name]) for name in ("test", "live")}
    assert sandbox.do("next_deployment_fault", deployment=running["live"]) is None
    assert sandbox.do("next_deployment_fault", deployment=running["test"]) == kind
    assert sandbox.do("remaining", fault=fault) == 0
    assert sandbox.do("next_deployment_fault", deployment=running["test"]) is None


def test_a_deployment_that_fails_is_refused_by_nothing(sandbox: Sandbox, application: dict[str, str]) -> None:
    sandbox.do("make_fault", kind="deployment-fails")
    made = sandbox.post(DEPLOYMENTS, {"environment": application["test"]})
    assert made.status_code == 201
    assert sandbox.get(f"{DEPLOYMENTS}{made.json()['uuid']}/").json()["success"] is False


def test_a_fault_strikes_as_often_as_it_remains_and_where_it_is_set_to(sandbox: Sandbox) -> None:
    sandbox.do("make_fault", kind="forbidden", method="get", path="applications.*slug=a", remaining=2)
    paths = ["/iam/v3/me/", *["/apps/v3/applications/?slug=a"] * 3]
    assert [sandbox.get(path).status_code for path in paths] == [200, 403, 403, 200]


def test_a_fault_lets_the_first_requests_pass(sandbox: Sandbox) -> None:
    sandbox.do("make_fault", kind="forbidden", settings={"after": 2}, remaining=1)
    assert [sandbox.get("/iam/v3/me/").status_code for _ in range(4)] == [200, 200, 403, 200]


def test_chance_is_the_same_for_the_same_seed(sandbox: Sandbox) -> None:
    def strikes(seed: int) -> list[int]:
        sandbox.do("make_fault", kind="forbidden", probability=0.5, seed=seed)
        found = [sandbox.get("/iam/v3/me/").status_code for _ in range(24)]
        sandbox.do("remove_faults")
        return found

    first = strikes(7)
    assert set(first) == {200, 403}
    assert strikes(7) == first
    assert strikes(8) != first


def test_of_several_faults_one_answers_after_every_latency(sandbox: Sandbox) -> None:
    sandbox.do("make_fault", kind="latency", settings={"seconds": 0.05})
    sandbox.do("make_fault", kind="forbidden", remaining=1)
    other = sandbox.do("make_fault", kind="throttle", remaining=1)
    assert [sandbox.get("/iam/v3/me/").status_code for _ in range(3)] == [403, 429, 200]
    assert sandbox.do("remaining", fault=other) == 0


def test_the_control_panel_and_the_root_never_meet_a_fault(sandbox: Sandbox) -> None:
    sandbox.do("make_fault", kind="forbidden")
    for path in ("/apps/v3/", "/apps/v3", "/admin/login/", "/static/admin/css/base.css"):
        assert sandbox.get(path).status_code == 200, path
    assert sandbox.get("/iam/v3/me/").status_code == 403

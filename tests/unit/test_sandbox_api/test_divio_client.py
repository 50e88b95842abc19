"""The client of ``mirrors.divio`` against the sandbox: both must mean the same API, also when requests are struck."""

from collections.abc import Iterator

import pytest

from mirrors.divio import (
    AuthenticationFailed,
    DeploymentRunning,
    Divio,
    NotFound,
    PermissionDenied,
    PollPolicy,
    RetryPolicy,
    ValidationFailed,
)
from tests.unit.test_sandbox_api.conftest import SECRET, TOKEN, Sandbox

VARIABLES = "/apps/v3/environment-variables/"
DEPLOYMENTS = "/apps/v3/deployments/"
QUICK = RetryPolicy(base=0.001, longest_retry_after=0.001)


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Divio]:
    poll = PollPolicy(first=0.05, longest=0.2)
    with Divio.connect(sandbox.address, TOKEN, page_size=2, retry=QUICK, poll=poll) as connected:
        yield connected


def strike(sandbox: Sandbox, kind: str, method: str, path: str) -> None:
    sandbox.do("make_fault", kind=kind, method=method, path=path, remaining=1)


def methods(sandbox: Sandbox) -> list[str]:
    return [entry["method"] for entry in sandbox.log()]


def test_applications_and_environments_are_read_in_small_pages(client: Divio, application: dict[str, str]) -> None:
    shown = client.applications.get(application["uuid"])
    assert client.applications.by_slug(shown.slug) == shown
    assert client.applications.by_slug("no-such-slug") is None
    assert shown in client.applications.list()
    assert shown in client.applications.list(application["organisation"])
    assert client.applications.list("a" * 26) == []
    stages = {item.slug: item for item in client.environments.list(application["uuid"])}
    assert {slug: item.uuid for slug, item in stages.items()} == {slug: application[slug] for slug in ("test", "live")}
    assert client.environments.get(application["test"]) == stages["test"]


def test_a_missing_object_and_a_wrong_token_have_their_errors(sandbox: Sandbox, client: Divio) -> None:
    assert "@" in client.me().email
    with pytest.raises(NotFound):
        client.applications.get("a" * 26)
    with (
        Divio.connect(sandbox.address, "wrong") as stranger,
        pytest.raises(AuthenticationFailed, match="Invalid token"),
    ):
        stranger.me()


def test_variables_are_written_read_in_bulk_and_deleted(client: Divio, application: dict[str, str]) -> None:
    both, variables = [application["test"], application["live"]], client.environment_variables
    plain = [variables.create(both[0], f"PLAIN_{number}", f" {number} ", False) for number in range(5)]
    hidden = variables.create(both[1], "HIDDEN", SECRET, True)
    assert variables.update(plain[0].uuid, "new", False).value == "new"
    listed = {item.name: item for item in variables.list(both)}
    assert [listed[item.name].value for item in plain] == ["new", " 1 ", " 2 ", " 3 ", " 4 "]
    assert (listed["HIDDEN"].value, listed["HIDDEN"].is_sensitive) == (None, True)
    assert variables.list(both, "HIDDEN") == [hidden]
    for item in [*plain, hidden, hidden]:
        variables.delete(item.uuid)
    assert variables.list(both) == []


@pytest.mark.parametrize(
    ("kind", "is_sensitive", "sent"),
    [
        ("reset-before", False, ["POST", "GET", "POST"]),
        ("reset-after", False, ["POST", "GET"]),
        ("reset-after", True, ["POST", "GET", "PATCH"]),
        ("truncated", False, ["POST", "GET"]),
        ("error", True, ["POST", "GET", "POST"]),
        ("throttle", True, ["POST", "POST"]),
    ],
)
def test_a_struck_write_makes_one_variable(
    sandbox: Sandbox, client: Divio, application: dict[str, str], kind: str, is_sensitive: bool, sent: list[str]
) -> None:
    strike(sandbox, kind, "POST", VARIABLES)
    made = client.environment_variables.create(application["test"], "NAME", SECRET, is_sensitive)
    assert methods(sandbox) == sent
    assert client.environment_variables.list(application["test"]) == [made]
    assert sandbox.do("stored_value", variable=made.uuid) == SECRET


@pytest.mark.parametrize("kind", ["reset-before", "reset-after", "truncated", "error", "throttle"])
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_other_struck_requests_are_repeated(
    sandbox: Sandbox, client: Divio, application: dict[str, str], method: str, kind: str
) -> None:
    variables = client.environment_variables
    made = variables.create(application["test"], "NAME", "1", False)
    strike(sandbox, kind, method, VARIABLES)
    if method == "DELETE":
        variables.delete(made.uuid)
        assert variables.list(application["test"]) == []
    else:
        updated = variables.update(made.uuid, "2", False)
        assert variables.list(application["test"]) == [updated]


def test_a_refused_name_is_raised_and_one_in_use_is_taken_over(client: Divio, application: dict[str, str]) -> None:
    variables = client.environment_variables
    with pytest.raises(ValidationFailed) as info:
        variables.create(application["test"], "NOT A NAME", SECRET, True)
    assert list(info.value.errors) == ["name"]
    first = variables.create(application["test"], "NAME", "1", False)
    second = variables.create(application["test"], "NAME", "2", False)
    assert (second.uuid, second.value) == (first.uuid, "2")


def test_a_forbidden_write_is_raised(sandbox: Sandbox, client: Divio, application: dict[str, str]) -> None:
    strike(sandbox, "forbidden", "POST", VARIABLES)
    with pytest.raises(PermissionDenied, match=f"POST {VARIABLES}: 403: "):
        client.environment_variables.create(application["test"], "NAME", "1", False)


@pytest.mark.parametrize("kind", ["reset-before", "reset-after", "truncated", "error", "throttle"])
def test_a_struck_start_makes_one_deployment(
    sandbox: Sandbox, client: Divio, application: dict[str, str], kind: str
) -> None:
    strike(sandbox, kind, "POST", DEPLOYMENTS)
    started = client.deployments.start(application["test"])
    ended = client.deployments.wait(started.uuid, timeout=30)
    assert ended.succeeded
    assert [item.uuid for item in client.deployments.list(application["test"])] == [started.uuid]
    assert client.deployments.environment_variables(ended.uuid).environment_variables["STAGE"] == "test"
    assert isinstance(client.deployments.logs(ended.uuid), str)


@pytest.mark.parametrize("status", [400, 409])
def test_a_running_deployment_is_named_to_attach_to(
    sandbox: Sandbox, client: Divio, application: dict[str, str], status: int
) -> None:
    sandbox.switch(running_deployment_status=status)
    running = sandbox.do("make_running_deployment", environment=application["test"])
    with pytest.raises(DeploymentRunning) as info:
        client.deployments.start(application["test"])
    assert info.value.deployment is not None
    assert (info.value.deployment.uuid, info.value.status) == (running, status)


def test_an_environment_that_the_platform_does_not_know_is_named(
    sandbox: Sandbox, client: Divio, application: dict[str, str]
) -> None:
    sandbox.switch(unknown_uuid_in_filter="refused")
    with pytest.raises(ValidationFailed) as info:
        client.environment_variables.list([application["test"], "a" * 26])
    assert list(info.value.errors) == ["environment"]

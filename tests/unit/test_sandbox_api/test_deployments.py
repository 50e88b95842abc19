"""Deployments are posted, refused, listed, and show the variables they were frozen with."""

from concurrent.futures import ThreadPoolExecutor

from tests.unit.test_sandbox_api.conftest import SECRET, Sandbox

DEPLOYMENTS = "/apps/v3/deployments/"


def test_a_deployment_is_answered_in_three_fields_and_then_shown_whole(
    sandbox: Sandbox, application: dict[str, str]
) -> None:
    made = sandbox.post(DEPLOYMENTS, {"environment": application["test"]})
    assert made.status_code == 201
    assert made.json() == {"uuid": made.json()["uuid"], "environment": application["test"], "build_mode": "AUTO"}
    shown = sandbox.get(f"{DEPLOYMENTS}{made.json()['uuid']}/").json()
    assert shown["environment_variables"] == ["DATABASE_URL", "STAGE"]
    assert (shown["status"], shown["success"], shown["is_usable"], shown["percent"]) == ("done", True, True, 100)
    assert shown["started_at"] < shown["ended_at"]
    assert shown["ended_at"].endswith("Z")
    region = sandbox.get(f"/apps/v3/applications/{application['uuid']}/").json()["region"]
    assert shown["region"] == region


def test_the_log_of_a_deployment_is_read_with_or_without_the_slash(
    sandbox: Sandbox, application: dict[str, str]
) -> None:
    uuid = sandbox.post(DEPLOYMENTS, {"environment": application["test"], "build_mode": "FORCE"}).json()["uuid"]
    for path in (f"{DEPLOYMENTS}{uuid}/logs", f"{DEPLOYMENTS}{uuid}/logs/"):
        shown = sandbox.get(path).json()
        assert shown["uuid"] == uuid
        assert isinstance(shown["logs"], str)


def test_custom_variables_override_built_in_ones_and_are_frozen(sandbox: Sandbox, application: dict[str, str]) -> None:
    shared = sandbox.set(application["test"], "DATABASE_URL", SECRET, sensitive=True)
    uuid = sandbox.post(DEPLOYMENTS, {"environment": application["test"]}).json()["uuid"]
    sandbox.patch(f"/apps/v3/environment-variables/{shared['uuid']}/", {"value": "changed afterwards"})
    sandbox.set(application["test"], "LATER", "x")
    shown = sandbox.get(f"{DEPLOYMENTS}{uuid}/environment-variables").json()
    assert shown["environment"] == application["test"]
    assert shown["environment_variables"] == {"DATABASE_URL": SECRET, "STAGE": "test"}


def test_without_its_custom_variable_the_built_in_one_is_back(sandbox: Sandbox, application: dict[str, str]) -> None:
    made = sandbox.set(application["test"], "STAGE", "other")
    sandbox.request("DELETE", f"/apps/v3/environment-variables/{made['uuid']}/")
    uuid = sandbox.post(DEPLOYMENTS, {"environment": application["test"]}).json()["uuid"]
    shown = sandbox.get(f"{DEPLOYMENTS}{uuid}/environment-variables/").json()
    assert shown["environment_variables"]["STAGE"] == "test"


def test_a_second_deployment_is_refused_while_one_runs(sandbox: Sandbox, application: dict[str, str]) -> None:
    running = sandbox.do("make_running_deployment", environment=application["test"])
    refused = sandbox.post(DEPLOYMENTS, {"environment": application["test"]})
    assert (refused.status_code, list(refused.json())) == (400, ["non_field_errors"])
    shown = sandbox.get(f"{DEPLOYMENTS}{running}/").json()
    assert (shown["ended_at"], shown["success"], shown["is_usable"]) == (None, None, False)
    assert sandbox.post(DEPLOYMENTS, {"environment": application["live"]}).status_code == 201


def test_of_deployments_posted_at_once_one_runs(sandbox: Sandbox, application: dict[str, str]) -> None:
    sandbox.do("make_fault", kind="deployment-hangs")
    body = {"environment": application["test"]}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: sandbox.post(DEPLOYMENTS, body).status_code, range(8)))
    assert sorted(answers) == [201] + [400] * 7


def test_unknown_environments_and_build_modes_are_refused(sandbox: Sandbox, application: dict[str, str]) -> None:
    assert list(sandbox.post(DEPLOYMENTS, {"environment": "gone"}).json()) == ["environment"]
    body = {"environment": application["test"], "build_mode": "SOMEHOW"}
    assert sandbox.post(DEPLOYMENTS, body).json() == {"build_mode": ['"SOMEHOW" is not a valid choice.']}


def test_deployments_are_listed_newest_first_by_environment_and_application(
    sandbox: Sandbox, application: dict[str, str]
) -> None:
    made = [
        sandbox.post(DEPLOYMENTS, {"environment": application[name]}).json()["uuid"]
        for name in ("test", "live", "test")
    ]
    listed = sandbox.results(DEPLOYMENTS, application=application["uuid"])
    assert [item["uuid"] for item in listed] == made[::-1]
    assert set(listed[0]) == {"uuid", "environment", "started_at", "ended_at", "status", "success"}
    of_test = sandbox.results(DEPLOYMENTS, environment=application["test"])
    assert [item["uuid"] for item in of_test] == [made[2], made[0]]

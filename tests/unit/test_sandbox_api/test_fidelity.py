"""Each guess about the platform can be turned round while the server runs."""

from tests.unit.test_sandbox_api.conftest import SECRET, Sandbox

VARIABLES = "/apps/v3/environment-variables/"
DEPLOYMENTS = "/apps/v3/deployments/"


def test_sensitive_values_and_credentials_of_a_deployment_are_hidden_apart(
    sandbox: Sandbox, application: dict[str, str]
) -> None:
    sandbox.set(application["test"], "MINE", SECRET, sensitive=True)
    sandbox.set(application["test"], "SITE_ID", "2")
    uuid = sandbox.post(DEPLOYMENTS, {"environment": application["test"]}).json()["uuid"]

    def shown() -> dict[str, str | None]:
        found: dict[str, str | None] = sandbox.get(f"{DEPLOYMENTS}{uuid}/environment-variables/").json()[
            "environment_variables"
        ]
        return found

    whole = shown()
    assert whole["MINE"] == SECRET
    sandbox.switch(sensitive_values_in_frozen_variables="hidden")
    assert shown() == whole | {"MINE": None}
    sandbox.switch(built_in_credentials_in_frozen_variables="hidden")
    assert shown() == whole | {"DATABASE_URL": None}
    sandbox.switch(sensitive_values_in_frozen_variables="hidden", hidden_frozen_value="absent")
    assert shown() == {name: value for name, value in whole.items() if name != "MINE"}


def test_a_custom_variable_that_is_not_sensitive_is_no_built_in_credential(
    sandbox: Sandbox, application: dict[str, str]
) -> None:
    sandbox.set(application["test"], "DATABASE_URL", "sqlite://:memory:")
    uuid = sandbox.post(DEPLOYMENTS, {"environment": application["test"]}).json()["uuid"]
    sandbox.switch(built_in_credentials_in_frozen_variables="hidden", sensitive_values_in_frozen_variables="hidden")
    shown = sandbox.get(f"{DEPLOYMENTS}{uuid}/environment-variables/").json()["environment_variables"]
    assert shown["DATABASE_URL"] == "sqlite://:memory:"


def test_a_sensitive_value_can_be_null_in_place_of_absent(sandbox: Sandbox, application: dict[str, str]) -> None:
    sandbox.switch(sensitive_value_in_variable="null")
    assert sandbox.set(application["test"], "MINE", SECRET, sensitive=True)["value"] is None


def test_filters_can_count_once(sandbox: Sandbox, application: dict[str, str]) -> None:
    sandbox.switch(repeated_filters=[])
    both = [application["test"], application["live"]]
    assert [item["uuid"] for item in sandbox.results("/apps/v3/environments/", uuid=both)] == [application["live"]]


def test_filters_by_an_unknown_object_can_be_refused(sandbox: Sandbox) -> None:
    assert sandbox.results(VARIABLES, environment="gone") == []
    sandbox.switch(unknown_uuid_in_filter="refused")
    refused = sandbox.get(VARIABLES, environment="gone")
    assert (refused.status_code, list(refused.json())) == (400, ["environment"])


def test_the_filter_of_variables_can_be_optional(sandbox: Sandbox) -> None:
    sandbox.switch(variables_without_filter="all")
    assert sandbox.get(VARIABLES).status_code == 200


def test_environments_can_need_a_filter(sandbox: Sandbox, application: dict[str, str]) -> None:
    path = "/apps/v3/environments/"
    listed = sandbox.results(path, page_size=1000)  # other tests have made more of them than a page holds
    assert {item["uuid"] for item in listed} >= {application["test"], application["live"]}
    sandbox.switch(environments_without_filter="refused")
    refused = sandbox.get(path, slug="test")
    assert (refused.status_code, list(refused.json())) == (400, ["application"])


def test_environments_can_tell_less(sandbox: Sandbox, application: dict[str, str]) -> None:
    path = f"/apps/v3/environments/{application['test']}/"
    whole = set(sandbox.get(path).json())
    sandbox.switch(last_finished_deployment="absent", environment_variable_names="absent")
    assert whole - set(sandbox.get(path).json()) == {"last_finished_deployment", "environment_variables"}


def test_a_page_that_is_too_large_can_be_refused(sandbox: Sandbox) -> None:
    sandbox.switch(page_size_max=5, page_size_beyond_max="refused")
    assert sandbox.get("/apps/v3/environments/", page_size="5").status_code == 200
    refused = sandbox.get("/apps/v3/environments/", page_size="6")
    assert (refused.status_code, list(refused.json())) == (400, ["page_size"])


def test_writes_can_be_answered_in_other_ways(sandbox: Sandbox, application: dict[str, str]) -> None:
    sandbox.switch(
        created_status=200,
        deleted_status=200,
        value_required=False,
        relation_of_existing_object="refused",
        sensitive_turned_off="refused",
        running_deployment_status=409,
    )
    body = {"environment": application["test"], "name": "MINE", "is_sensitive": True}
    made = sandbox.post(VARIABLES, body)
    assert made.status_code == 200
    path = f"{VARIABLES}{made.json()['uuid']}/"
    assert list(sandbox.patch(path, {"environment": application["live"]}).json()) == ["environment"]
    assert list(sandbox.patch(path, {"is_sensitive": False}).json()) == ["is_sensitive"]
    assert sandbox.request("DELETE", path).status_code == 200
    sandbox.do("make_running_deployment", environment=application["test"])
    assert sandbox.post(DEPLOYMENTS, {"environment": application["test"]}).status_code == 409


def test_a_file_that_is_wrong_is_named_with_the_switch(sandbox: Sandbox) -> None:
    sandbox.switch(page_size_default=0)
    answer = sandbox.get("/apps/v3/applications/")
    assert answer.status_code == 500
    assert "fidelity.json: page_size_default" in answer.json()["detail"]
    sandbox.switch(page_sizes=3)
    assert "page_sizes" in sandbox.get("/apps/v3/applications/").json()["detail"]
    sandbox.switch()
    assert sandbox.get("/apps/v3/applications/").status_code == 200

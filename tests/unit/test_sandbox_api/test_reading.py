"""Authentication, lists, filters and objects."""

import pytest
import requests

from tests.unit.test_sandbox_api.conftest import SECRET, TOKEN, Sandbox

VARIABLES = "/apps/v3/environment-variables/"


def test_the_root_lists_the_collections_without_authentication(sandbox: Sandbox) -> None:
    answer = sandbox.request("GET", "/apps/v3/", headers={})
    assert answer.status_code == 200
    assert answer.json()["environment-variables"] == f"{sandbox.address}{VARIABLES}"
    for address in answer.json().values():
        assert requests.get(address, timeout=30).status_code == 401


@pytest.mark.parametrize(
    ("header", "detail"),
    [
        ({}, "Authentication credentials were not provided."),
        ({"Authorization": f"Bearer {TOKEN}"}, "Authentication credentials were not provided."),
        ({"Authorization": "Token wrong"}, "Invalid token."),
        ({"Authorization": f"Token {TOKEN}x"}, "Invalid token."),
        ({"Authorization": "Token"}, "Invalid token header. No credentials provided."),
    ],
)
def test_without_a_good_token_a_client_gets_drfs_401(sandbox: Sandbox, header: dict[str, str], detail: str) -> None:
    answer = sandbox.request("GET", "/iam/v3/me/", headers=header)
    assert (answer.status_code, answer.json()) == (401, {"detail": detail})
    assert answer.headers["WWW-Authenticate"] == "Token"


def test_the_token_names_its_account(sandbox: Sandbox) -> None:
    assert set(sandbox.get("/iam/v3/me/").json()) == {"uuid", "email", "first_name", "last_name"}


def test_other_hosts_than_loopback_are_refused(sandbox: Sandbox) -> None:
    assert sandbox.request("GET", "/apps/v3/", headers={"Host": "example.com"}).status_code == 400


def test_what_does_not_exist_is_drfs_404(sandbox: Sandbox) -> None:
    missing = sandbox.get("/apps/v3/applications/nothing/")
    assert (missing.status_code, missing.json()) == (404, {"detail": "No Application matches the given query."})


@pytest.mark.parametrize("family", ["apps", "iam", "billing", "legacy"])
def test_what_the_sandbox_does_not_have_is_json_and_wants_a_token(sandbox: Sandbox, family: str) -> None:
    path = f"/{family}/v3/nothing/"
    assert sandbox.get(path).json() == {"detail": "Not found."}
    assert sandbox.request("GET", path, headers={}).status_code == 401


def test_what_may_not_be_done_is_drfs_405(sandbox: Sandbox, application: dict[str, str]) -> None:
    for path in ("/apps/v3/applications/", f"/apps/v3/environments/{application['test']}/"):
        answer = sandbox.request("DELETE", path)
        assert (answer.status_code, answer.json()) == (405, {"detail": 'Method "DELETE" not allowed.'})


def test_a_get_works_without_the_closing_slash(sandbox: Sandbox, application: dict[str, str]) -> None:
    path = f"/apps/v3/applications/{application['uuid']}"
    assert sandbox.get(path).json() == sandbox.get(path + "/").json()
    assert sandbox.get("/apps/v3/deployments").json()["next"] == sandbox.get("/apps/v3/deployments/").json()["next"]


def test_applications_are_found_by_slug_organisation_and_name(sandbox: Sandbox, application: dict[str, str]) -> None:
    shown = sandbox.get(f"/apps/v3/applications/{application['uuid']}/").json()
    assert set(shown) == {"uuid", "name", "slug", "organisation", "region", "repository"}
    assert shown["repository"] is None
    assert sandbox.results("/apps/v3/applications/", slug=shown["slug"]) == [shown]
    assert shown in sandbox.results("/apps/v3/applications/", organisation=application["organisation"], page_size=1000)
    assert shown in sandbox.results("/apps/v3/applications/", name_search=shown["name"].upper())
    assert sandbox.results("/apps/v3/applications/", slug="no-such-slug") == []


def test_a_region_of_an_application_is_in_the_list_of_regions(sandbox: Sandbox, application: dict[str, str]) -> None:
    region = sandbox.get(f"/apps/v3/applications/{application['uuid']}/").json()["region"]
    assert sandbox.results("/apps/v3/regions/", uuid=region) == [{"uuid": region, "name": "sandbox"}]
    assert sandbox.get(f"/apps/v3/regions/{region}/").json()["name"] == "sandbox"
    assert sandbox.results("/apps/v3/regions/", uuid="none") == []


def test_an_organisation_is_listed_and_shown(sandbox: Sandbox, application: dict[str, str]) -> None:
    shown = sandbox.get(f"/iam/v3/organisations/{application['organisation']}/").json()
    assert set(shown) == {"uuid", "name", "created_at"}
    assert shown in sandbox.results("/iam/v3/organisations/", page_size=1000)


def test_services_are_found_by_region_and_by_application(sandbox: Sandbox, application: dict[str, str]) -> None:
    instances = sandbox.results("/apps/v3/service-instances/", environment=application["test"])
    assert {(item["type"], item["prefix"]) for item in instances} == {("DATABASE", "DEFAULT"), ("STORAGE", "DEFAULT")}
    services = sandbox.results("/apps/v3/services/", website=application["uuid"], region=instances[0]["region"])
    assert {item["service"] for item in instances} == {item["uuid"] for item in services}
    assert sandbox.results("/apps/v3/services/", region="none") == []


def test_environments_are_found_by_application_and_slug_test_before_live(
    sandbox: Sandbox, application: dict[str, str]
) -> None:
    both = sandbox.results("/apps/v3/environments/", application=application["uuid"])
    assert [(item["slug"], item["is_production_grade"]) for item in both] == [("test", False), ("live", True)]
    live = sandbox.results("/apps/v3/environments/", application=application["uuid"], slug="live")
    assert [item["uuid"] for item in live] == [application["live"]]


def test_an_environment_names_its_variables_and_its_last_finished_deployment(
    sandbox: Sandbox, application: dict[str, str]
) -> None:
    path = f"/apps/v3/environments/{application['test']}/"
    assert sandbox.get(path).json()["last_finished_deployment"] is None
    sandbox.set(application["test"], "SITE_ID", "2")
    deployment = sandbox.post("/apps/v3/deployments/", {"environment": application["test"]}).json()["uuid"]
    shown = sandbox.get(path).json()
    assert shown["environment_variables"] == ["DATABASE_URL", "SITE_ID", "STAGE"]
    assert shown["last_finished_deployment"] == {"uuid": deployment}
    assert set(shown["ssh_endpoint"]) == {"host", "port", "user"}
    assert shown["ssh_endpoint"]["host"].endswith(".invalid"), "no machine may ever have that name"


def test_nothing_tells_a_mirror_from_an_original(sandbox: Sandbox, application: dict[str, str]) -> None:
    mirror = sandbox.do("make_application", slug="a-mirror", original_id=application["uuid"])
    for kind, key in (("applications", "uuid"), ("environments", "live")):
        shown = [sandbox.get(f"/apps/v3/{kind}/{item[key]}/") for item in (application, mirror)]
        assert set(shown[0].json()) == set(shown[1].json())
        assert application["uuid"] not in shown[1].text


def test_lists_come_in_pages_that_are_followed_as_given(sandbox: Sandbox, application: dict[str, str]) -> None:
    names = [f"NAME_{number}" for number in range(5)]
    for name in names:
        sandbox.set(application["test"], name, "x")
    found, address = [], f"{sandbox.address}{VARIABLES}?environment={application['test']}&page_size=2"
    pages = 0
    while address:
        page = sandbox.request("GET", address.removeprefix(sandbox.address)).json()
        assert set(page) == {"count", "next", "previous", "results"}
        assert page["count"] == 5
        found += [item["name"] for item in page["results"]]
        address, pages = page["next"], pages + 1
    assert (found, pages) == (names, 3)


def test_a_page_beyond_the_last_is_drfs_404(sandbox: Sandbox) -> None:
    answer = sandbox.get("/apps/v3/applications/", page=999)
    assert (answer.status_code, answer.json()) == (404, {"detail": "Invalid page."})


def test_the_page_size_has_a_default_and_a_maximum(sandbox: Sandbox, application: dict[str, str]) -> None:
    for number in range(3):
        sandbox.set(application["test"], f"NAME_{number}", "x")
    sandbox.switch(page_size_default=1, page_size_max=2)
    assert len(sandbox.results(VARIABLES, environment=application["test"])) == 1
    assert len(sandbox.results(VARIABLES, environment=application["test"], page_size=1000)) == 2


def test_the_list_of_variables_wants_an_application_or_an_environment(
    sandbox: Sandbox, application: dict[str, str]
) -> None:
    for params in ({}, {"name": "SITE_ID"}, {"environment": ""}):
        answer = sandbox.get(VARIABLES, **params)
        assert answer.status_code == 400
        assert isinstance(answer.json()["non_field_errors"], list)
    sandbox.set(application["test"], "SITE_ID", "2")
    sandbox.set(application["live"], "SITE_ID", "2")
    assert len(sandbox.results(VARIABLES, application=application["uuid"])) == 2
    assert len(sandbox.results(VARIABLES, application=application["uuid"], environment=application["live"])) == 1


def test_a_repeated_filter_means_any_of_its_values(sandbox: Sandbox, application: dict[str, str]) -> None:
    for environment in ("test", "live"):
        for name in ("SITE_ID", "DOMAIN", "OTHER"):
            sandbox.set(application[environment], name, "x")
    both = [application["test"], application["live"]]
    assert len(sandbox.results(VARIABLES, environment=both)) == 6
    assert len(sandbox.results(VARIABLES, environment=both, name=["SITE_ID", "DOMAIN"])) == 4


def test_the_value_of_a_sensitive_variable_is_absent(sandbox: Sandbox, application: dict[str, str]) -> None:
    made = sandbox.set(application["test"], "DATABASE_URL", SECRET, sensitive=True)
    assert set(made) == {"uuid", "environment", "name", "is_sensitive"}
    for answer in (
        sandbox.get(VARIABLES, environment=application["test"]),
        sandbox.get(f"{VARIABLES}{made['uuid']}/"),
        sandbox.patch(f"{VARIABLES}{made['uuid']}/", {"value": SECRET + "2"}),
    ):
        assert answer.status_code == 200
        assert "value" not in answer.text
        assert SECRET not in answer.text
    assert sandbox.do("stored_value", variable=made["uuid"]) == SECRET + "2"

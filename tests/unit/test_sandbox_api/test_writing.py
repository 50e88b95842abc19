"""Variables and environments are written."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.unit.test_sandbox_api.conftest import Sandbox

VARIABLES = "/apps/v3/environment-variables/"
ENVIRONMENTS = "/apps/v3/environments/"
TWICE = {"non_field_errors": ["The fields environment, name must make a unique set."]}


def test_a_variable_is_created_read_changed_and_deleted(sandbox: Sandbox, application: dict[str, str]) -> None:
    made = sandbox.set(application["test"], "SITE_ID", "2")
    path = f"{VARIABLES}{made['uuid']}/"
    assert made == {
        "uuid": made["uuid"],
        "environment": application["test"],
        "name": "SITE_ID",
        "value": "2",
        "is_sensitive": False,
    }
    assert sandbox.get(path).json() == made
    assert sandbox.patch(path, {"value": "3"}).json() == made | {"value": "3"}
    put = sandbox.request("PUT", path, json=made | {"value": "4"})
    assert (put.status_code, put.json()["value"]) == (200, "4")
    assert sandbox.request("DELETE", path).status_code == 204
    assert sandbox.get(path).status_code == 404


def test_form_bodies_are_taken_too(sandbox: Sandbox, application: dict[str, str]) -> None:
    body = {"environment": application["test"], "name": "SITE_ID", "value": "2"}
    made = sandbox.request("POST", VARIABLES, data=body)
    assert made.status_code == 201
    changed = sandbox.request("PATCH", f"{VARIABLES}{made.json()['uuid']}/", data={"value": "3"})
    assert changed.json()["value"] == "3"


def test_values_keep_their_spaces_and_may_be_blank(sandbox: Sandbox, application: dict[str, str]) -> None:
    assert sandbox.set(application["test"], "spaced", "  a b \n")["value"] == "  a b \n"
    assert sandbox.set(application["test"], "BLANK", "")["value"] == ""


def test_a_second_variable_of_one_name_is_refused(sandbox: Sandbox, application: dict[str, str]) -> None:
    sandbox.set(application["test"], "SITE_ID", "2")
    other = sandbox.set(application["test"], "OTHER", "2")
    body = {"environment": application["test"], "name": "SITE_ID", "value": "3"}
    for answer in (
        sandbox.post(VARIABLES, body),
        sandbox.patch(f"{VARIABLES}{other['uuid']}/", {"name": "SITE_ID"}),
    ):
        assert (answer.status_code, answer.json()) == (400, TWICE)
    assert sandbox.set(application["live"], "SITE_ID", "2")["value"] == "2"


def test_of_variables_of_one_name_written_at_once_one_is_created(sandbox: Sandbox, application: dict[str, str]) -> None:
    body = {"environment": application["test"], "name": "SITE_ID", "value": "2", "is_sensitive": False}
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: sandbox.post(VARIABLES, body), range(12)))
    assert sorted(answer.status_code for answer in answers) == [201] + [400] * 11
    assert all(answer.json() == TWICE for answer in answers if answer.status_code == 400)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"name": "A", "value": "x"}, {"environment": ["This field is required."]}),
        (
            {"environment": "gone", "name": "A", "value": "x"},
            {"environment": ['Invalid pk "gone" - object does not exist.']},
        ),
        ({"environment": "", "name": "A", "value": "x"}, {"environment": ["This field may not be null."]}),
        ({"environment": None, "name": "A"}, None),
        ({"environment": ["a"], "name": {"b": 1}, "value": []}, None),
        (["no object"], None),
    ],
)
def test_bad_bodies_are_refused_field_by_field(sandbox: Sandbox, body: object, error: object) -> None:
    answer = sandbox.post(VARIABLES, body)
    assert answer.status_code == 400
    if error is not None:
        assert answer.json() == error
    assert all(isinstance(value, list) for value in answer.json().values())


@pytest.mark.parametrize("name", ["", "A=B", "1ST", "A B", "A\nB", "x" * 256])
def test_names_that_no_process_could_be_given_are_refused(
    sandbox: Sandbox, application: dict[str, str], name: str
) -> None:
    body = {"environment": application["test"], "name": name, "value": "x"}
    answer = sandbox.post(VARIABLES, body)
    assert (answer.status_code, list(answer.json())) == (400, ["name"])


def test_text_that_is_no_json_is_drfs_400(sandbox: Sandbox) -> None:
    headers = {"Content-Type": "application/json", **sandbox.headers}
    answer = sandbox.request("POST", VARIABLES, data=b"{", headers=headers)
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("JSON parse error")


def test_the_environment_of_a_variable_is_never_changed(sandbox: Sandbox, application: dict[str, str]) -> None:
    made = sandbox.set(application["test"], "SITE_ID", "2")
    path = f"{VARIABLES}{made['uuid']}/"
    moved = sandbox.patch(path, {"environment": application["live"], "value": "3"})
    assert moved.json() == made | {"value": "3"}
    put = sandbox.request("PUT", path, json=made | {"environment": application["live"], "is_sensitive": False})
    assert put.json()["environment"] == application["test"]


def test_a_write_without_the_closing_slash_is_redirected(sandbox: Sandbox, application: dict[str, str]) -> None:
    body = {"environment": application["test"], "name": "A", "value": "x"}
    answer = sandbox.post(VARIABLES.rstrip("/"), body)
    assert (answer.status_code, answer.headers["Location"]) == (301, VARIABLES)


def test_many_writers_at_once_all_succeed(sandbox: Sandbox, application: dict[str, str]) -> None:
    def write(number: int) -> int:
        body = {"environment": application["test"], "name": f"NAME_{number}", "value": "x"}
        return sandbox.post(VARIABLES, body).status_code

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(write, range(48))) == [201] * 48
    assert sandbox.get(VARIABLES, environment=application["test"]).json()["count"] == 48


def test_of_an_environment_the_branch_alone_is_changed(sandbox: Sandbox, application: dict[str, str]) -> None:
    path = f"{ENVIRONMENTS}{application['test']}/"
    before = sandbox.get(path).json()
    body = {"branch": "feature", "slug": "other", "application": "other", "is_production_grade": True}
    after = sandbox.patch(path, body)
    assert after.status_code == 200
    changed = {key for key in before if before[key] != after.json()[key]}
    assert changed == {"branch", "pending_commits_lookup"}


def test_an_environment_is_created_once(sandbox: Sandbox, application: dict[str, str]) -> None:
    body = {"application": application["uuid"], "slug": "preview", "branch": "feature"}
    made = sandbox.post(ENVIRONMENTS, body)
    assert (made.status_code, made.json()["branch"]) == (201, "feature")
    again = sandbox.post(ENVIRONMENTS, body)
    assert (again.status_code, list(again.json())) == (400, ["non_field_errors"])


def test_a_copied_environment_has_the_custom_variables_and_no_credentials(
    sandbox: Sandbox, application: dict[str, str]
) -> None:
    sandbox.set(application["test"], "SITE_ID", "2")
    made = sandbox.post(f"{ENVIRONMENTS}{application['test']}/copy/", {"new_slug": "preview"})
    assert (made.status_code, made.json()["slug"]) == (201, "preview")
    assert made.json()["environment_variables"] == ["SITE_ID", "STAGE"]
    again = sandbox.post(f"{ENVIRONMENTS}{application['test']}/copy/", {"new_slug": "preview"})
    assert (again.status_code, list(again.json())) == (400, ["new_slug"])


def test_a_copy_over_the_plans_limit_is_refused_in_the_known_words(
    sandbox: Sandbox, application: dict[str, str]
) -> None:
    sandbox.switch(environments_per_application=2)
    refused = sandbox.post(f"{ENVIRONMENTS}{application['test']}/copy/", {"new_slug": "preview"})
    assert (refused.status_code, refused.json()) == (400, {"non_field_errors": ["Can not add another Environment."]})

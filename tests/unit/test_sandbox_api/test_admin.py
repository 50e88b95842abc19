"""The control panel: what one does by hand, and that it shows no secret."""

import re
from collections.abc import Callable, Iterator

import pytest

from tests.panel import Panel
from tests.unit.test_sandbox_api.conftest import SECRET, Sandbox

VARIABLES = "/apps/v3/environment-variables/"
DEPLOYMENTS = "/apps/v3/deployments/"


@pytest.fixture(scope="module")
def password(server: Sandbox) -> str:
    server.do("make_admin", name="admin", password="canary-password")
    return "canary-password"


@pytest.fixture
def panel(sandbox: Sandbox, password: str) -> Iterator[Panel]:
    browser = Panel(sandbox.address, password)
    yield browser
    browser.session.close()


def _inline(application: dict[str, str], made: dict[str, str], value: str, **fields: str) -> dict[str, str]:
    """Return the form of an environment with one variable."""
    return {
        "branch": "main",
        "variables-TOTAL_FORMS": "1",
        "variables-INITIAL_FORMS": "1",
        "variables-0-uuid": made["uuid"],
        "variables-0-environment": application["test"],
        "variables-0-name": made["name"],
        "variables-0-value": value,
    } | {f"variables-0-{name}": text for name, text in fields.items()}


@pytest.mark.parametrize(
    "kind",
    ["organisation", "application", "environment", "environmentvariable", "deployment", "fault", "serviceinstance"],
)
def test_every_list_opens(panel: Panel, application: dict[str, str], kind: str) -> None:
    assert application
    assert "Control panel" in panel.see(f"/sandbox/{kind}/")


def test_the_panel_shows_what_the_platform_has_and_nothing_of_its_own_log_in(panel: Panel) -> None:
    front = panel.see("/")
    assert "/admin/sandbox/application/" in front
    assert "/admin/auth/" not in front
    assert "View site" not in front


def test_lists_are_ordered_by_application_and_name(sandbox: Sandbox, panel: Panel) -> None:
    for slug in ("ordered-b", "ordered-a"):
        made = sandbox.do("make_application", slug=slug)
        for name in ("SECOND", "FIRST"):
            sandbox.set(made["live"], name, "x")
            sandbox.set(made["test"], name, "x")
    rows = {kind: _rows(panel.see(f"/sandbox/{kind}/?q=ordered-")) for kind in ("application", "environment")}
    variables = _rows(panel.see("/sandbox/environmentvariable/?q=ordered-"))
    environments = ["ordered-a/live", "ordered-a/test", "ordered-b/live", "ordered-b/test"]
    assert rows == {"application": ["ordered-a", "ordered-b"], "environment": environments}
    assert variables == [environment for environment in environments for _ in range(2)]
    names = re.findall(r"field-name\">(\w+)<", panel.see("/sandbox/environmentvariable/?q=ordered-"))
    assert names == ["FIRST", "SECOND"] * 4


def _rows(page: str) -> list[str]:
    """Return what the first column of a list shows."""
    return re.findall(r"<th class=\"field-[^>]*>(?:<a [^>]*>)?([^<]+)<", page)


HIDDEN = "canary-of-this-page-4c07"
"""A value of this test alone: the list of variables has those of all tests, and some set a value that is no secret."""


def test_secrets_are_shown_on_no_page(sandbox: Sandbox, panel: Panel, application: dict[str, str]) -> None:
    made = sandbox.set(application["test"], "MINE", HIDDEN, sensitive=True)
    sandbox.set(application["test"], "DATABASE_URL", HIDDEN, sensitive=True)
    sandbox.set(application["test"], "SITE_ID", "plain-two")
    deployment = sandbox.post(DEPLOYMENTS, {"environment": application["test"]}).json()["uuid"]
    pages = [
        panel.see(path)
        for path in (
            f"/sandbox/environment/{application['test']}/change/",
            "/sandbox/environmentvariable/",
            f"/sandbox/deployment/{deployment}/change/",
            f"/sandbox/environmentvariable/{made['uuid']}/change/",
        )
    ]
    for page in pages:
        assert "MINE" in page
        assert HIDDEN not in page
        assert "built-in-test" not in page
    assert all("plain-two" in page for page in pages[:3])


def test_a_sensitive_value_stays_unless_another_is_typed(
    sandbox: Sandbox, panel: Panel, application: dict[str, str]
) -> None:
    made = sandbox.set(application["test"], "MINE", SECRET, sensitive=True)
    path = f"/sandbox/environment/{application['test']}/change/"
    panel.do(path, **_inline(application, made, "", is_sensitive="on"))
    assert sandbox.do("stored_value", variable=made["uuid"]) == SECRET
    panel.do(path, **_inline(application, made, " typed ", is_sensitive="on"))
    assert sandbox.do("stored_value", variable=made["uuid"]) == " typed "
    page = panel.do(path, **_inline(application, made | {"name": "NOT GOOD"}, "typed-again", is_sensitive="on"))
    assert "Enter a valid value." in page
    assert "typed-again" not in page


def test_a_plain_value_is_changed_and_a_variable_deleted_by_hand(
    sandbox: Sandbox, panel: Panel, application: dict[str, str]
) -> None:
    made = sandbox.set(application["test"], "SITE_ID", "2")
    path = f"/sandbox/environment/{application['test']}/change/"
    panel.do(path, **_inline(application, made, "3"))
    assert sandbox.get(f"{VARIABLES}{made['uuid']}/").json()["value"] == "3"
    panel.do(path, **_inline(application, made, "3", DELETE="on"))
    assert sandbox.get(f"{VARIABLES}{made['uuid']}/").status_code == 404


def test_deploy_posts_a_deployment_and_says_when_one_runs(
    sandbox: Sandbox, panel: Panel, application: dict[str, str]
) -> None:
    page = panel.act("environment", "deploy", application["test"], application["live"])
    assert page.count("Deploying app-") == 2
    assert len(sandbox.results(DEPLOYMENTS, application=application["uuid"])) == 2
    sandbox.do("make_running_deployment", environment=application["test"])
    assert "already running" in panel.act("environment", "deploy", application["test"])


def test_a_deployment_cannot_be_changed_or_deleted_by_hand(
    sandbox: Sandbox, panel: Panel, application: dict[str, str]
) -> None:
    deployment = sandbox.do("make_running_deployment", environment=application["test"])
    page = panel.see(f"/sandbox/deployment/{deployment}/change/")
    assert 'name="_save"' not in page
    assert "deletelink" not in page
    refused = panel.session.get(f"{panel.address}/sandbox/deployment/{deployment}/delete/", timeout=30)
    assert refused.status_code == 403


def test_a_deployed_application_can_be_deleted_with_its_deployments(
    sandbox: Sandbox, panel: Panel, application: dict[str, str], make: Callable[..., dict[str, str]]
) -> None:
    other = make()
    for owner in (application, other):
        sandbox.post(DEPLOYMENTS, {"environment": owner["test"]})
    panel.do(f"/sandbox/application/{application['uuid']}/delete/", post="yes")
    assert sandbox.get(f"/apps/v3/applications/{application['uuid']}/").status_code == 404
    assert len(sandbox.results(DEPLOYMENTS, application=other["uuid"])) == 1


def test_nothing_is_deleted_while_it_is_deploying(sandbox: Sandbox, panel: Panel, application: dict[str, str]) -> None:
    sandbox.do("make_running_deployment", environment=application["test"])
    for kind, chosen in (("application", application["uuid"]), ("environment", application["test"])):
        page = panel.do(f"/sandbox/{kind}/{chosen}/delete/", post="yes")
        assert "/test is deploying: wait until that has ended" in page
    assert sandbox.get(f"/apps/v3/applications/{application['uuid']}/").status_code == 200


def test_an_original_stays_as_long_as_it_has_mirrors(
    sandbox: Sandbox, panel: Panel, application: dict[str, str]
) -> None:
    mirror = f"mirror-of-{application['uuid'][:8]}"
    panel.act("application", "make_a_mirror", application["uuid"], name_of_mirror=mirror)
    assert mirror in panel.do(f"/sandbox/application/{application['uuid']}/delete/", post="yes")
    [made] = sandbox.results("/apps/v3/applications/", slug=mirror)
    both = (made["uuid"], application["uuid"])
    panel.act("application", "delete_selected", *both, post="yes")
    assert {sandbox.get(f"/apps/v3/applications/{uuid}/").status_code for uuid in both} == {404}


def test_a_mirror_is_made_fresh_with_two_environments(
    sandbox: Sandbox, panel: Panel, application: dict[str, str]
) -> None:
    page = panel.act("application", "make_a_mirror", application["uuid"], name_of_mirror="made-by-hand")
    assert "Made made-by-hand, a mirror of" in page
    [mirror] = sandbox.results("/apps/v3/applications/", slug="made-by-hand")
    environments = sandbox.results("/apps/v3/environments/", application=mirror["uuid"])
    assert [item["slug"] for item in environments] == ["test", "live"]
    assert all(item["last_finished_deployment"] is None for item in environments)
    assert sandbox.results(VARIABLES, application=mirror["uuid"]) == []
    again = panel.act("application", "make_a_mirror", application["uuid"], name_of_mirror="made-by-hand")
    assert re.search('class="error"', again)
    assert "type the mirror" in panel.act("application", "make_a_mirror", application["uuid"])


def test_a_fault_is_injected_by_hand(sandbox: Sandbox, panel: Panel) -> None:
    form = {"kind": "forbidden", "probability": "1.0", "seed": "0", "remaining": "1", "settings": "{}"}
    panel.do("/sandbox/fault/add/", **form)
    assert [sandbox.get("/iam/v3/me/").status_code for _ in range(2)] == [403, 200]
    for wrong, said in (
        ({"kind": "flood"}, "not one of the available choices"),
        ({"path": "("}, "This is no regular expression"),
        ({"settings": "[]"}, "Settings are an object"),
        ({"settings": '{"seconds": "long"}'}, "seconds is a number"),
    ):
        assert said in panel.do("/sandbox/fault/add/", **(form | wrong))


def test_without_a_login_the_panel_shows_nothing(sandbox: Sandbox) -> None:
    answer = sandbox.get("/admin/sandbox/application/")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/admin/login/?next=")


def test_the_page_of_an_originals_mirrors_shows_their_states_and_deploys_one_or_all(
    sandbox: Sandbox, panel: Panel
) -> None:
    original = sandbox.do("make_application", slug="viewed")
    first, second = (
        sandbox.do("make_application", slug=f"viewed-{name}", original_id=original["uuid"]) for name in ("a", "b")
    )
    page = f"/sandbox/application/{original['uuid']}/mirrors/"

    assert page in panel.see("/sandbox/application/?q=viewed")
    assert _states(panel.see(page)) == ["not deployed"] * 4

    shown = panel.do(page, environment=first["test"])
    assert "Deploying viewed-a/test." in shown
    assert _states(shown)[1:] == ["not deployed"] * 3
    assert _states(shown)[0] != "not deployed"

    sandbox.do("make_running_deployment", environment=second["live"])
    shown = panel.do(page, environment="all", stage="live")
    assert "Deploying viewed-a/live." in shown
    assert "A deployment of viewed-b/live is already running" in shown
    assert _states(shown)[2:] == ["not deployed", "deploying, 0 %"]

    other = sandbox.do("make_application", slug="not-viewed")
    assert "iewed has no such mirror. Nothing is deployed." in panel.do(page, environment=other["test"])


def _states(page: str) -> list[str]:
    return re.findall(r'/sandbox/environment/[^/]+/change/">([^<]+)<', page)

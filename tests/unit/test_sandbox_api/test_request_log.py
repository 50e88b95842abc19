"""The request log says who wrote, read and deployed what, in which order, and no value."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from tests.unit.test_sandbox_api.conftest import SECRET, Sandbox

VARIABLES = "/apps/v3/environment-variables/"
DEPLOYMENTS = "/apps/v3/deployments/"


def test_the_order_of_writes_reads_and_the_deployment_is_seen(sandbox: Sandbox, application: dict[str, str]) -> None:
    slug = sandbox.get(f"/apps/v3/applications/{application['uuid']}/").json()["slug"]
    sandbox.set(application["test"], "SITE_ID", "2")
    sandbox.get(VARIABLES, environment=application["test"], name="SITE_ID")
    shared = sandbox.set(application["test"], "DATABASE_URL", SECRET, sensitive=True)
    sandbox.get(VARIABLES, environment=application["test"])
    deployment = sandbox.post(DEPLOYMENTS, {"environment": application["test"]}).json()["uuid"]
    sandbox.get(f"{DEPLOYMENTS}{deployment}/environment-variables")
    sandbox.request("DELETE", f"{VARIABLES}{shared['uuid']}/")

    lines = sandbox.log()[1:]
    assert {(line["application"], line["environment"]) for line in lines} == {(slug, "test")}
    assert [(line["method"], line["status"], line.get("name")) for line in lines] == [
        ("POST", 201, "SITE_ID"),
        ("GET", 200, "SITE_ID"),
        ("POST", 201, "DATABASE_URL"),
        ("GET", 200, None),
        ("POST", 201, None),
        ("GET", 200, None),
        ("DELETE", 204, "DATABASE_URL"),
    ]
    assert lines[4]["path"] == DEPLOYMENTS
    assert lines[1]["query"] == f"environment={application['test']}&name=SITE_ID"
    assert all(line["milliseconds"] > 0 for line in lines)
    times = [datetime.fromisoformat(line["at"]) for line in lines]
    assert times == sorted(times)
    assert {str(time.tzinfo) for time in times} == {"UTC"}


def test_a_read_of_several_environments_names_them_all(sandbox: Sandbox, make: Callable[..., dict[str, str]]) -> None:
    made = [make(), make()]
    sandbox.get(VARIABLES, environment=[item["test"] for item in made], name=["SITE_ID", "DOMAIN"])
    sandbox.get(VARIABLES, application=made[0]["uuid"])
    several, one = sandbox.log()
    assert len(set(several["application"])) == 2
    assert several["environment"] == ["test", "test"]
    assert several["name"] == ["SITE_ID", "DOMAIN"]
    assert one["application"] == [several["application"][0]] * 2
    assert one["environment"] == ["test", "live"]


def test_a_refused_write_names_its_variable_too(sandbox: Sandbox, application: dict[str, str]) -> None:
    sandbox.set(application["test"], "SITE_ID", "2")
    sandbox.post(VARIABLES, {"environment": application["test"], "name": "SITE_ID", "value": SECRET})
    line = sandbox.log()[-1]
    assert (line["status"], line["name"], line["environment"]) == (400, "SITE_ID", "test")


def test_lines_of_many_threads_do_not_mix_and_only_the_owner_reads_them(
    sandbox: Sandbox, application: dict[str, str]
) -> None:
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: sandbox.get(VARIABLES, environment=application["test"]), range(64)))
    assert [line["environment"] for line in sandbox.log()] == ["test"] * 64
    assert (sandbox.directory / "requests.jsonl").stat().st_mode & 0o777 == 0o600


def test_the_control_panel_is_not_logged(sandbox: Sandbox) -> None:
    sandbox.get("/admin/login/")
    assert sandbox.log() == []

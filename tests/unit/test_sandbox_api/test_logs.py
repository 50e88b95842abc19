"""The output of a site, as the API gives it out piece by piece."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from mirrors_sandbox.site_logs import PIECE

from tests.unit.test_sandbox_api.conftest import SECRET, Sandbox


@pytest.fixture
def log(sandbox: Sandbox, application: dict[str, str]) -> Path:
    """Return the file that the site of Test writes into."""
    slug = sandbox.get(f"/apps/v3/applications/{application['uuid']}/").json()["slug"]
    return sandbox.directory / "sites" / f"{slug}-test.log"


def page(sandbox: Sandbox, address: str) -> Any:
    answer = sandbox.request("GET", address.removeprefix(sandbox.address))
    assert answer.status_code == 200, answer.text
    return answer.json()


def messages(found: Any) -> list[str]:
    return [item["message"] for item in found["results"]]


def test_the_lines_of_a_site_come_with_a_time_and_the_service(
    sandbox: Sandbox, application: dict[str, str], log: Path
) -> None:
    log.write_text("GET / 200\nGET /about/ 404\n")
    found = page(sandbox, f"/apps/v3/environments/{application['test']}/logs/")
    assert set(found) == {"results", "next", "previous"}
    assert messages(found) == ["GET / 200", "GET /about/ 404"]
    assert {item["service"] for item in found["results"]} == {"web"}
    assert all(datetime.fromisoformat(item["timestamp"]).tzinfo for item in found["results"])


def test_a_client_that_tails_reads_each_line_once_and_whole(
    sandbox: Sandbox, application: dict[str, str], log: Path
) -> None:
    log.write_text("first\n")
    found = page(sandbox, f"/apps/v3/environments/{application['test']}/logs/")
    found = page(sandbox, found["next"])
    assert messages(found) == []
    with log.open("a") as file:
        file.write("second\nthi")
    found = page(sandbox, found["next"])
    assert messages(found) == ["second"]
    with log.open("a") as file:
        file.write("rd\n")
    assert messages(page(sandbox, found["next"])) == ["third"]


def test_a_long_log_is_read_backwards_to_its_first_line(
    sandbox: Sandbox, application: dict[str, str], log: Path
) -> None:
    lines = [f"line {number} {'x' * 1000}" for number in range(3 * PIECE // 1000)]
    log.write_text("".join(f"{line}\n" for line in lines))
    read: list[str] = []
    address, before = f"{sandbox.address}/apps/v3/environments/{application['test']}/logs/", ""
    while address != before:
        found = page(sandbox, address)
        read, before, address = messages(found) + read, address, found["previous"]
    assert read == lines


def test_a_site_that_never_served_has_an_empty_log(sandbox: Sandbox, application: dict[str, str]) -> None:
    found = page(sandbox, f"/apps/v3/environments/{application['test']}/logs/")
    assert messages(found) == []
    assert messages(page(sandbox, found["next"])) == []


def test_a_secret_that_a_site_has_written_is_blanked(sandbox: Sandbox, application: dict[str, str], log: Path) -> None:
    sandbox.set(application["test"], "WHISPER", SECRET, sensitive=True)
    sandbox.post("/apps/v3/deployments/", {"environment": application["test"]})
    log.write_text(f"connecting with {SECRET}\n")
    found = page(sandbox, f"/apps/v3/environments/{application['test']}/logs/")
    assert messages(found) == ["connecting with ***"]


@pytest.mark.parametrize("query", ["after=x", "before=-1", "after="])
def test_a_place_that_is_no_number_is_refused(sandbox: Sandbox, application: dict[str, str], query: str) -> None:
    answer = sandbox.get(f"/apps/v3/environments/{application['test']}/logs/?{query}")
    assert answer.status_code == 400
    assert answer.json() == {query.partition("=")[0]: ["A valid integer is required."]}


def test_a_place_beyond_the_end_is_the_end(sandbox: Sandbox, application: dict[str, str], log: Path) -> None:
    log.write_text("all\n")
    found = page(sandbox, f"/apps/v3/environments/{application['test']}/logs/?after={10**30}")
    assert (messages(found), found["next"].rpartition("=")[2]) == ([], "4")


def test_the_log_of_an_environment_that_does_not_exist_is_drfs_404(sandbox: Sandbox) -> None:
    assert sandbox.get("/apps/v3/environments/nothing/logs/").status_code == 404


def test_an_application_has_a_number_in_the_older_api(sandbox: Sandbox, application: dict[str, str]) -> None:
    listed = {item["uuid"]: item["id"] for item in sandbox.results("/legacy/v3/applications/", page_size=1000)}
    assert len(set(listed.values())) == len(listed)
    [found] = sandbox.results("/legacy/v3/applications/", id=listed[application["uuid"]])
    assert found["uuid"] == application["uuid"]
    assert sandbox.results("/legacy/v3/applications/", id=0) == []
    assert sandbox.get("/legacy/v3/applications/", id="acme").json() == {"id": ["Enter a number."]}
    assert sandbox.request("GET", "/legacy/v3/applications/", headers={}).status_code == 401


def test_there_are_no_templates_of_applications(sandbox: Sandbox) -> None:
    assert sandbox.get("/apps/v3/app-templates/").json()["results"] == []
    assert sandbox.get("/apps/v3/app-templates/any/").status_code == 404

"""The first up of both stacks, with real sites on a real PostgreSQL, and the second one, which changes nothing."""

import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from mirrors_sandbox.logins import ADMIN, passwords
from mirrors_sandbox.postgres import PostgreSQL
from PIL import Image

from tests.django.acme import browser, get, submit
from tests.engine.fleet import MIRRORS, Fleet, Line, seeded_fleet, silently
from tests.engine.project import Stack, updates
from tests.engine.secrets import ProcessList, canaries_of, leaks, shown_by, watched_processes, written_by

IDS = {"acme": 1, "acme-de": 2, "acme-fr": 3, "acme-ch": 4}

pytestmark = pytest.mark.skipif(not PostgreSQL.available(), reason="there is no PostgreSQL wheel for this machine")

Urls = Mapping[str, str]


def test_the_first_up_makes_sites_that_share_what_their_environment_has_and_the_next_one_changes_nothing(
    tmp_path: Path,
) -> None:
    with seeded_fleet(tmp_path, runner="process") as fleet:
        fleet.sandbox.clear_requests_log()
        with watched_processes() as processes:
            for stack in fleet.stacks:
                stack.preview_and_up().succeeded()
        no_mirror_ever_had_the_shared_database_without_its_id(fleet.sandbox.requests_log())
        test, live = (urls_of(stack) for stack in fleet.stacks)
        every_site_runs_with_its_own_id_on_what_its_environment_shares(fleet, test, live)
        what_is_edited_on_the_original_is_served_by_the_mirrors(fleet, test)
        a_second_up_changes_nothing(fleet)
        the_state_is_small(fleet.test)
        a_rotated_password_is_deployed_by_one_up(fleet, test, live)
        no_secret_shows(fleet, processes)


def urls_of(stack: Stack) -> Urls:
    return {site["application"]: site["url"].rstrip("/") for site in stack.outputs()["sites"]}


def told_by(urls: Urls) -> dict[str, dict[str, Any]]:
    return {slug: get(f"{url}/site.json").json() for slug, url in urls.items()}


def no_mirror_ever_had_the_shared_database_without_its_id(requests: list[Line]) -> None:
    """SITE_ID comes first, and is read back directly before DATABASE_URL, the last; all is read back, then deployed."""
    for slug, stage in [(slug, stage) for slug in MIRRORS for stage in ("test", "live")]:
        lines = [
            line
            for line in requests
            if (line.get("application"), line.get("environment")) == (slug, stage) and line["status"] < 300
        ]
        begin = next(number for number, line in enumerate(lines) if line["method"] != "GET")
        steps = [step_of(line) for line in lines[begin:]]

        assert steps[0] == "write SITE_ID"
        assert steps[steps.index("write DATABASE_URL") - 1] == "read variables"
        written = [step for step in steps if step.startswith("write")]
        assert sorted(written[1:-1]) == ["write DEFAULT_STORAGE_DSN", "write MIRRORS_APPLICATION"]
        assert written[-1] == "write DATABASE_URL"
        last, deployed = steps.index("write DATABASE_URL"), steps.index("deploy")
        assert "read variables" in steps[last:deployed]
        assert steps.count("deploy") == 1


def step_of(line: Line) -> str:
    path = line["path"].removeprefix("/apps/v3/")
    if line["method"] == "GET":
        return "read variables" if path == "environment-variables/" else "read"
    return "deploy" if path == "deployments/" else f"write {line['name']}"


def every_site_runs_with_its_own_id_on_what_its_environment_shares(fleet: Fleet, test: Urls, live: Urls) -> None:
    shared = []
    for urls in (test, live):
        answer = told_by(urls)
        assert {slug: site["site_id"] for slug, site in answer.items()} == IDS
        for service in ("database", "storage"):
            [one] = {tuple(sorted(site[service].items())) for site in answer.values()}
            shared.append(one)
        rows = [
            {"id": site_id, "domain": urls[slug].removeprefix("http://"), "name": slug} for slug, site_id in IDS.items()
        ]
        assert all(get(f"{url}/sites.json").json() == rows for url in urls.values())
    assert len(set(shared)) == len(shared), "Test and Live share a database or a storage"
    assert [stack.outputs()["siteIds"] for stack in fleet.stacks] == [IDS, IDS]


def what_is_edited_on_the_original_is_served_by_the_mirrors(fleet: Fleet, urls: Urls) -> None:
    """A picture by all; a page of one site is not found on another."""
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(file, "PNG")
    with browser() as editor:
        login = {"username": ADMIN, "password": passwords(fleet.sandbox.state)["acme/test"]}
        submit(editor, f"{urls['acme']}/admin/login/?next=/admin/", login)
        picture = {"site": str(IDS["acme"]), "title": "By Ada"}
        submit(editor, f"{urls['acme']}/admin/gallery/picture/add/", picture, {"image": file.getvalue()})
        page = {"url": "/impressum/", "title": "Impressum", "content": "Acme GmbH", "sites": str(IDS["acme-de"])}
        submit(editor, f"{urls['acme']}/admin/flatpages/flatpage/add/", page)

    [path] = re.findall(r'<img src="([^"]+)" alt=""><figcaption>By Ada', get(f"{urls['acme']}/").text)
    assert get(f"{urls['acme-fr']}{path}").content == file.getvalue()
    assert get(f"{urls['acme-de']}/impressum/").status_code == 200
    assert get(f"{urls['acme-fr']}/impressum/").status_code == 404


def a_second_up_changes_nothing(fleet: Fleet) -> None:
    fleet.sandbox.clear_requests_log()
    fleet.live.refresh("--preview-only", "--run-program", "--expect-no-changes").succeeded()
    for stack in fleet.stacks:
        stack.preview_and_up("--expect-no-changes").succeeded()
    assert fleet.sandbox.requests_log(), "nothing was looked at"
    assert fleet.writes() == []


def the_state_is_small(stack: Stack) -> None:
    """The engine writes the state after each step, so with hundreds of mirrors its size is the time that all takes."""
    mine = [item for item in stack.resources() if item["type"].startswith("pulumi-python:dynamic/mirrors:")]
    assert mine
    for item in mine:
        assert not {"sourcePosition", "stackTrace", "dependencies"} & item.keys()
        assert not any(item["propertyDependencies"].values())


def a_rotated_password_is_deployed_by_one_up(fleet: Fleet, test: Urls, live: Urls) -> None:
    """It takes the mirrors of Test down until then. Live has a role of its own."""
    fleet.sandbox.rotate("acme", "test", report=silently)
    fleet.sandbox.deploy("acme", "test", report=silently)
    assert get(f"{test['acme']}/site.json").status_code == 200
    assert {get(f"{test[slug]}/site.json").status_code for slug in MIRRORS} != {200}
    assert {slug: site["site_id"] for slug, site in told_by(live).items()} == IDS
    assert fleet.live.has_no_changes()

    done = fleet.test.preview_and_up().succeeded()

    assert updates(done) >= {f"Mirror {slug} ~DATABASE_URL" for slug in MIRRORS}
    assert {slug: site["site_id"] for slug, site in told_by(urls_of(fleet.test)).items()} == IDS
    assert fleet.test.has_no_changes()


def no_secret_shows(fleet: Fleet, processes: ProcessList) -> None:
    canaries = canaries_of(fleet)
    assert leaks(canaries, shown_by(fleet)) == []
    assert leaks(canaries, written_by(fleet)) == []
    assert any("pulumi up" in line for line in processes.seen), "the process list was not looked at"
    assert leaks(canaries, processes.as_texts()) == []

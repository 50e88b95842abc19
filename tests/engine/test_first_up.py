"""The first up of both stacks, with real sites on a real PostgreSQL, and the second one, which changes nothing."""

import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from mirrors_sandbox.postgres import PostgreSQL
from PIL import Image

from tests.django.acme import browser, get, submit
from tests.engine.fleet import MIRRORS, Fleet, Line, seeded_fleet, silently
from tests.engine.project import Stack, updates
from tests.engine.secrets import ProcessList, canaries_of, leaks, shown_by, watched_processes, written_by
from tests.sandboxes import frozen_variables

IDS = {"acme": 1, "acme-de": 2, "acme-fr": 3, "acme-ch": 4}
PASSWORD = "countess-of-lovelace"
TIMEOUT = 90.0  # seconds

pytestmark = pytest.mark.skipif(not PostgreSQL.available(), reason="there is no PostgreSQL wheel for this machine")


@dataclass(frozen=True)
class Serving:
    """A fleet that serves; ``requests`` are those of the first up of both stacks, ``processes`` what ran meanwhile."""

    fleet: Fleet
    requests: list[Line]
    processes: ProcessList

    def urls(self, stack: Stack) -> dict[str, str]:
        return {site["application"]: site["url"].rstrip("/") for site in stack.outputs()["sites"]}


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with seeded_fleet(tmp_path_factory.mktemp("serving"), runner="process") as fleet:
        fleet.sandbox.clear_requests_log()
        with watched_processes() as processes:
            for stack in fleet.stacks:
                stack.preview_and_up().succeeded()
        yield Serving(fleet, fleet.sandbox.requests_log(), processes)


@pytest.fixture(scope="module")
def editor(serving: Serving) -> Iterator[tuple[requests.Session, dict[str, str]]]:
    """Yield a user who is logged in to the original's admin in Test, and the addresses of Test's sites."""
    fleet = serving.fleet
    variables = frozen_variables(fleet.sandbox, "acme", "test") | {"DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    [release] = (fleet.sandbox.state / "releases").iterdir()
    create = [sys.executable, "manage.py", "createsuperuser", "--noinput", "--username=ada", "--email=ada@acme.example"]
    subprocess.run(create, cwd=release, env={"PATH": os.defpath, **variables}, check=True, timeout=TIMEOUT)
    urls = serving.urls(fleet.test)
    with browser() as session:
        login = {"username": "ada", "password": PASSWORD}
        submit(session, f"{urls['acme']}/admin/login/?next=/admin/", login)
        yield session, urls


def told_by(urls: dict[str, str]) -> dict[str, dict[str, Any]]:
    return {slug: get(f"{url}/site.json").json() for slug, url in urls.items()}


def test_every_site_runs_with_its_own_id_on_what_its_environment_shares(serving: Serving) -> None:
    told = {stack.name: told_by(serving.urls(stack)) for stack in serving.fleet.stacks}

    shared = {}
    for stage, sites in told.items():
        assert {slug: site["site_id"] for slug, site in sites.items()} == IDS
        for service in ("database", "storage"):
            [shared[stage, service]] = {tuple(sorted(site[service].items())) for site in sites.values()}
    assert len(set(shared.values())) == len(shared), "Test and Live share a database or a storage"
    assert [stack.outputs()["siteIds"] for stack in serving.fleet.stacks] == [IDS, IDS]


def test_all_sites_have_a_row_in_the_shared_database(serving: Serving) -> None:
    for stack in serving.fleet.stacks:
        urls = serving.urls(stack)
        rows = [
            {"id": site_id, "domain": urls[slug].removeprefix("http://"), "name": slug} for slug, site_id in IDS.items()
        ]
        for url in urls.values():
            assert get(f"{url}/sites.json").json() == rows


def test_a_picture_uploaded_on_the_original_is_served_by_a_mirror(
    editor: tuple[requests.Session, dict[str, str]],
) -> None:
    session, urls = editor
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(file, "PNG")

    form = {"site": str(IDS["acme"]), "title": "By Ada"}
    submit(session, f"{urls['acme']}/admin/gallery/picture/add/", form, {"image": file.getvalue()})

    [path] = re.findall(r'<img src="([^"]+)" alt=""><figcaption>By Ada', get(f"{urls['acme']}/").text)
    assert get(f"{urls['acme-fr']}{path}").content == file.getvalue()


def test_a_flat_page_of_one_site_is_not_found_on_another(editor: tuple[requests.Session, dict[str, str]]) -> None:
    session, urls = editor
    form = {"url": "/impressum/", "title": "Impressum", "content": "Acme GmbH", "sites": str(IDS["acme-de"])}
    submit(session, f"{urls['acme']}/admin/flatpages/flatpage/add/", form)

    assert get(f"{urls['acme-de']}/impressum/").status_code == 200
    assert get(f"{urls['acme-fr']}/impressum/").status_code == 404


@pytest.mark.parametrize("stage", ["test", "live"])
@pytest.mark.parametrize("slug", MIRRORS)
def test_no_mirror_ever_has_the_shared_database_without_its_id(serving: Serving, slug: str, stage: str) -> None:
    """SITE_ID comes first, and is read back directly before DATABASE_URL, the last; all is read back, then deployed."""
    lines = [
        line
        for line in serving.requests
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


def test_a_second_up_changes_nothing(serving: Serving) -> None:
    fleet = serving.fleet
    fleet.sandbox.clear_requests_log()

    for stack in fleet.stacks:
        stack.refresh("--preview-only", "--run-program", "--expect-no-changes").succeeded()
        stack.preview_and_up("--expect-no-changes").succeeded()

    assert fleet.sandbox.requests_log(), "nothing was looked at"
    assert fleet.writes() == []


def test_the_state_keeps_neither_the_programs_stack_nor_which_value_came_from_where(serving: Serving) -> None:
    """The engine writes the state after each step, so with hundreds of mirrors its size is the time that all takes."""
    resources = serving.fleet.test.pulumi("stack export").succeeded().json()["deployment"]["resources"]
    ours = [item for item in resources if item["type"].startswith("pulumi-python:dynamic/mirrors:")]

    assert ours
    for item in ours:
        assert not {"sourcePosition", "stackTrace", "dependencies"} & item.keys()
        assert not any(item["propertyDependencies"].values())


def test_a_rotated_password_takes_the_mirrors_of_test_down_until_one_up_deploys_it(serving: Serving) -> None:
    fleet = serving.fleet
    urls = serving.urls(fleet.test)
    fleet.sandbox.rotate("acme", "test", report=silently)
    fleet.sandbox.deploy("acme", "test", report=silently)
    assert get(f"{urls['acme']}/site.json").status_code == 200
    assert {get(f"{urls[slug]}/site.json").status_code for slug in MIRRORS} != {200}
    live = told_by(serving.urls(fleet.live))
    assert {slug: site["site_id"] for slug, site in live.items()} == IDS, "Live has a role of its own"
    assert fleet.live.has_no_changes()

    shown = fleet.test.preview().succeeded()
    fleet.test.up().succeeded()

    for slug in MIRRORS:
        assert f"Mirror {slug} ~DATABASE_URL" in updates(shown)
    told = told_by(serving.urls(fleet.test))
    assert {slug: site["site_id"] for slug, site in told.items()} == IDS
    assert all(stack.has_no_changes() for stack in fleet.stacks)


def test_no_secret_is_in_what_the_commands_said_or_wrote_or_in_the_process_list(serving: Serving) -> None:
    canaries = canaries_of(serving.fleet)

    assert leaks(canaries, shown_by(serving.fleet)) == []
    assert leaks(canaries, written_by(serving.fleet)) == []
    assert any("pulumi up" in line for line in serving.processes.seen), "the process list was not looked at"
    assert leaks(canaries, serving.processes.as_texts()) == []

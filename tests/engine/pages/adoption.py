"""The account of ``docs/how-to/adopt.md``, and what its reader does in the Control Panel and in the files."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.engine.fleet import Fleet, silently
from tests.engine.pages.page import Section, page
from tests.engine.pages.reader import Steps, as_it_is, paste
from tests.engine.project import PROJECT_FILE, Project
from tests.sandboxes import change, delete_variable, frozen_variables, running_sandbox, set_variable

PAGES = [page("how-to/adopt"), page("how-to/adopt-special-cases")]
ENVIRONMENTS = ("test", "live")
IDS = {"acme-de": "7", "acme-fr": "12"}
SHARED = ("DATABASE_URL", "DEFAULT_STORAGE_DSN")
OWN_DATABASE = "postgres://it:c4n4ry-of-italy@db.example.com:5432/italy"
HEAD = """\
# Own since 2019.
name: acme  # not the shop
runtime: {name: python, options: {virtualenv: .venv}}

options:
    refresh: always
"""


@contextmanager
def made_by_hand(directory: Path) -> Iterator[Fleet]:
    """Yield two mirrors that were made by hand, and an application with a database of its own.

    Both stacks are empty.
    """
    project = Project.at(directory / "acme", {})
    (project.directory / PROJECT_FILE).write_text(HEAD, encoding="utf-8")
    for environment in ENVIRONMENTS:
        project.configure(
            lambda config: config.update({"mirrors:rollout": {"health": False}}), f"Pulumi.{environment}.yaml"
        )
    with running_sandbox(project.state) as sandbox:
        sandbox.seed(mirrors=(*IDS, "acme-it"), report=silently)
        project.environment.update(DIVIO_API_URL=sandbox.url, DIVIO_API_TOKEN=sandbox.token)
        fleet = Fleet(project, sandbox)
        for application, environment in ((slug, stage) for slug in IDS for stage in ENVIRONMENTS):
            original = frozen_variables(sandbox, "acme", environment)
            shared = {name: original[name] for name in SHARED}
            by_hand(fleet, application, environment, SITE_ID=IDS[application], **shared)
        by_hand(fleet, "acme-it", "test", DATABASE_URL=OWN_DATABASE)
        for stack in fleet.stacks:
            project.run("pulumi", "stack", "select", "--create", stack.name).succeeded()
        yield fleet


def by_hand(fleet: Fleet, application: str, environment: str, **variables: str) -> None:
    for name, value in variables.items():
        set_variable(fleet.sandbox, application, environment, name, value)
    fleet.sandbox.deploy(application, environment, report=silently)


def contradictory(fleet: Fleet, _section: Section) -> Steps:
    """Let two sites have one id, and make what is only odd. What is undecided is written without ids, and refused."""
    by_hand(fleet, "acme-fr", "test", SITE_ID="7")
    set_variable(fleet.sandbox, "acme-de", "live", "THEME", "dark")
    delete_variable(fleet.sandbox, "acme-de", "live", "DEFAULT_STORAGE_DSN")
    fleet.sandbox.clear_requests_log()
    yield None
    done = fleet.project.run("mirrors", "adopt", "acme", "--write")
    assert done.code == 2
    assert done.stderr.rstrip().endswith(": written; decide the siteId first of: acme-de, acme-fr")
    assert declared(fleet)["mirrors"] == [{"application": "acme-de"}, {"application": "acme-fr"}]
    assert "SITE_ID 7 would belong to acme-de and acme-fr" in fleet.test.preview().failed().text
    assert fleet.writes() == []


def decided(fleet: Fleet, _section: Section) -> Steps:
    by_hand(fleet, "acme-fr", "test", SITE_ID="12")
    fleet.sandbox.clear_requests_log()
    yield None
    assert fleet.writes() == []
    assert (fleet.project.directory / PROJECT_FILE).read_text(encoding="utf-8").startswith(HEAD)
    assert declared(fleet) == {
        "original": {"application": "acme", "siteId": 1},
        "mirrors": [{"application": "acme-de", "siteId": 7}, {"application": "acme-fr", "siteId": 12}],
    }


def declared(fleet: Fleet) -> Any:
    document = yaml.safe_load((fleet.project.directory / PROJECT_FILE).read_text(encoding="utf-8"))
    return document["config"]["mirrors:fleet"]["value"]


def taken_over(fleet: Fleet, _section: Section) -> Steps:
    fleet.sandbox.clear_requests_log()
    yield None
    missing = [("POST", mirror, "MIRRORS_APPLICATION") for mirror in IDS for _ in ENVIRONMENTS]
    deleted = ("POST", "acme-de", "DEFAULT_STORAGE_DSN")
    assert sorted(fleet.written()) == sorted([*missing, deleted]), "only what is missing; and nothing is deployed"
    assert fleet.test.has_no_changes()


def another_database(fleet: Fleet, section: Section) -> Steps:
    paste(fleet.project, section.yaml[0])
    yield None


def renamed(fleet: Fleet, section: Section) -> Steps:
    """Rename one, and take it off the list at the end: an adoption with the stack knows whose id that was."""
    change(fleet.sandbox, "UPDATE sandbox_application SET slug = 'acme-france' WHERE slug = 'acme-fr'")
    paste(fleet.project, section.yaml[0].replace("          formerly: acme-fr\n", ""))
    yield None
    paste(fleet.project, section.yaml[0])
    yield None
    with fleet.with_mirrors({"application": "acme-de", "siteId": 7}, {"application": "acme-it", "siteId": 13}):
        fleet.test.up().succeeded()
    done = fleet.project.run("mirrors", "adopt", "acme", "--stack", "test")
    assert done.code == 2
    assert "acme-france: its SITE_ID 12 is retired and belonged to acme-france" in done.stderr


SET_UPS: Mapping[str, Callable[[Fleet, Section], Steps]] = {
    "Look at the account": contradictory,
    "Decide what is contradictory": decided,
    "Preview": as_it_is,
    "Adopt": taken_over,
    "A mirror with a database of its own": another_database,
    "A mirror that was renamed": renamed,
}

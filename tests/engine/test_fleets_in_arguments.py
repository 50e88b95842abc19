"""Fleets that a program declares in arguments, on the real engine: ``examples/two_fleets``, and the commands."""

import json
import shutil
from collections.abc import Iterator

import pytest

from tests.engine.fleet import silently
from tests.engine.project import ROOT, Project, Stack
from tests.sandboxes import running_sandbox

EXAMPLE = ROOT / "examples" / "two_fleets"
WITHOUT_HEALTH = {"waves": [1, "100%"], "health": False}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    directory = tmp_path_factory.mktemp("fleets") / "two"
    project = Project.at(directory, {})
    for name in ("__main__.py", "trackers.py", "Pulumi.yaml"):
        shutil.copy(EXAMPLE / name, directory)
    (directory / "Pulumi.live.yaml").unlink()
    (directory / "Pulumi.test.yaml").write_text(json.dumps({"config": {"mirrors:rollout": WITHOUT_HEALTH}}), "utf-8")
    with running_sandbox(project.state) as sandbox:
        sandbox.seed("acme", ["acme-de", "acme-fr"], report=silently)
        sandbox.seed("beta", ["beta-at"], report=silently)
        project.environment.update(DIVIO_API_URL=sandbox.url, DIVIO_API_TOKEN=sandbox.token)
        project.run("pulumi", "stack", "init", "test").succeeded()
        yield Stack(project, "test")


def test_two_fleets_with_outputs_converge_and_every_command_knows_them(stack: Stack) -> None:
    shows_what_is_known_later(stack)
    converges_both_fleets(stack)
    answers_every_command(stack)
    writes_into_no_file(stack)


def shows_what_is_known_later(stack: Stack) -> None:
    said = stack.preview().succeeded().text
    assert "SENTRY_DSN is known after pulumi-python:dynamic/trackers:ErrorTracker sites" in said
    shown = stack.project.run("mirrors", "preview", "--stack", "test", "--fleet", "acme", "--json")
    assert shown.code == 2, shown.text
    assert [site["application"] for site in shown.json()["sites"]] == ["acme-de", "acme-fr"]


def converges_both_fleets(stack: Stack) -> None:
    stack.project.run("mirrors", "up", "--stack", "test", "--yes").succeeded()
    outputs = stack.outputs()
    assert outputs["acme"]["siteIds"] == {"acme": 1, "acme-de": 2, "acme-fr": 3}
    assert outputs["beta"]["siteIds"] == {"beta": 1, "beta-at": 2}
    assert stack.has_no_changes()
    declared = [item for item in stack.resources() if item["type"] == "mirrors:index:Fleet"]
    assert all("errors.example.com" not in json.dumps(item) for item in declared)


def answers_every_command(stack: Stack) -> None:
    code, rows = stack.status()
    assert (code, {row["state"] for row in rows.values()}) == (0, {"converged"}), rows
    assert sorted(rows) == ["acme", "acme-de", "acme-fr", "beta", "beta-at"]
    assert stack.project.run("mirrors", "ids", "--stack", "test").code == 1
    ids = stack.project.run("mirrors", "ids", "--stack", "test", "--fleet", "beta", "--json").succeeded().json()
    assert [(item["application"], item["siteId"]) for item in ids["sites"]] == [("beta", 1), ("beta-at", 2)]
    doctor = stack.project.run("mirrors", "doctor", "--stack", "test")
    assert "several-ledgers" not in doctor.text
    assert "variables and deployments of all 5 sites can be read" in doctor.text
    stack.project.run("mirrors", "report", "--stack", "test").succeeded()
    stack.project.run("mirrors", "deploy", "beta-at", "--stack", "test", "--yes").succeeded()


def writes_into_no_file(stack: Stack) -> None:
    before = (stack.project.directory / "Pulumi.yaml").read_text("utf-8")
    pinned = stack.project.run("mirrors", "ids", "--stack", "test", "--fleet", "acme", "--pin").failed()
    assert "fleet-in-program" in pinned.text
    assert "acme-de: site_id=2" in pinned.text
    assert (stack.project.directory / "Pulumi.yaml").read_text("utf-8") == before

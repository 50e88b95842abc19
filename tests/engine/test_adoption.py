"""A fleet made by hand, taken over: the real ``mirrors adopt`` and ``pulumi``, and what the platform was asked."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.engine.fleet import Fleet, silently
from tests.engine.project import Project, Stack
from tests.sandboxes import frozen_variables, running_sandbox, set_variable

IDS = {"acme": 3, "acme-de": 7, "acme-fr": 12}
"""With gaps, and an original that is not 1."""

ENVIRONMENTS = ("test", "live")

HEAD = """\
# Ours since 2019.
name: acme  # not the shop
runtime: {name: python, options: {virtualenv: .venv}}

options:
    refresh: always
"""


def nobody_serves(config: dict[str, Any]) -> None:
    config["mirrors:rollout"] = {"health": False}


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """Deployed by hand in Test and Live, with plain copies of the DSNs; no stack has ever been updated."""
    project = Project.at(tmp_path / "acme", {})
    (project.directory / "Pulumi.yaml").write_text(HEAD, encoding="utf-8")
    for environment in ENVIRONMENTS:
        project.configure(nobody_serves, f"Pulumi.{environment}.yaml")
    with running_sandbox(project.state) as sandbox:
        sandbox.seed(mirrors=("acme-de", "acme-fr", "acme-it"), report=silently)
        project.environment.update(DIVIO_API_URL=sandbox.url, DIVIO_API_TOKEN=sandbox.token)
        fleet = Fleet(project, sandbox)
        for application in IDS:
            for environment in ENVIRONMENTS:
                make_by_hand(fleet, application, environment)
        for stack in fleet.stacks:
            project.run("pulumi", "stack", "select", "--create", stack.name).succeeded()
        sandbox.clear_requests_log()
        yield fleet


def make_by_hand(fleet: Fleet, application: str, environment: str) -> None:
    variables = {"SITE_ID": str(IDS[application]), "THEME": "dark"}
    if application != "acme":
        original = frozen_variables(fleet.sandbox, "acme", environment)
        variables |= {name: original[name] for name in ("DATABASE_URL", "DEFAULT_STORAGE_DSN")}
    for name, value in variables.items():
        set_variable(fleet.sandbox, application, environment, name, value)
    fleet.sandbox.deploy(application, environment, report=silently)


def adopt(fleet: Fleet, *arguments: str) -> str:
    done = fleet.project.run("mirrors", "adopt", "acme", *arguments).succeeded()
    return done.text


def declared(fleet: Fleet) -> Any:
    document = yaml.safe_load((fleet.project.directory / "Pulumi.yaml").read_text(encoding="utf-8"))
    return document["config"]["mirrors:fleet"]["value"]


def assert_nothing_to_do(stack: Stack) -> None:
    stack.preview("--expect-no-changes").succeeded()
    code, rows = stack.status()
    assert (code, {row["state"] for row in rows.values()}) == (0, {"converged"})


def test_a_fleet_made_by_hand_is_taken_over_without_interrupting_it(fleet: Fleet) -> None:
    said = adopt(fleet, "--write")

    assert fleet.writes() == []
    assert declared(fleet) == {
        "original": {"application": "acme", "siteId": 3},
        "mirrors": [{"application": "acme-de", "siteId": 7}, {"application": "acme-fr", "siteId": 12}],
    }
    assert "acme-it" not in said
    assert "# acme-fr: SITE_ID 12 in Test, 12 in Live" in said
    assert "not managed by Mirrors, unchanged: THEME" in said
    assert (fleet.project.directory / "Pulumi.yaml").read_text(encoding="utf-8").startswith(HEAD)

    fleet.sandbox.clear_requests_log()
    for stack in fleet.stacks:
        stack.up().succeeded()
        assert stack.outputs()["siteIds"] == IDS

    once_per_environment = sorted(fleet.written())
    names = [("POST", mirror, "MIRRORS_APPLICATION") for mirror in ("acme-de", "acme-fr")]
    assert once_per_environment == sorted(names * 2), "only what is missing is written, and nothing is deployed"
    for stack in fleet.stacks:
        assert_nothing_to_do(stack)


def test_no_other_fleet_is_overwritten_and_the_same_one_is_no_change(fleet: Fleet) -> None:
    adopt(fleet, "--write", "--mirror", "acme-de")
    before = (fleet.project.directory / "Pulumi.yaml").read_bytes()

    assert "has this fleet already" in adopt(fleet, "--write", "--mirror", "acme-de")
    refused = fleet.project.run("mirrors", "adopt", "acme", "--write").failed()

    assert "declares another mirrors:fleet" in refused.stderr
    assert (fleet.project.directory / "Pulumi.yaml").read_bytes() == before
    adopt(fleet, "--write", "--force")
    assert len(declared(fleet)["mirrors"]) == 2


def test_what_needs_a_decision_is_reported_and_refused_by_a_preview_until_it_is_taken(fleet: Fleet) -> None:
    set_variable(fleet.sandbox, "acme-fr", "test", "SITE_ID", "7")
    fleet.sandbox.deploy("acme-fr", "test", report=silently)
    fleet.sandbox.clear_requests_log()

    done = fleet.project.run("mirrors", "adopt", "acme", "--write")

    assert done.code == 2
    assert "acme-fr: has SITE_ID 7 in Test, and so has acme-de" in done.stderr
    assert done.stderr.rstrip().endswith(": written; decide the siteId first of: acme-de, acme-fr")
    assert "acme-fr: its SITE_ID differs: 7 in Test, 12 in Live" in done.stderr
    assert "SITE_ID 7 would belong to acme-de and acme-fr" in fleet.test.preview().failed().text
    assert fleet.writes() == []


def test_a_mirror_is_not_taken_for_an_original_and_no_configuration_is_printed(fleet: Fleet) -> None:
    refused = fleet.project.run("mirrors", "adopt", "acme-de", "--write").failed()

    assert (refused.code, refused.stdout) == (1, "")
    assert refused.stderr.startswith("Error: acme-de: looks like a mirror of acme: ")
    assert "mirrors adopt acme [" in refused.stderr
    assert (fleet.project.directory / "Pulumi.yaml").read_text(encoding="utf-8") == HEAD


def test_a_site_whose_id_is_listed_as_retired_is_reported(fleet: Fleet) -> None:
    adopt(fleet, "--write")
    fleet.project.configure(lambda config: config["mirrors:fleet"]["value"].update(retired=[12]))
    done = fleet.project.run("mirrors", "adopt", "acme")

    assert done.code == 2
    assert "acme-fr: its SITE_ID 12 is retired: this site left the list" in done.stderr


def test_a_site_that_the_stack_has_retired_is_reported(fleet: Fleet) -> None:
    adopt(fleet, "--write")
    fleet.test.up().succeeded()
    with fleet.with_mirrors({"application": "acme-de", "siteId": 7}):
        fleet.test.up().succeeded()
    before, known = [fleet.project.run("mirrors", "adopt", "acme", *options) for options in ((), ("--stack", "test"))]

    assert (before.code, known.code) == (0, 2)
    assert "acme-fr: its SITE_ID 12 is retired and belonged to acme-fr" in known.stderr

"""The template's pipelines: each file is valid, and each of its steps is run, in order, in fresh clones.

``pytest -s`` shows what each step ran and said.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.engine.fleet import Fleet, silently
from tests.engine.pipelines.github import read
from tests.engine.pipelines.shop import Forge, Shop, running_shop
from tests.engine.project import ROOT, TIMEOUT
from tests.engine.template import TEMPLATE
from tests.sandboxes import delete_variable, environment_of, frozen_variables, get

WORKFLOWS = sorted((TEMPLATE / ".github" / "workflows").glob("*.yml"))
ACTION = TEMPLATE / ".github" / "actions" / "setup" / "action.yml"
NEWER = 'unexpected key "queue" for "concurrency" section'
"""GitHub takes it since May 2026, and its schema has it; actionlint 1.7.12 does not know it yet."""

MIRRORS = {"github": "acme-it", "gitlab": "acme-es"}
"""The changes of the pull request on each of them."""

CANCELLED = {"github": ("Update", "Look"), "gitlab": ("test", "drift/test", "drift/live")}
"""The steps, or jobs, of a merge and of a night at which a person cancels it, or its time is over."""

PAUSED = {"mirrors:rollout": {"value": {"health": False, "waves": [1, "100%"], "pauseAfter": 1}}}
"""Sites stay behind on purpose: an update succeeds, and the fleet is not as declared."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with running_shop(tmp_path_factory.mktemp("pipelines")) as shop:
        yield shop


@pytest.fixture(scope="module", params=["github", "gitlab"])
def where(request: pytest.FixtureRequest, shop: Shop) -> str:
    for told in (shop.told.comments, shop.told.issues, shop.told.messages):
        told.clear()
    return str(request.param)


@pytest.fixture
def forge(shop: Shop, where: str) -> Forge:
    shop.fleet.sandbox.clear_requests_log()
    return shop.forges[where]


def test_actionlint_finds_nothing_in_the_workflows(tmp_path: Path) -> None:
    go = shutil.which("go")
    if go is None:
        pytest.skip("no go on PATH: actionlint is built from its Go module")
    build = (
        go,
        "build",
        "-mod=readonly",
        "-o",
        str(tmp_path / "actionlint"),
        "github.com/rhysd/actionlint/cmd/actionlint",
    )
    subprocess.run(build, cwd=ROOT / "tools" / "actionlint", check=True, timeout=TIMEOUT)
    command = [str(tmp_path / "actionlint"), "-ignore", NEWER, *map(str, WORKFLOWS)]
    done = subprocess.run(command, cwd=TEMPLATE, capture_output=True, text=True, timeout=TIMEOUT, check=False)

    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.github-workflows", WORKFLOWS),
        ("vendor.github-actions", [ACTION]),
        ("vendor.gitlab-ci", [TEMPLATE / ".gitlab-ci.yml"]),
    ],
)
def test_each_file_is_valid_by_the_schema_that_its_forge_publishes(schema: str, files: list[Path]) -> None:
    transform = ("--data-transform", "gitlab-ci") if schema.endswith("gitlab-ci") else ()
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *transform, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_a_pull_request_with_a_problem_fails_and_its_one_comment_is_updated_once_it_is_solved(
    shop: Shop, where: str, forge: Forge
) -> None:
    """It adds a mirror that does not exist yet."""
    branch = shop.propose(MIRRORS[where])

    assert not forge.pull_request(branch)
    [comment] = shop.told.comments
    assert comment["body"].count(f"{MIRRORS[where]}: this token sees no application of this name") == 2

    shop.fleet.sandbox.mirror("acme", MIRRORS[where], report=silently)
    assert forge.pull_request(branch)

    assert shop.fleet.writes() == []
    [comment] = shop.told.comments
    assert "no application of this name" not in comment["body"]
    assert [comment["body"].count(f"### Preview of {stack}") for stack in ("test", "live")] == [1, 1]
    assert comment["body"].count(f"| {MIRRORS[where]} | deployed | first deployment |") == 2


def test_its_merge_reaches_test_and_live_only_when_someone_approves(shop: Shop, where: str, forge: Forge) -> None:
    mirror = MIRRORS[where]
    shop.git("merge", "--quiet", f"add-{mirror}")

    merge = forge.merge()
    assert merge.results == {"test": "success"}
    assert frozen_variables(shop.fleet.sandbox, mirror, "test")["SITE_ID"] == str(len(shop.mirrors) + 1)
    assert shop.fleet.variables(mirror, "live") == {}

    merge.approve()
    assert merge.results == {"test": "success", "live": "success"}
    assert frozen_variables(shop.fleet.sandbox, mirror, "live")["SITE_ID"] == str(len(shop.mirrors) + 1)
    assert shop.told.messages == []


def test_a_night_with_drift_is_an_issue_for_the_stack_that_has_it(shop: Shop, forge: Forge) -> None:
    delete_variable(shop.fleet.sandbox, "acme-de", "live", "DATABASE_URL")
    shop.fleet.sandbox.clear_requests_log()

    assert forge.night()

    assert shop.fleet.writes() == []
    [issue] = shop.told.issues
    assert issue["title"] == "Drift in live"
    assert "acme-de" in str(issue)
    assert "DATABASE_URL" in str(issue)
    assert shop.told.messages == []


def test_a_night_that_cannot_look_is_reported_for_each_stack(shop: Shop, forge: Forge) -> None:
    issues = len(shop.told.issues)

    assert not forge.night(token="somebody-elses")

    assert [message.partition(" failed")[0][-4:] for message in shop.told.messages] == ["test", "live"]
    assert len(shop.told.issues) == issues
    shop.told.messages.clear()


def test_a_deployment_and_a_night_that_are_cancelled_are_reported(shop: Shop, where: str, forge: Forge) -> None:
    with shop.runner.cancelling(*CANCELLED[where]):
        assert "success" not in forge.merge().results.values()
        assert not forge.night()

    assert [message.partition(" failed or was cancelled")[0][-4:] for message in shop.told.messages] == [
        "test",
        "test",
        "live",
    ]
    shop.told.messages.clear()


def test_live_is_not_reached_while_a_site_of_test_is_not_as_declared(shop: Shop, forge: Forge) -> None:
    shop.fleet.sandbox.deploy("acme", "live", report=silently)
    with shop.fleet.project.configured(lambda config: config.update(PAUSED)):
        shop.commit("Pause")
        merge = forge.merge()
    shop.commit("Go on")
    shop.fleet.sandbox.clear_requests_log()
    merge.approve()

    assert merge.results.pop("test") != "success"
    assert "success" not in merge.results.values()
    assert shop.fleet.writes() == []
    [message] = shop.told.messages
    assert "test failed" in message
    shop.told.messages.clear()


def test_a_deployment_that_fails_in_live_is_reported_and_the_site_goes_on(shop: Shop, where: str, forge: Forge) -> None:
    greeting = {"GREETING": f"hello from {where}"}
    shop.fleet.project.configure(lambda config: config["mirrors:fleet"]["value"].update(variables=greeting))
    shop.commit("Greet")

    with shop.fleet.fault("deployment-fails", path="^acme-fr/live$", remaining=1):
        merge = forge.merge()
        merge.approve()

    assert merge.results.pop("live") != "success"
    assert merge.results == {"test": "success"}
    [message] = shop.told.messages
    assert "live" in message
    assert frozen_variables(shop.fleet.sandbox, "acme-fr", "test")["GREETING"] == greeting["GREETING"]
    assert greeting["GREETING"] not in str(what_serves(shop.fleet, "acme-fr"))


def what_serves(fleet: Fleet, slug: str) -> dict[str, Any]:
    """Return the variables of the newest deployment in Live that succeeded."""
    listed = get(fleet.sandbox, "deployments/", environment=environment_of(fleet.sandbox, slug, "live"))["results"]
    newest = next(item for item in listed if item["success"])
    return dict(get(fleet.sandbox, f"deployments/{newest['uuid']}/environment-variables/"))


def test_every_step_has_run_and_no_log_and_no_message_holds_a_secret(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        sys.stdout.write("\n" + "".join(f"  {step}\n" for step in shop.runner.steps))
    ran = {step.partition(": ")[2] for step in shop.runner.steps} | set(shop.runner.steps)
    workflows = [step for path in WORKFLOWS for job in read(path)["jobs"].values() for step in job["steps"]]
    named = {step["name"] for step in [*workflows, *read(ACTION)["runs"]["steps"]] if "run" in step}
    jobs = {name for name, job in yaml.safe_load((TEMPLATE / ".gitlab-ci.yml").read_text()).items() if "script" in job}

    assert named <= ran
    assert jobs <= {step.partition("/")[0] for step in shop.runner.steps}
    assert "after_script" in ran
    said = "".join(shop.runner.log) + shop.told.text
    assert [secret for secret in shop.secrets if secret in said] == []

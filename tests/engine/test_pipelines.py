"""The template's pipelines, run on two forges: each of their steps, in order, in fresh clones.

``pytest -s`` shows what each step ran and said.
"""

import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.engine.fleet import Fleet, silently
from tests.engine.pipelines.github import read
from tests.engine.pipelines.shop import Forge, Shop, running_shop
from tests.engine.template import TEMPLATE
from tests.sandboxes import delete_variable, environment_of, frozen_variables, get

WORKFLOWS = sorted((TEMPLATE / ".github" / "workflows").glob("*.yml"))
ACTION = TEMPLATE / ".github" / "actions" / "setup" / "action.yml"

MIRRORS = {"github": "acme-it", "gitlab": "acme-es"}
"""The changes of the pull request on each of them."""

CANCELLED = {"github": ("Update", "Look"), "gitlab": ("test", "drift/test", "drift/live")}
"""The steps, or jobs, of a merge and of a night at which a person cancels it, or its time is over."""

PAUSED = {"mirrors:rollout": {"value": {"health": False, "waves": [1, "100%"], "pauseAfter": 1}}}
"""Sites stay behind on purpose: an update succeeds, and the fleet is not as declared."""


def test_a_change_on_each_forge_is_previewed_deployed_watched_and_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = ""
    with running_shop(tmp_path) as shop:
        for where, forge in shop.forges.items():
            pull_request(shop, where, forge)
            merge(shop, where, forge)
            nights(shop, forge)
            cancelled(shop, where, forge)
            not_as_declared(shop, forge)
            said += shop.record.text
            for record in (shop.record.comments, shop.record.issues):
                record.clear()
        said += "".join(shop.runner.log)
        with capsys.disabled():
            sys.stdout.write("\n" + "".join(f"  {step}\n" for step in shop.runner.steps))
    every_step_has_run(shop.runner.steps)
    assert [secret for secret in shop.secrets if secret in said] == []


def pull_request(shop: Shop, where: str, forge: Forge) -> None:
    """It adds a mirror that does not exist yet: it fails. Once that is solved its one comment is updated."""
    mirror = MIRRORS[where]
    branch = shop.propose(mirror, GREETING=f"hello from {where}")
    shop.fleet.sandbox.clear_requests_log()
    shop.runner.artifacts.clear()

    assert not forge.pull_request(branch)
    [comment] = shop.record.comments
    assert comment["body"].count(f"{mirror}: this token sees no application of this name") == 2

    shop.fleet.new_mirror(mirror)
    assert forge.pull_request(branch)
    assert shop.fleet.writes() == []
    [comment] = shop.record.comments
    assert "application of this name" not in comment["body"]
    assert [comment["body"].count(f"### Preview of {stack}") for stack in ("test", "live")] == [1, 1]
    assert comment["body"].count(f"| {mirror} | deployed | first deployment |") == 2
    assert "### The fleet now" in comment["body"]
    [page] = shop.runner.artifacts.values()
    assert f'<th scope="row">{mirror}</th>' in page
    shop.runner.artifacts.clear()
    shop.git("merge", "--quiet", branch)


def merge(shop: Shop, where: str, forge: Forge) -> None:
    """It reaches Test, and Live only when someone approves. A failure there is reported, and the site goes on."""
    mirror, greeting = MIRRORS[where], f"hello from {where}"
    merge = forge.merge()
    assert merge.results == {"test": "success"}
    assert frozen_variables(shop.fleet.sandbox, mirror, "test")["SITE_ID"] == str(len(shop.mirrors) + 1)
    assert frozen_variables(shop.fleet.sandbox, "acme-fr", "test")["GREETING"] == greeting
    assert shop.fleet.variables(mirror, "live") == {}
    assert shop.record.messages == []

    with shop.fleet.fault("deployment-fails", path="^acme-fr/live$", remaining=1):
        merge.approve()
    assert merge.results["test"] == "success"
    assert "live" in shop.record.messages.pop()
    assert greeting not in str(what_serves(shop.fleet, "acme-fr"))

    assert any('<b class="failed">acme-fr</b>' in page for page in shop.runner.artifacts.values())
    merge.retry("live")
    assert merge.results == {"test": "success", "live": "success"}
    assert frozen_variables(shop.fleet.sandbox, mirror, "live")["SITE_ID"] == str(len(shop.mirrors) + 1)
    assert greeting in str(what_serves(shop.fleet, "acme-fr"))
    assert shop.record.messages == []


def what_serves(fleet: Fleet, slug: str) -> dict[str, Any]:
    """Return the variables of the newest deployment in Live that succeeded."""
    listed = get(fleet.sandbox, "deployments/", environment=environment_of(fleet.sandbox, slug, "live"))["results"]
    newest = next(item for item in listed if item["success"])
    return dict(get(fleet.sandbox, f"deployments/{newest['uuid']}/environment-variables/"))


def nights(shop: Shop, forge: Forge) -> None:
    """One with drift is an issue for the stack that has it; one that cannot look is reported for each stack."""
    delete_variable(shop.fleet.sandbox, "acme-de", "live", "DATABASE_URL")
    shop.fleet.sandbox.clear_requests_log()
    assert forge.night()
    assert shop.fleet.writes() == []
    [issue] = shop.record.issues
    assert issue["title"] == "Drift in live"
    assert "acme-de" in str(issue)
    assert "DATABASE_URL" in str(issue)
    assert shop.record.messages == []

    assert not forge.night(PULUMI_CONFIG_PASSPHRASE="c4n4ry-of-before")
    assert [message.partition(" failed")[0][-4:] for message in shop.record.messages] == ["test", "live"]
    assert len(shop.record.issues) == 1
    shop.record.messages.clear()


def cancelled(shop: Shop, where: str, forge: Forge) -> None:
    with shop.runner.cancelling(*CANCELLED[where]):
        assert "success" not in forge.merge().results.values()
        assert not forge.night()

    reported = [message.partition(" failed or was cancelled")[0][-4:] for message in shop.record.messages]
    assert reported == ["test", "test", "live"]
    shop.record.messages.clear()


def not_as_declared(shop: Shop, forge: Forge) -> None:
    """Live is not reached while a site of Test is not as declared."""
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
    [message] = shop.record.messages
    assert "test failed" in message
    shop.record.messages.clear()


def every_step_has_run(steps: list[str]) -> None:
    ran = {step.partition(": ")[2] for step in steps} | set(steps)
    workflows = [step for path in WORKFLOWS for job in read(path)["jobs"].values() for step in job["steps"]]
    named = {step["name"] for step in [*workflows, *read(ACTION)["runs"]["steps"]] if "run" in step}
    jobs = {name for name, job in yaml.safe_load((TEMPLATE / ".gitlab-ci.yml").read_text()).items() if "script" in job}

    assert named <= ran
    assert jobs <= {step.partition("/")[0] for step in steps}
    assert "after_script" in ran

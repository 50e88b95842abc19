"""The policy pack, with the real engine: each rule has a stack that breaks it, and a fleet breaks none."""

import os
import shutil
import sys
from pathlib import Path

import pytest
import yaml

from tests.engine.fleet import Fleet
from tests.engine.policies.broken import RULES
from tests.engine.project import ROOT, Done, Project, Stack
from tests.engine.template import build_wheel

STARTER = """#!/bin/sh
exec "$2/.venv/bin/python" -u -m pulumi.policy "$1" "$2"
"""
"""Starts a pack as the language host of a Pulumi release does. That built from Go modules is older and cannot: so the
engine is told of a runtime that has no language host, and looks for this plugin."""

BROKEN = Path(__file__).parent / "policies" / "broken.py"
SAID = {
    "own-site-id": ["acme-de", "it has the shared DATABASE_URL and no SITE_ID of its own"],
    "unique-site-ids": ["SITE_ID 2 would belong to acme-de and acme-fr"],
    "no-plain-secret": ["DATABASE_URL is declared in clear", "PAYMENT_TOKEN is declared in clear"],
    "live-protected": ["the ledger of Live's SITE_IDs is not protected", "mirrors:onRemoval is clean"],
}


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pack as a user installs it: in an environment of its own, with the wheel."""
    directory = tmp_path_factory.mktemp("policy")
    shutil.copytree(ROOT / "policy", directory / "policy", ignore=shutil.ignore_patterns(".venv", "__pycache__"))
    project = Project(directory / "policy")
    project.run("uv", "venv", "--quiet", "--seed", "--python", sys.executable, ".venv").succeeded()
    where = ("--python", ".venv/bin/python", "--find-links", str(build_wheel(directory / "wheel")))
    project.run("uv", "pip", "install", "--quiet", *where, "--requirement", "requirements.txt").succeeded()
    about = yaml.safe_load((directory / "policy" / "PulumiPolicy.yaml").read_text(encoding="utf-8"))
    assert about["runtime"]["name"] == "python"
    about["runtime"]["name"] = "started-by-plugin"
    (directory / "policy" / "PulumiPolicy.yaml").write_text(yaml.safe_dump(about), encoding="utf-8")
    starter = directory / "plugins" / "pulumi-analyzer-policy-started-by-plugin"
    starter.parent.mkdir()
    starter.write_text(STARTER, encoding="utf-8")
    starter.chmod(0o755)
    return directory / "policy"


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project without a fleet, and without a platform: nothing gets further than a preview."""
    nobody = {"DIVIO_API_URL": "http://127.0.0.1:9", "DIVIO_API_TOKEN": "nobodys"}
    project = Project.at(tmp_path_factory.mktemp("broken") / "by-hand", nobody)
    document = {"name": "by-hand", "runtime": {"name": "python", "options": {"virtualenv": ".venv"}}}
    (project.directory / "Pulumi.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    shutil.copy(BROKEN, project.directory / "__main__.py")
    return project


def judged(stack: Stack, pack: Path) -> Done:
    path = os.pathsep.join([str(pack.parent / "plugins"), stack.project.variables["PATH"]])
    with stack.project.with_environment(PATH=path):
        done = stack.preview("--policy-pack", str(pack))
    assert "c4n4ry" not in done.text
    return done


@pytest.mark.parametrize("rule", SAID)
def test_a_stack_that_breaks_a_rule_is_refused_with_the_reason(rule: str, by_hand: Project, pack: Path) -> None:
    stack = Stack(by_hand, rule)
    by_hand.run("pulumi", "stack", "init", rule).succeeded()
    if rule == "live-protected":
        stack.pulumi("config set", "mirrors:environment", "live").succeeded()
        stack.pulumi("config set", "mirrors:onRemoval", "clean").succeeded()

    done = judged(stack, pack).failed()

    assert [line for line in SAID[rule] if line not in done.text] == [], done.text
    assert "[mandatory]" in done.text
    assert [other for other in SAID if f"  {other}  " in done.text and other != rule] == [], done.text


def test_there_is_a_stack_for_every_rule() -> None:
    assert [rule.__name__.replace("_", "-") for rule in RULES] == list(SAID)
    pack = (ROOT / "policy" / "__main__.py").read_text(encoding="utf-8")
    assert [rule for rule in SAID if f'name="{rule}"' not in pack] == []
    assert pack.count("validate=") == len(SAID)


def test_a_fleet_breaks_no_rule_and_one_with_a_password_in_its_list_does(fleet: Fleet, pack: Path) -> None:
    fleet.live.pulumi("config set", "--secret", "--path", "mirrors:secrets.all.TOKEN", "c4n4ry").succeeded()
    judged(fleet.live, pack).succeeded()
    fleet.live.pulumi("config rm", "--path", "mirrors:secrets").succeeded()

    declared = {"SMTP_PASSWORD": "c4n4ry"}
    with fleet.project.configured(lambda config: config["mirrors:fleet"]["value"].update(variables=declared)):
        done = judged(fleet.test, pack).failed()

    assert "SMTP_PASSWORD is declared in clear" in done.text

"""The policy pack, with the real engine: each rule has a stack that breaks it, and a fleet breaks none."""

import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from tests.engine.fleet import Fleet
from tests.engine.pages.page import Section, page
from tests.engine.pages.reader import Reader, as_it_is
from tests.engine.policies.broken import STACKS
from tests.engine.project import ROOT, Done, Project, Stack
from tests.engine.template import build_wheel

STARTER = """#!/bin/sh
exec "$2/.venv/bin/python" -u -m pulumi.policy "$1" "$2"
"""
"""Starts a pack as the language host of a Pulumi release does.

That built from Go modules is older and cannot. So the engine gets a runtime without a language host, and looks for this
plugin.
"""

BROKEN = Path(__file__).parent / "policies" / "broken.py"
RULES = ("own-site-id", "unique-site-ids", "no-plain-secret", "live-protected")
[PAGE] = [section for section in page("how-to/gitops").sections if section.title == "Rules for every stack"]
INSTALL, USE = Section("installing the pack", PAGE.blocks[:1]), Section("using the pack", PAGE.blocks[1:])
SAID = {
    "own-site-id": ["acme-de", "it has the shared DATABASE_URL and no SITE_ID of its own"],
    "unique-site-ids": [
        "SITE_ID 2 would belong to acme-de and acme-fr",
        "SITE_ID 1 would belong to acme-ch and the original",
    ],
    "unique-site-ids-with-a-ledger": [
        "SITE_ID 2 would belong to acme-de and acme-it",
        "SITE_ID 1 would belong to acme and acme-fr",
        "acme-fr: its variables say SITE_ID 1, the ledger of SITE_IDs says 3",
    ],
    "no-plain-secret": ["DATABASE_URL is declared in clear", "PAYMENT_TOKEN is declared in clear"],
    "live-protected": ["the ledger of Live's SITE_IDs is not protected", "mirrors:onRemoval is clean"],
}


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the pack as the page installs it: in an environment of its own.

    ``uv`` replaces pip; it finds the wheel.
    """
    directory = tmp_path_factory.mktemp("policy")
    instead = {
        "/path/to/mirrors": shlex.quote(str(ROOT)),
        "python3 -m venv": f"uv venv --quiet --clear --seed --python {shlex.quote(sys.executable)}",
        "policy/.venv/bin/python -m pip install": "uv pip install --quiet --python policy/.venv/bin/python",
    }
    machine = {"UV_FIND_LINKS": str(build_wheel(directory / "wheel"))}
    Reader(Project(directory, machine), as_it_is, instead).read(INSTALL)
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
    """Return a project without a fleet, and without a platform: nothing gets further than a preview."""
    nobody = {"DIVIO_API_URL": "http://127.0.0.1:9", "DIVIO_API_TOKEN": "nobodys"}
    project = Project.at(tmp_path_factory.mktemp("broken") / "by-hand", nobody)
    document = {"name": "by-hand", "runtime": {"name": "python", "options": {"virtualenv": ".venv"}}}
    (project.directory / "Pulumi.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    shutil.copy(BROKEN, project.directory / "__main__.py")
    return project


@contextmanager
def starting_packs(project: Project, pack: Path) -> Iterator[None]:
    path = os.pathsep.join([str(pack.parent / "plugins"), project.variables["PATH"]])
    with project.with_environment(PATH=path):
        yield


def judged(stack: Stack, pack: Path, *options: str) -> Done:
    with starting_packs(stack.project, pack):
        done = stack.preview("--policy-pack", str(pack), *options)
    assert "c4n4ry" not in done.text
    return done


@pytest.mark.parametrize("name", SAID)
def test_a_stack_that_breaks_a_rule_is_refused_with_the_reason(name: str, by_hand: Project, pack: Path) -> None:
    stack = Stack(by_hand, name)
    by_hand.run("pulumi", "stack", "init", name).succeeded()
    if name == "live-protected":
        stack.pulumi("config set", "mirrors:environment", "live").succeeded()
        stack.pulumi("config set", "mirrors:onRemoval", "clean").succeeded()

    done = judged(stack, pack).failed()

    assert [line for line in SAID[name] if line not in done.text] == [], done.text
    assert "[mandatory]" in done.text
    assert [rule for rule in RULES if f"  {rule}  " in done.text and not name.startswith(rule)] == [], done.text
    if name == "no-plain-secret":
        allowed = pack / "allowed.json"
        allowed.write_text('{"no-plain-secret": {"allow": ["PAYMENT_TOKEN"]}}', encoding="utf-8")
        done = judged(stack, pack, "--policy-pack-config", str(allowed)).failed()
        assert SAID[name][0] in done.text
        assert SAID[name][1] not in done.text


def test_there_is_a_stack_for_every_rule() -> None:
    assert list(STACKS) == list(SAID)
    assert [rule for rule in RULES if rule not in STACKS] == []
    pack = (ROOT / "policy" / "__main__.py").read_text(encoding="utf-8")
    assert [rule for rule in RULES if f'name="{rule}"' not in pack] == []
    assert pack.count("validate=") == len(RULES)


def test_a_fleet_breaks_no_rule_and_one_with_a_password_in_its_list_does(fleet: Fleet, pack: Path) -> None:
    fleet.live.pulumi("config set", "--secret", "--path", "mirrors:secrets.all.TOKEN", "c4n4ry").succeeded()
    with starting_packs(fleet.project, pack):
        Reader(fleet.project, as_it_is, {"--policy-pack policy": f"--policy-pack {shlex.quote(str(pack))}"}).read(USE)
    assert "c4n4ry" not in fleet.project.said[-1]
    fleet.live.pulumi("config rm", "--path", "mirrors:secrets").succeeded()

    declared = {"SMTP_PASSWORD": "c4n4ry"}
    with fleet.project.configured(lambda config: config["mirrors:fleet"]["value"].update(variables=declared)):
        done = judged(fleet.test, pack).failed()

    assert "SMTP_PASSWORD is declared in clear" in done.text

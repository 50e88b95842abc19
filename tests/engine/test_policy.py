"""The policy pack, with the real engine: a stack that breaks each rule is refused, and a fleet breaks none."""

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
from tests.engine.pages.reader import Reader
from tests.engine.project import ROOT, Project, Stack
from tests.engine.template import build_wheel

STARTER = """#!/bin/sh
exec "$2/.venv/bin/python" -u -m pulumi.policy "$1" "$2"
"""
"""Starts a pack as the language host of a Pulumi release does.

That built from Go modules is older and cannot. So the engine gets a runtime without a language host, and looks for this
plugin.
"""

OLDEST = "MIRRORS_TEST_TOOLS"
"""The variable of the session of tests on the oldest Pulumi."""

NEEDS_HOST = "engine 3.274 starts a pack by a language host of its own age; make oldest runs this test"

BROKEN = Path(__file__).parent / "policies" / "broken.py"
ALLOWED = '{"no-plain-secret": {"allow": ["STRIPE_KEY"]}}'
SAID = {
    "own-site-id": ["acme-at", "it has the shared DATABASE_URL and no SITE_ID of its own"],
    "unique-site-ids": [
        "SITE_ID 2 would belong to acme-de and acme-it",
        "SITE_ID 1 would belong to acme and acme-fr",
        "acme-fr: its variables say SITE_ID 1, the ledger of SITE_IDs says 3",
    ],
    "no-plain-secret": ["PAYMENT_TOKEN is declared in clear"],
    "live-protected": ["the ledger of Live's SITE_IDs is not protected", "mirrors:onRemoval is clean"],
}
[PAGE] = [section for section in page("how-to/gitops").sections if section.title == "Rules for every stack"]
INSTALL, USE = Section("installing the pack", PAGE.blocks[:1]), Section("using the pack", PAGE.blocks[1:])


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """Return the pack as the page installs it: in an environment of its own.

    ``uv`` replaces pip; it finds the wheel.
    """
    instead = {
        "/path/to/mirrors": shlex.quote(str(ROOT)),
        "python3 -m venv": f"uv venv --quiet --clear --seed --python {shlex.quote(sys.executable)}",
        "policy/.venv/bin/python -m pip install": "uv pip install --quiet --python policy/.venv/bin/python",
    }
    machine = {"UV_FIND_LINKS": str(build_wheel(tmp_path / "wheel"))}
    Reader(Project(tmp_path, machine), instead).read(INSTALL)
    about = yaml.safe_load((tmp_path / "policy" / "PulumiPolicy.yaml").read_text(encoding="utf-8"))
    assert about["runtime"]["name"] == "python"
    about["runtime"]["name"] = "started-by-plugin"
    (tmp_path / "policy" / "PulumiPolicy.yaml").write_text(yaml.safe_dump(about), encoding="utf-8")
    (tmp_path / "policy" / "allowed.json").write_text(ALLOWED, encoding="utf-8")
    starter = tmp_path / "plugins" / "pulumi-analyzer-policy-started-by-plugin"
    starter.parent.mkdir()
    starter.write_text(STARTER, encoding="utf-8")
    starter.chmod(0o755)
    return tmp_path / "policy"


@pytest.fixture
def by_hand(tmp_path: Path) -> Stack:
    """Return a Live stack without a fleet, and without a platform: nothing gets further than a preview."""
    unreachable = {"DIVIO_API_URL": "http://127.0.0.1:9", "DIVIO_API_TOKEN": "no-ones"}
    project = Project.at(tmp_path / "by-hand", unreachable)
    document = {"name": "by-hand", "runtime": {"name": "python", "options": {"virtualenv": ".venv"}}}
    (project.directory / "Pulumi.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    shutil.copy(BROKEN, project.directory / "__main__.py")
    project.configure(lambda config: config.update({"mirrors:onRemoval": "clean"}), "Pulumi.live.yaml")
    (project.directory / "Pulumi.live.yaml").rename(project.directory / "Pulumi.by-hand.yaml")
    project.run("pulumi", "stack", "init", "by-hand").succeeded()
    return Stack(project, "by-hand")


@contextmanager
def starting_packs(project: Project, pack: Path) -> Iterator[None]:
    path = os.pathsep.join([str(pack.parent / "plugins"), project.variables["PATH"]])
    with project.with_environment(PATH=path):
        yield


@pytest.mark.oldest
@pytest.mark.skipif(OLDEST not in os.environ, reason=NEEDS_HOST)
def test_a_stack_that_breaks_each_rule_is_refused_with_the_reasons_and_a_fleet_breaks_none(
    fleet: Fleet, by_hand: Stack, pack: Path
) -> None:
    with starting_packs(by_hand.project, pack):
        allowed = ("--policy-pack-config", str(pack / "allowed.json"))
        refused = by_hand.preview("--policy-pack", str(pack), *allowed).failed()

    assert {rule: [line for line in lines if line not in refused.text] for rule, lines in SAID.items()} == {
        rule: [] for rule in SAID
    }
    assert [rule for rule in SAID if f"  {rule}  " not in refused.text] == [], refused.text
    assert "[mandatory]" in refused.text
    assert "STRIPE_KEY" not in refused.text
    assert "c4n4ry" not in refused.text

    fleet.live.pulumi("config set", "--secret", "--path", "mirrors:secrets.all.TOKEN", "c4n4ry").succeeded()
    with starting_packs(fleet.project, pack):
        Reader(fleet.project, {"--policy-pack policy": f"--policy-pack {shlex.quote(str(pack))}"}).read(USE)
    assert "c4n4ry" not in fleet.project.said[-1]

"""The commands read a stack from the real ``pulumi``: its configuration, its secrets and its outputs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mirrors.cli.configuration import load_fleet
from mirrors.cli.stacks import read_configuration, read_outputs
from mirrors.errors import MirrorsError
from tests.engine.project import TOOLS

CANARY = "c4n4ry-of-the-stack"
PROJECT = """
name: names
runtime: python
config:
  mirrors:fleet:
    value:
      original: {application: acme}
      mirrors: [{application: acme-de}, {application: acme-fr, siteId: 7}]
  mirrors:maxConcurrentRequests: 3
"""
PROGRAM = f"""
import pulumi

pulumi.export("plain", {{"a": [1]}})
pulumi.export("secret", pulumi.Output.secret("{CANARY}"))
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with the stack ``test``, never updated, in a backend of its own."""
    folder = tmp_path / "project"
    (tmp_path / "backend").mkdir()
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text(PROJECT)
    (folder / "__main__.py").write_text(PROGRAM)
    monkeypatch.setenv("PATH", str(TOOLS), prepend=":")
    for name, value in {
        "PULUMI_BACKEND_URL": (tmp_path / "backend").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "passphrase",
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_PYTHON_CMD": sys.executable,
    }.items():
        monkeypatch.setenv(name, value)
    pulumi(folder, "stack", "init", "test")
    return folder


def pulumi(folder: Path, *arguments: str, given: str | None = None) -> None:
    subprocess.run(["pulumi", *arguments], cwd=folder, input=given, capture_output=True, text=True, check=True)


def configure(folder: Path, *arguments: str) -> None:
    """Encrypt the canary under a key."""
    pulumi(folder, "config", "set", "--stack", "test", "--secret", *arguments, given=CANARY)


def test_what_a_stack_has_is_read_and_its_secrets_only_on_demand(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read_outputs("test", project) == {}
    pulumi(project, "up", "--stack", "test", "--yes", "--skip-preview")
    assert read_outputs("test", project) == {"plain": {"a": [1]}, "secret": CANARY}

    configure(project, "mirrors:apiToken")
    configure(project, "--path", "mirrors:secrets.all.KEY")
    pulumi(project, "config", "set", "--stack", "test", "other:key", "x")
    read = read_configuration("test", project)
    assert read.secret_keys == {"apiToken", "secrets"}
    raw = dict(read.values)
    assert json.loads(raw.pop("fleet"))["mirrors"][1] == {"application": "acme-fr", "siteId": 7}
    assert json.loads(raw.pop("secrets")) == {"all": {"KEY": CANARY}}
    assert raw == {"maxConcurrentRequests": "3", "apiToken": CANARY}
    assert read_configuration("test", project, secrets=False).values.keys() == {"fleet", "maxConcurrentRequests"}

    fleet = json.dumps({"original": {"application": "acme"}, "mirrors": [{"application": "acme-it"}]})
    pulumi(project, "config", "set", "--stack", "test", "--secret", "mirrors:fleet", given=fleet)
    assert "fleet" not in read_configuration("test", project, secrets=False).values
    assert [mirror.application for mirror in load_fleet("test", project)[0].mirrors] == ["acme-it"]

    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE")
    with pytest.raises(MirrorsError, match="PULUMI_CONFIG_PASSPHRASE"):
        read_configuration("test", project)

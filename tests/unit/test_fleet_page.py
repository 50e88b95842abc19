"""docs/how-to/fleet-in-python.md: its programs run, and its test passes."""

import re
from pathlib import Path
from typing import Any

import pulumi
import pytest

from mirrors.testing import describe_fleet, run_program

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "fleet-in-python.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
PLATFORM = describe_fleet("acme", "acme-de", "acme-fr")


def block(words: str) -> str:
    [found] = [item for item in BLOCKS if words in item]
    return str(found)


def test_the_first_program_runs() -> None:
    run = run_program(lambda: exec(block("require_secret")), PLATFORM, secrets={"acme:frenchKey": "x"})  # noqa: S102
    assert run.sites["acme-de"].variables["DOMAIN"] == "www.acme.de"
    assert run.sites["acme-fr"].secrets >= {"API_KEY"}


def test_the_arguments_without_a_name_are_a_fleet() -> None:
    names = {"pulumi": pulumi}
    imports = "from mirrors import Fleet, FleetArgs, MirrorArgs, OriginalArgs\n"
    run = run_program(lambda: exec(imports + block("Fleet(args="), names), PLATFORM)  # noqa: S102
    assert list(run.sites) == ["acme-de"]


def test_the_test_of_the_page_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "__main__.py").write_text(block("require_secret"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(block("def test_the_german_site"), names)  # noqa: S102 - the page's own test
    names["test_the_german_site_has_its_domain"]()

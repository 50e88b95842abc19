"""A stranger's first hour: versions agree, pages lead somewhere, hooks refuse what they name."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGES = ("CONTRIBUTING.md", "SECURITY.md", "STYLE.md", "docs/how-to/release.md", ".github/pull_request_template.md")
VERSION = re.compile(r'^__version__ = "(.+)"$', re.MULTILINE)
HOOKS = {
    hook["id"]: hook
    for repository in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    for hook in repository["hooks"]
}
ISSUE_FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def declared_version(project: Path) -> str:
    """Return the version of a distribution, which hatch may read from a module."""
    metadata = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    if "version" in metadata["project"]:
        return str(metadata["project"]["version"])
    found = VERSION.findall((project / metadata["tool"]["hatch"]["version"]["path"]).read_text(encoding="utf-8"))
    return "".join(found)


def test_everything_of_a_release_has_one_version() -> None:
    versions: dict[object, str] = {
        path.parent: declared_version(path.parent) for path in [ROOT / "pyproject.toml", *ROOT.glob("*/pyproject.toml")]
    }
    versions[ROOT / "policy"] = yaml.safe_load(text("policy/PulumiPolicy.yaml"))["version"]
    extras = tomllib.loads(text("pyproject.toml"))["project"]["optional-dependencies"]
    versions["the extra sandbox"] = extras["sandbox"][0].partition("==")[2]
    assert len(versions) > 3
    assert len(set(versions.values())) == 1, versions


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_only_what_exists(page: str) -> None:
    targets = set(re.findall(r"^(\w+):", text("Makefile"), re.MULTILINE))
    named = set(re.findall(r"`make (\w+)`|^make (\w+)$", text(page), re.MULTILINE))
    assert {one or other for one, other in named} <= targets
    links = re.findall(r"\]\(([^):]+)\)", text(page))
    assert [link for link in links if not (ROOT / page).parent.joinpath(link.partition("#")[0]).exists()] == []


@pytest.mark.parametrize(
    ("message", "refused"),
    [
        ("a" * 72 + "\n\nA body\n" + "b" * 90, False),
        ("a" * 73, True),
        ("a" * 73 + "\n\nA body\n", True),
    ],
)
def test_a_commit_with_a_long_subject_is_refused(message: str, *, refused: bool) -> None:
    hook = HOOKS["subject-length"]
    assert (hook["language"], hook["args"], hook["stages"]) == ("pygrep", ["--multiline"], ["commit-msg"])
    assert bool(re.search(hook["entry"], message, re.MULTILINE | re.DOTALL)) is refused


def test_a_hook_runs_a_locked_program() -> None:
    locked = set(re.findall(r"^([\w-]+)==", text("requirements.lock"), re.MULTILINE))
    programs = {hook["entry"].split()[0] for hook in HOOKS.values() if hook["language"] == "system"}
    assert {program.removeprefix(".venv/bin/") for program in programs} <= locked | {"python"}


@pytest.mark.parametrize("form", ISSUE_FORMS, ids=lambda path: path.name)
def test_an_issue_form_is_valid(form: Path) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-issue-forms", str(form)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_a_report_of_a_bug_brings_what_doctor_says() -> None:
    form = yaml.safe_load(text(".github/ISSUE_TEMPLATE/bug.yml"))
    (doctor,) = (item for item in form["body"] if item.get("id") == "doctor")
    assert "`mirrors doctor --json`" in doctor["attributes"]["label"]
    assert doctor["validations"] == {"required": True}

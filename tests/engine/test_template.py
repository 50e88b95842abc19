"""``pulumi new`` with our template. That a fleet comes up from it is shown by the test of the quick start's page."""

from pathlib import Path

from mirrors.sandbox.control import Sandbox
from tests.engine.project import ROOT
from tests.engine.template import NAME, TEMPLATE, new_repository, written

PIPELINES = ROOT / "examples" / "pipelines"


def test_everything_of_the_template_is_there_and_bears_the_users_name(tmp_path: Path, sandbox: Sandbox) -> None:
    project = new_repository(tmp_path, sandbox)
    there = {path.relative_to(TEMPLATE).as_posix() for path in TEMPLATE.rglob("*") if path.is_file()}
    made = {path for path in there if (project.directory / path).is_file()}

    assert there == made
    about = written(project, "Pulumi.yaml")
    assert (about["name"], about["description"]) == (NAME, "The shops")
    assert "template" not in about
    assert not [path for path in made if "${PROJECT}" in (project.directory / path).read_text(encoding="utf-8")]


def test_the_examples_of_pipelines_are_the_templates() -> None:
    """Links, so that neither can be changed without the other."""
    linked = {path.name: path.resolve() for path in PIPELINES.iterdir() if path.is_symlink()}

    assert linked == {
        "github": TEMPLATE / ".github",
        "gitlab-ci.yml": TEMPLATE / ".gitlab-ci.yml",
        "ci": TEMPLATE / "ci",
    }

"""``pulumi new`` with the project's template, and a copy of its pipelines, as the pages say.

That a fleet comes up from it is shown by the test of the quick start's page.
"""

import shlex
from pathlib import Path

import pytest

from tests.engine.pages.page import Page, Section, page
from tests.engine.pages.reader import Reader, as_it_is
from tests.engine.project import ROOT, Project
from tests.engine.template import NAME, TEMPLATE, written

PIPELINES = ROOT / "examples" / "pipelines"
GITOPS = page("how-to/gitops")
COPIES = {"GitHub Actions": (".github", "ci"), "GitLab CI": (".gitlab-ci.yml", "ci")}
"""By section of the examples' page, what is in the repository then."""

COPYING = [
    section
    for section in Page((PIPELINES / "README.md").read_text(encoding="utf-8")).sections
    if section.title in COPIES
]


def read(section: Section, directory: Path) -> Project:
    """Follow a section in an empty folder, and return the folder in which its reader is then."""
    (directory / "state").mkdir()
    machine = {"PULUMI_HOME": str(directory / "pulumi-home"), "PULUMI_BACKEND_URL": f"file://{directory / 'state'}"}
    (directory / "work").mkdir()
    reader = Reader(Project(directory / "work", machine), as_it_is, {"/path/to/mirrors": shlex.quote(str(ROOT))})
    reader.read(section)
    return reader.project


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_everything_of_the_template_is_there_and_bears_the_users_name(tmp_path: Path) -> None:
    [start] = [section for section in GITOPS.sections if section.title == "Start"]
    project = read(start, tmp_path)
    there = files(TEMPLATE)
    made = {path for path in there if (project.directory / path).is_file()}

    assert there == made
    about = written(project, "Pulumi.yaml")
    assert (about["name"], about["description"]) == (NAME, "Our shops")
    assert "template" not in about
    text = (project.directory / "Pulumi.yaml").read_text(encoding="utf-8")
    assert f"        application: {NAME}\n" in text, "in quotes, the engine would add a space"
    assert "pulumi:tags" not in text, "it names a folder"
    assert not [path for path in made if "${PROJECT}" in (project.directory / path).read_text(encoding="utf-8")]


def test_the_examples_of_pipelines_are_the_templates() -> None:
    """Links, so that neither can be changed without the other."""
    linked = {path.name: path.resolve() for path in PIPELINES.iterdir() if path.is_symlink()}

    assert linked == {
        "github": TEMPLATE / ".github",
        "gitlab-ci.yml": TEMPLATE / ".gitlab-ci.yml",
        "ci": TEMPLATE / "ci",
    }


@pytest.mark.parametrize("section", COPYING, ids=lambda section: section.title)
def test_a_copy_of_the_pipelines_is_whole_and_no_link(section: Section, tmp_path: Path) -> None:
    copied = read(section, tmp_path).directory
    wanted = {path for path in files(TEMPLATE) if path.startswith(COPIES[section.title])}

    assert files(copied) == wanted
    assert [path for path in copied.rglob("*") if path.is_symlink()] == []
    assert [path for path in wanted if (copied / path).read_bytes() != (TEMPLATE / path).read_bytes()] == []


def test_each_block_of_the_pages_is_read_by_a_test() -> None:
    """The rules' section is followed by the test of the policy pack."""
    run = [section.title for section in GITOPS.sections if any(not block.not_run for block in section.blocks)]

    assert run == ["Start", "Rules for every stack"]
    assert GITOPS.unread == 0
    assert [section.title for section in COPYING] == list(COPIES)

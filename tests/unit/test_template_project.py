"""The template's own files: what a command makes of its list, which Pulumi it asks for, and copies of its pipelines."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from mirrors.cli.project import ProjectFile
from tests.engine.pages.page import Page, Section
from tests.engine.pages.reader import Reader
from tests.engine.project import ROOT, Project

TEMPLATE = ROOT / "templates" / "fleet"
PIPELINES = ROOT / "examples" / "pipelines"
COPIES = {"GitHub Actions": (".github", "ci"), "GitLab CI": (".gitlab-ci.yml", "ci")}
"""By section of the examples' page, what is in the repository then."""

COPYING = [
    section
    for section in Page((PIPELINES / "README.md").read_text(encoding="utf-8")).sections
    if section.title in COPIES
]


def test_a_list_that_is_written_is_alone_without_the_examples_of_the_template(tmp_path: Path) -> None:
    file = ProjectFile.read(Path(shutil.copy(TEMPLATE / "Pulumi.yaml", tmp_path)))
    file.set_fleet(
        {"original": {"application": "acme", "siteId": 1}, "mirrors": [{"application": "acme-de", "siteId": 2}]}
    )
    file.save()

    *_, written = (tmp_path / "Pulumi.yaml").read_text().partition("    value:\n")
    assert written == (
        "      original:\n"
        "        application: acme\n"
        "        siteId: 1\n"
        "      mirrors:\n"
        "        - application: acme-de\n"
        "          siteId: 2\n"
    )


def test_the_template_takes_the_library_that_the_package_was_tried_with() -> None:
    """A newer one than the command would leave ``mirrors doctor`` with a warning."""
    pinned = re.compile(r"^pulumi==(\S+)$", re.MULTILINE)
    asked, tried = (
        pinned.findall(path.read_text()) for path in (TEMPLATE / "requirements.txt", ROOT / "constraints.txt")
    )

    assert asked == tried
    assert len(asked) == 1


def test_the_examples_of_pipelines_are_the_templates() -> None:
    """Links, so that neither can be changed without the other."""
    linked = {path.name: path.resolve() for path in PIPELINES.iterdir() if path.is_symlink()}

    assert linked == {
        "github": TEMPLATE / ".github",
        "gitlab-ci.yml": TEMPLATE / ".gitlab-ci.yml",
        "ci": TEMPLATE / "ci",
    }
    assert [section.title for section in COPYING] == list(COPIES)


@pytest.mark.parametrize("section", COPYING, ids=lambda section: section.title)
def test_a_copy_of_the_pipelines_is_whole_and_no_link(section: Section, tmp_path: Path) -> None:
    Reader(Project(tmp_path), {"/path/to/mirrors": shlex.quote(str(ROOT))}).read(section)
    wanted = {path for path in files(TEMPLATE) if path.startswith(COPIES[section.title])}

    assert files(tmp_path) == wanted
    assert [path for path in tmp_path.rglob("*") if path.is_symlink()] == []
    assert [path for path in wanted if (tmp_path / path).read_bytes() != (TEMPLATE / path).read_bytes()] == []


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}

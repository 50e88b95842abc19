"""An empty file in a backend of files: which one counts, and the command that helps."""

from pathlib import Path

import pytest

from mirrors.cli.doctor.files import check_files
from mirrors.problems.findings import FindingLevel


@pytest.fixture
def stacks(tmp_path: Path) -> Path:
    folder = tmp_path / ".pulumi" / "stacks" / "acme"
    folder.mkdir(parents=True)
    for name in ("test.json", "live.json"):
        for suffix in ("", ".attrs", ".bak", ".bak.attrs"):
            (folder / f"{name}{suffix}").write_text("{}", encoding="utf-8")
    (tmp_path / ".pulumi" / "meta.yaml.attrs").write_text("{}", encoding="utf-8")
    return folder


def remedies(stacks: Path) -> list[str]:
    found = list(check_files(f"file://{stacks.parents[2]}"))
    assert {(item.level, item.code) for item in found} <= {(FindingLevel.PROBLEM, "backend-file-empty")}
    assert all(str(stacks.parents[2]) in item.message for item in found)
    return [item.remedy for item in found]


@pytest.mark.parametrize(
    ("empty", "expected"),
    [
        ([], []),
        (["test.json.attrs"], ["rm {0}/test.json.attrs; then pulumi cancel --yes test, and pulumi up -s test"]),
        (["live.json"], ["cp {0}/live.json.bak {0}/live.json; then pulumi cancel --yes live, and pulumi up -s live"]),
        (["test.json.bak.attrs", "test.json.bak"], []),
        (["../../meta.yaml.attrs"], ["rm {1}/.pulumi/meta.yaml.attrs"]),
    ],
)
def test_each_empty_file_that_the_engine_reads_has_its_command(
    stacks: Path, empty: list[str], expected: list[str]
) -> None:
    for name in empty:
        (stacks / name).write_bytes(b"")
    assert remedies(stacks) == [text.format(stacks, stacks.parents[2]) for text in expected]


def test_where_the_copy_is_empty_as_well_it_is_not_put_back(stacks: Path) -> None:
    for name in ("test.json", "test.json.bak"):
        (stacks / name).write_bytes(b"")
    [remedy] = remedies(stacks)
    assert remedy.startswith("restore it from .pulumi/backups")


def test_a_backend_that_is_not_of_files_has_none() -> None:
    assert list(check_files("s3://bucket")) == []
    assert list(check_files("https://api.pulumi.com")) == []
    assert list(check_files("")) == []

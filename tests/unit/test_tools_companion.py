"""``tools.companion_tests``: what it says where it cannot test everything."""

from pathlib import Path

import pytest

from tests.unit.tools_support import program
from tools.companion_tests import DJANGO, find_interpreter, main


@pytest.fixture
def without_interpreters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a machine on which uv and pyenv know of no Python, and return the folder that is all of PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path / "none"))
    return tmp_path


def test_where_an_interpreter_is_missing_it_ends_with_2_and_names_the_remedy(
    without_interpreters: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program(without_interpreters / "python3.9", "exit 127")  # a shim that leads nowhere
    assert main(["3.9"]) == 2
    said = capsys.readouterr().err
    assert said == (
        "Python 3.9 is missing, so the companion cannot be tested with Django 4.2: "
        "install it, on PATH, with pyenv or with `uv python install 3.9`\n"
    )


def test_all_are_looked_for_before_anything_is_made(
    without_interpreters: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for version in list(DJANGO)[:-1]:
        program(without_interpreters / f"python{version}", f"echo {version} {without_interpreters}/python{version}")
    assert find_interpreter("3.9") == f"{without_interpreters}/python3.9"
    assert main([]) == 2
    assert "Python 3.13 is missing" in capsys.readouterr().err


def test_a_version_that_is_not_tested_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["3.8"])
    assert ended.value.code == 2
    assert "no such Python: 3.8; there are 3.9, 3.11, 3.13" in capsys.readouterr().err

"""``mirrors preview`` of a program that ends before it declares a fleet. A command is in the place of ``pulumi``."""

import json
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from mirrors.cli.preview import preview_stack

LOST = "Program failed with an unhandled exception:\nModuleNotFoundError: No module named 'nothere'"


def previewing(directory: Path, *diagnostics: dict[str, str]) -> None:
    """Put a command in the place of ``pulumi``: its configuration is empty, and its preview has these messages."""
    said = json.dumps({"steps": [], "diagnostics": diagnostics})
    script = f"""\
        #!{sys.executable}
        import sys
        print({{"config": "{{}}", "preview": {said!r}}}[sys.argv[1]])
        sys.exit(sys.argv[1] == "preview" and {bool(diagnostics)})
        """
    (directory / "pulumi").write_text(dedent(script))
    (directory / "pulumi").chmod(0o755)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    (tmp_path / "Pulumi.yaml").write_text("name: acme\nruntime: python\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("fleet", [None, "acme"])
def test_an_error_of_the_program_is_what_the_preview_reports(project: Path, fleet: str | None) -> None:
    previewing(project, {"severity": "error", "message": LOST})
    [problem] = preview_stack((), "test", project, fleet).problems
    assert problem.code == "engine"
    assert "No module named 'nothere'" in problem.message


def test_a_program_that_declares_no_fleet_lacks_the_key(project: Path) -> None:
    previewing(project)
    assert "missing-key" in {problem.code for problem in preview_stack((), "test", project).problems}

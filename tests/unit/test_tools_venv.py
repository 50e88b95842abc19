"""``tools/venv.sh``: when it does nothing, and what it says where it cannot work."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.tools_support import program

ROOT = Path(__file__).parents[2]
RECORDS = 'echo "$*" >>calls'


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    path = tmp_path / "check out"
    (path / "tools").mkdir(parents=True)
    shutil.copy(ROOT / "tools" / "venv.sh", path / "tools")
    (path / "requirements.lock").write_text("one==1\n")
    (path / "pyproject.toml").write_text("[project]\n")
    return path


def venv(checkout: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    command = ["/bin/sh", "tools/venv.sh"]
    start = {"PATH": "/usr/bin:/bin", **environ}
    return subprocess.run(command, cwd=checkout, env=start, capture_output=True, text=True, check=False)


def calls(checkout: Path) -> list[str]:
    file = checkout / "calls"
    return [line for line in file.read_text().splitlines() if "pip install" in line] if file.exists() else []


def test_packages_are_installed_by_hash_and_once(checkout: Path) -> None:
    program(checkout / ".venv" / "bin" / "python", RECORDS)
    assert venv(checkout).returncode == 0
    assert venv(checkout).returncode == 0
    assert calls(checkout) == [
        "-m pip install --quiet --require-hashes --no-deps -r requirements.lock",
        "-m pip install --quiet --no-build-isolation --no-deps -e .",
    ]


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_a_changed_lock_or_project_is_installed_again(checkout: Path, name: str) -> None:
    program(checkout / ".venv" / "bin" / "python", RECORDS)
    venv(checkout)
    (checkout / name).write_text("changed\n")
    venv(checkout)
    assert len(calls(checkout)) == 4


def test_an_install_that_failed_is_tried_again(checkout: Path) -> None:
    python = program(checkout / ".venv" / "bin" / "python", RECORDS, 'case "$*" in *install*) exit 1;; esac')
    assert venv(checkout).returncode == 1
    program(python, RECORDS)
    assert venv(checkout).returncode == 0
    assert len(calls(checkout)) == 3


def test_a_moved_checkout_gets_a_new_environment(checkout: Path) -> None:
    program(checkout / ".venv" / "bin" / "python", RECORDS)
    venv(checkout)
    moved = checkout.rename(checkout.parent / "moved")
    python = program(moved.parent / "python", 'case "$*" in "-m venv"*) echo made >>made; exit 1;; esac')
    assert "-m venv failed" in venv(moved, PYTHON=str(python)).stderr
    assert (moved / "made").exists()
    assert not (moved / ".venv").exists()


def test_an_interpreter_that_is_too_old_is_named(checkout: Path) -> None:
    python = program(checkout.parent / "python", "exit 1")
    done = venv(checkout, PYTHON=str(python))
    assert done.returncode == 1
    assert done.stderr == f"venv: PYTHON={python} is no Python 3.11 or newer that runs\n"


def test_without_a_python_the_remedy_is_said(checkout: Path) -> None:
    old = checkout.parent / "old"
    program(old / "python3", 'case "$*" in --version) echo Python 3.8.1;; *) exit 1;; esac')
    for name in ("dirname", "cat", "cmp", "head", "pwd"):
        (old / name).symlink_to(shutil.which(name) or name)
    done = venv(checkout, PATH=str(old))
    assert done.returncode == 1
    assert "no Python 3.11 or newer on PATH (Python 3.8.1): install one" in done.stderr
    assert not (checkout / ".venv").exists()


def test_a_python_without_ensurepip_is_distinguished_from_one_that_works(checkout: Path) -> None:
    python = program(checkout.parent / "python", 'case "$*" in *ensurepip*) exit 1;; esac')
    done = venv(checkout, PYTHON=str(python))
    assert done.returncode == 1
    assert "has no venv or ensurepip module" in done.stderr
    assert "apt install python3-venv" in done.stderr

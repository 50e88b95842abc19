"""``.state/env``, sourced by a real shell."""

import stat
import subprocess
from pathlib import Path

import pytest

from tools.shell_environment import render, write

TOKEN = "canary-token"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a checkout whose path needs quoting."""
    path = tmp_path / "it's a $HOME"
    (path / ".state" / "sandbox").mkdir(parents=True)
    return path


def start_sandbox(checkout: Path) -> None:
    (checkout / ".state" / "sandbox" / "url").write_text("http://127.0.0.1:1234\n")
    (checkout / ".state" / "sandbox" / "token").write_text(TOKEN)


def sourced(file: Path, *, times: int = 1, **environ: str) -> dict[str, str]:
    """Return the environment variables of a shell in another folder that has sourced `file`."""
    script = 'set -eu; for _ in $2; do . "$1"; done; env -0'
    command = ["/bin/sh", "-c", script, "sh", str(file), "x " * times]
    start = {"PATH": "/usr/bin:/bin", **environ}
    done = subprocess.run(command, cwd="/", env=start, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return dict(line.split("=", 1) for line in done.stdout.split("\0") if line)


def test_the_file_leads_to_the_checkouts_programs_state_and_sandbox(checkout: Path) -> None:
    file = write(checkout)
    start_sandbox(checkout)
    found = sourced(file)
    assert found["PATH"] == f"{checkout}/.venv/bin:{checkout}/.tools/bin:/usr/bin:/bin"
    assert found["VIRTUAL_ENV"] == f"{checkout}/.venv"
    assert found["PULUMI_HOME"] == f"{checkout}/.state/pulumi-home"
    assert found["PULUMI_BACKEND_URL"] == f"file://{checkout}/.state/pulumi"
    assert "PULUMI_RUN_PROGRAM" not in found  # with it each up would write the state once a resource
    assert found["MIRRORS_SANDBOX_DIR"] == f"{checkout}/.state/sandbox"
    assert (found["DIVIO_API_URL"], found["DIVIO_API_TOKEN"]) == ("http://127.0.0.1:1234", TOKEN)


def test_the_file_is_its_owners_and_holds_no_secret(checkout: Path) -> None:
    start_sandbox(checkout)
    file = write(checkout)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert TOKEN not in file.read_text()


def test_sourcing_twice_puts_the_folders_on_path_once(checkout: Path) -> None:
    file = write(checkout)
    assert sourced(file, times=3)["PATH"] == sourced(file)["PATH"]


def test_a_real_accounts_token_does_not_survive_where_there_is_no_sandbox(checkout: Path) -> None:
    found = sourced(write(checkout), DIVIO_API_URL="https://api.divio.com", DIVIO_API_TOKEN="real")
    assert "DIVIO_API_URL" not in found
    assert "DIVIO_API_TOKEN" not in found


def test_a_plain_path_reads_plainly() -> None:
    assert "export PULUMI_BACKEND_URL=file:///srv/checkout/.state/pulumi\n" in render(Path("/srv/checkout"))

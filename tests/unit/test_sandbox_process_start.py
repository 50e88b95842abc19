import json
import os
import socket
import stat
from pathlib import Path

import psutil
import pytest
import requests
from click.testing import CliRunner
from mirrors_sandbox.cli import sandbox as command
from mirrors_sandbox.control import Sandbox
from mirrors_sandbox.process import find
from mirrors_sandbox.state import SandboxError

from tests.sandboxes import TIMEOUT, crash, deployment_log, get, newest_deployment, running_sandbox


def run(box: Sandbox, *arguments: str, code: int = 0) -> str:
    """Output of ``mirrors sandbox``, both streams."""
    result = CliRunner().invoke(command, ["--state-dir", str(box.state.root), *arguments])
    assert result.exit_code == code, result.output
    return result.output


def test_a_started_sandbox_answers_on_loopback_alone(sandbox: Sandbox) -> None:
    listing = requests.get(f"{sandbox.url}/apps/v3/", timeout=TIMEOUT)
    process = sandbox.process
    assert process is not None
    addresses = {item.laddr.ip for item in psutil.Process(process.pid).net_connections() if item.status == "LISTEN"}
    assert listing.status_code == 200
    assert addresses == {"127.0.0.1"}


def test_a_second_start_says_that_it_runs_and_starts_nothing(sandbox: Sandbox) -> None:
    before = sandbox.process
    assert "serves already" in run(sandbox, "start")
    assert sandbox.process == before


def test_a_running_sandbox_refuses_other_options(sandbox: Sandbox) -> None:
    assert "with other options" in run(sandbox, "start", "--runner", "process", code=1)


def test_a_stopped_sandbox_refuses_another_runner_because_its_databases_would_not_fit(sandbox: Sandbox) -> None:
    sandbox.stop()
    assert "--runner none" in run(sandbox, "start", "--runner", "process", code=1)


def test_a_server_that_is_in_no_record_is_not_forgotten_as_if_it_had_ended(sandbox: Sandbox, tmp_path: Path) -> None:
    recorded, aside = sandbox.state / "sandbox.pid", tmp_path / "aside"
    recorded.rename(aside)
    try:
        assert f"something answers on {sandbox.url}" in run(sandbox, "stop", code=1)
        assert f"something answers on {sandbox.url}" in run(sandbox, "reset", "--yes", code=1)
    finally:
        aside.rename(recorded)
    assert sandbox.process is not None


def test_its_directory_and_secrets_are_the_owners_alone(sandbox: Sandbox) -> None:
    def mode(path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode)

    assert mode(sandbox.state.root) == 0o700
    files = [path for path in sandbox.state.root.iterdir() if path.is_file()]
    assert {path.name for path in files} >= {"token", "secret_key", "admin_password", "sandbox.log", "sandbox.sqlite3"}
    assert {mode(path) for path in files if path.name != "start.lock"} == {0o600}


def test_the_token_may_be_given_at_the_first_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIRRORS_SANDBOX_TOKEN", "canary-token")
    with running_sandbox(tmp_path) as box:
        process = box.process
        assert process is not None
        assert box.token == "canary-token"
        assert "MIRRORS_SANDBOX_TOKEN" not in psutil.Process(process.pid).environ()


def test_nothing_that_it_prints_holds_a_secret(sandbox: Sandbox) -> None:
    printed = run(sandbox, "status") + run(sandbox, "status", "--json") + run(sandbox, "start")
    printed += sandbox.state.log.read_text()
    secrets = [(sandbox.state / name).read_text() for name in ("token", "secret_key", "admin_password")]
    assert not [secret for secret in secrets if secret in printed]


def test_the_control_panels_user_can_log_in(sandbox: Sandbox) -> None:
    with requests.Session() as browser:
        page = browser.get(f"{sandbox.url}/admin/login/", timeout=TIMEOUT)
        assert page.status_code == 200
        token = next(cookie.value for cookie in browser.cookies if "csrf" in cookie.name)
        password = (sandbox.state / "admin_password").read_text()
        form = {"username": "admin", "password": password, "csrfmiddlewaretoken": str(token)}
        answer = browser.post(f"{sandbox.url}/admin/login/?next=/admin/", data=form, timeout=TIMEOUT)
        assert "Control panel" in answer.text
        assert answer.url.endswith("/admin/")


def test_a_restart_keeps_address_and_objects(sandbox: Sandbox) -> None:
    sandbox.seed()
    url, before = sandbox.url, get(sandbox, "applications/")
    sandbox.stop()
    sandbox.start()
    assert (sandbox.url, get(sandbox, "applications/")) == (url, before)


def test_stop_ends_the_server_and_says_so_and_a_second_stop_is_fine(sandbox: Sandbox) -> None:
    process = sandbox.process
    assert process is not None
    assert f"the server (process {process.pid})" in run(sandbox, "stop")
    assert find(process) is None
    assert "Nothing was running" in run(sandbox, "stop")


def test_status_tells_programs_by_its_exit_code_whether_it_runs(sandbox: Sandbox) -> None:
    running = json.loads(run(sandbox, "status", "--json"))
    sandbox.stop()
    stopped = json.loads(run(sandbox, "status", "--json", code=3))
    assert (running["running"], running["url"], running["runner"]) == (True, sandbox.url, "none")
    assert (stopped["running"], stopped["pid"]) == (False, None)


def test_status_of_a_sandbox_that_never_was(tmp_path: Path) -> None:
    assert "start one" in run(Sandbox(tmp_path / "none"), "status", code=3)


def test_it_starts_again_after_a_crash_and_marks_the_interrupted_deployment(sandbox: Sandbox) -> None:
    sandbox.seed(mirrors=["acme-de"])
    sandbox.add_fault("deployment-hangs")
    sandbox.deploy("acme-de", "live", wait=False)
    crash(sandbox)
    assert sandbox.start()
    assert newest_deployment(sandbox, "acme-de", "live")["success"] is False
    assert "interrupted" in deployment_log(sandbox, "acme-de", "live")


def test_a_pid_file_that_names_another_process_by_now_is_not_believed(sandbox: Sandbox) -> None:
    sandbox.stop()
    stranger = {"pid": os.getpid(), "started": 1.0, "kind": "server", "label": "", "port": 0}
    (sandbox.state / "sandbox.pid").write_text(json.dumps(stranger))
    assert sandbox.start()
    assert sandbox.process is not None
    assert sandbox.process.pid != os.getpid()


def test_a_port_that_a_stranger_has_is_named(sandbox: Sandbox) -> None:
    sandbox.stop()
    port = sandbox.state.known_settings().port
    with socket.create_server(("127.0.0.1", port)):
        assert f"port {port} is taken" in run(sandbox, "start", code=1)
    assert sandbox.start()


def test_a_server_that_ends_at_once_is_reported_with_the_end_of_its_log(sandbox: Sandbox) -> None:
    sandbox.stop()
    (sandbox.state / "sandbox.sqlite3").write_text("this is no database, however often one looks at it")
    for name in ("sandbox.sqlite3-wal", "sandbox.sqlite3-shm"):
        (sandbox.state / name).unlink(missing_ok=True)
    assert "file is not a database" in run(sandbox, "start", code=1)
    assert sandbox.process is None


def test_reset_removes_everything_but_asks_before(sandbox: Sandbox) -> None:
    assert CliRunner().invoke(command, ["--state-dir", str(sandbox.state.root), "reset"], input="n\n").exit_code == 1
    process = sandbox.process
    assert process is not None
    run(sandbox, "reset", "--yes")
    assert find(process) is None
    assert not sandbox.state.exists
    assert "nothing" in run(sandbox, "reset", "--yes")


def test_reset_keeps_its_hands_off_a_directory_that_is_no_sandbox(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    with pytest.raises(SandboxError, match="no sandbox"):
        Sandbox(tmp_path).reset()
    assert (tmp_path / "letters").is_dir()


def test_every_command_explains_itself() -> None:
    def commands(group: object) -> list[object]:
        inner = getattr(group, "commands", {}).values()
        return [group, *(item for child in inner for item in commands(child))]

    found = commands(command)
    assert len(found) > 12
    assert all(getattr(item, "help", None) for item in found)

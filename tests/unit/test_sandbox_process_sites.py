import os
import signal
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest
import requests
from mirrors_sandbox.control import Sandbox
from mirrors_sandbox.process import Recorded, find, wait_until
from mirrors_sandbox.process_records import ProcessRecords
from mirrors_sandbox.running import RunningSite
from mirrors_sandbox.state import SandboxError

from tests.panel import Panel
from tests.sandboxes import (
    TIMEOUT,
    crash,
    delete_variable,
    deployment_log,
    frozen_variables,
    get,
    newest_deployment,
    running_sandbox,
    set_variable,
    site_codebase,
)

ATTEMPTS = 3  # of `mirrors_sandbox.runner.watch`, which only a sandbox's server can import


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Yield a sandbox with real processes, for all tests of this module: an original and two mirrors."""
    directory = tmp_path_factory.mktemp("platform")
    with running_sandbox(directory, runner="process") as started:
        started.seed(mirrors=["acme-de", "acme-fr"], codebase=site_codebase(directory / "site"))
        yield started


def silently(_line: str) -> None:
    """For what reports to the terminal."""


def site(platform: Sandbox, application: str, environment: str) -> RunningSite:
    """Return the site that serves now."""
    return next(
        item for item in platform.status().sites if (item.application, item.environment) == (application, environment)
    )


def lives(pid: int) -> bool:
    """Return whether there is such a process, other than one whose exit code no one has taken yet."""
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def ask(address: str) -> Any:
    return requests.get(address, timeout=TIMEOUT).json()


def test_a_site_runs_with_exactly_its_frozen_variables_and_what_no_process_can_do_without(platform: Sandbox) -> None:
    serving = site(platform, "acme", "test")
    seen = ask(serving.address)["variables"]
    frozen = frozen_variables(platform, "acme", "test")
    seen.pop("PWD", None)  # set by the shell
    assert {name: seen[name] for name in frozen} == frozen
    assert set(seen) - set(frozen) <= {"PATH", "HOME", "LANG", "HOST", "PORT", "LC_CTYPE", "OLDPWD", "SHLVL", "_"}
    assert serving.address == f"http://{frozen['DOMAIN']}/"


def test_the_log_of_a_deployment_shows_its_release_commands_without_credentials(platform: Sandbox) -> None:
    set_variable(platform, "acme", "live", "WHISPER", "rosebud-canary", is_sensitive=True)
    platform.deploy("acme", "live")
    log = deployment_log(platform, "acme", "live")
    secrets = frozen_variables(platform, "acme", "live")
    assert "release command tell" in log
    assert "database *** whisper ***" in log
    assert secrets["WHISPER"] not in log
    assert secrets["DATABASE_URL"] not in log


def test_a_deployment_replaces_the_process_and_keeps_the_address(platform: Sandbox) -> None:
    before = site(platform, "acme", "test")
    set_variable(platform, "acme", "test", "GREETING", "hello")
    assert "GREETING" not in ask(before.address)["variables"]
    platform.deploy("acme", "test")
    after = site(platform, "acme", "test")
    assert after.address == before.address
    assert after.pid != before.pid
    assert not lives(before.pid)
    assert ask(after.address)["variables"]["GREETING"] == "hello"


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("RELEASE_CODE", "3", "ended with exit code 3"),
        ("CRASH", "a-crash", "process ended with exit code 1"),
        ("ANSWER", "503 Service Unavailable", "answered 503"),
    ],
)
def test_after_a_failed_deployment_the_old_process_serves_on(
    platform: Sandbox, name: str, value: str, problem: str
) -> None:
    before = site(platform, "acme", "test")
    set_variable(platform, "acme", "test", name, value)
    try:
        with pytest.raises(SandboxError, match=problem):
            platform.deploy("acme", "test")
    finally:
        delete_variable(platform, "acme", "test", name)
    assert newest_deployment(platform, "acme", "test")["success"] is False
    assert ask(before.address)["pid"] == before.pid
    assert site(platform, "acme", "test") == before


def test_the_log_of_a_failed_deployment_ends_with_what_the_site_said(platform: Sandbox) -> None:
    set_variable(platform, "acme", "test", "CRASH", "unmistakable-cause", is_sensitive=False)
    try:
        with pytest.raises(SandboxError):
            platform.deploy("acme", "test")
    finally:
        delete_variable(platform, "acme", "test", "CRASH")
    assert "crashed, with unmistakable-cause" in deployment_log(platform, "acme", "test")


def test_500_counts_as_healthy(platform: Sandbox) -> None:
    set_variable(platform, "acme", "test", "ANSWER", "500 Internal Server Error")
    platform.deploy("acme", "test")
    assert requests.get(site(platform, "acme", "test").address, timeout=TIMEOUT).status_code == 500
    delete_variable(platform, "acme", "test", "ANSWER")
    platform.deploy("acme", "test")


def test_a_deployment_that_hangs_on_request_leaves_the_others_alone(platform: Sandbox) -> None:
    platform.add_fault("deployment-hangs", path="acme-fr/test", remaining=1, settings={"seconds": 1})
    platform.deploy("acme-fr", "test", wait=False)
    platform.deploy("acme-fr", "live")
    assert wait_until(lambda: newest_deployment(platform, "acme-fr", "test")["success"] is False, timeout=30)
    assert "deployment-hangs" in deployment_log(platform, "acme-fr", "test")


def test_a_mirror_without_copied_variables_falls_back_to_a_database_and_a_storage_of_its_own(platform: Sandbox) -> None:
    platform.deploy("acme-de", "test")
    own, originals = (frozen_variables(platform, name, "test") for name in ("acme-de", "acme"))
    assert own["DATABASE_URL"] != originals["DATABASE_URL"]
    assert name_of_database(own["DATABASE_URL"]).startswith("acme-de-test-")
    assert (platform.state / "storage" / "acme-de-test").is_dir()
    assert not (platform.state / "storage" / "acme-de-live").exists()


def test_a_mirror_runs_the_release_of_its_original(platform: Sandbox) -> None:
    platform.deploy("acme-de", "live")
    directories = {psutil.Process(site(platform, name, "live").pid).cwd() for name in ("acme", "acme-de")}
    assert len(directories) == 1


def test_a_rotated_password_is_refused_at_once_and_the_new_one_comes_with_a_deployment(platform: Sandbox) -> None:
    old = frozen_variables(platform, "acme", "test")["DATABASE_URL"]
    database = name_of_database(old)
    live = site(platform, "acme", "live")
    platform.rotate("acme", "test")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(old)
    platform.deploy("acme", "test")
    new = frozen_variables(platform, "acme", "test")["DATABASE_URL"]
    assert database.startswith("acme-test-")
    assert name_of_database(new) == database
    of_live = frozen_variables(platform, "acme", "live")["DATABASE_URL"]
    assert name_of_database(of_live).startswith("acme-live-"), "Live goes on"
    assert site(platform, "acme", "live") == live


def name_of_database(url: str) -> str:
    """Return the name as the server reports it."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT current_database()").fetchone()
    assert row
    return str(row[0])


def test_a_sites_output_is_the_owners_alone(platform: Sandbox) -> None:
    logs = list((platform.state / "sites").glob("*.log"))
    assert {path.name for path in logs} >= {"acme-test.log", "acme-live.log"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in logs} == {0o600}


def test_a_password_is_in_no_process_list(platform: Sandbox) -> None:
    urls = [frozen_variables(platform, "acme", stage)["DATABASE_URL"] for stage in ("test", "live")]
    secrets = [
        (platform.state / "postgres" / "admin_password").read_text(),
        *(str(urlsplit(url).password) for url in urls),
    ]
    commands = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
    assert not [command for command in commands for secret in secrets if secret in command]


def test_sites_serve_again_on_the_same_addresses_after_a_stop(platform: Sandbox) -> None:
    before = platform.status()
    processes = [item for item in ProcessRecords(platform.state / "processes") if item.alive]
    ended = platform.stop()
    assert f"{len(before.sites)} sites" in ended
    assert [item for item in processes if find(item)] == []
    assert not platform.status().database_server
    platform.start()
    after = platform.status()
    assert [site.address for site in after.sites] == [site.address for site in before.sites]
    assert not {site.pid for site in after.sites} & {site.pid for site in before.sites}
    assert all(ask(site.address)["pid"] == site.pid for site in after.sites)


def test_after_a_crash_of_the_server_a_start_leaves_one_process_a_site(platform: Sandbox) -> None:
    before = platform.status()
    assert before.sites
    crash(platform)
    platform.start()
    after = platform.status()
    assert [site.address for site in after.sites] == [site.address for site in before.sites]
    assert not [site.pid for site in before.sites if lives(site.pid)]
    assert after.database_server == before.database_server


def test_stop_after_a_crash_of_the_server_ends_what_it_left(tmp_path: Path) -> None:
    with running_sandbox(tmp_path, runner="process") as crashed:
        crashed.seed(mirrors=[], codebase=site_codebase(tmp_path / "site"))
        status = crashed.status()
        database = crashed.state / "postgres" / "server.json"
        assert database.exists()
        crash(crashed)
        ended = crashed.stop()
        assert len(status.sites) == 2
        assert "2 sites" in ended
        assert [word for word in ended if word.startswith("PostgreSQL")]
        assert not [site.pid for site in status.sites if lives(site.pid)]


def test_a_release_command_that_is_killed_leaves_no_process_and_fails_its_deployment(platform: Sandbox) -> None:
    set_variable(platform, "acme", "live", "WAIT", "1")
    platform.deploy("acme", "live", wait=False)
    command, family = running_command(platform)
    os.kill(command.pid, signal.SIGKILL)
    delete_variable(platform, "acme", "live", "WAIT")
    assert wait_until(lambda: newest_deployment(platform, "acme", "live")["success"] is False, timeout=20)
    assert "the command ended by signal 9" in deployment_log(platform, "acme", "live")
    assert wait_until(lambda: not any(lives(process.pid) for process in family), timeout=20)


def test_a_stop_ends_a_release_command_and_the_next_start_marks_its_deployment(platform: Sandbox) -> None:
    set_variable(platform, "acme", "live", "WAIT", "1")
    platform.deploy("acme", "live", wait=False)
    _, family = running_command(platform)
    platform.stop()
    assert not [process for process in family if lives(process.pid)]
    platform.start()
    delete_variable(platform, "acme", "live", "WAIT")
    assert newest_deployment(platform, "acme", "live")["success"] is False
    assert "interrupted" in deployment_log(platform, "acme", "live")


def running_command(platform: Sandbox) -> tuple[Recorded, list[psutil.Process]]:
    """Return the release command that runs now, and all that it started, once it has."""
    found: list[Recorded] = []

    def waits() -> bool:
        found[:] = [item for item in ProcessRecords(platform.state / "processes") if item.kind == "release command"]
        started = [child for item in found for child in psutil.Process(item.pid).children(recursive=True)]
        return any(child.name() == "sleep" for child in started)

    assert wait_until(waits, timeout=20)
    leader = psutil.Process(found[0].pid)
    return found[0], [leader, *leader.children(recursive=True)]


def test_an_application_that_is_deleted_stops_serving_and_leaves_the_others_alone(platform: Sandbox) -> None:
    platform.mirror("acme", "acme-it", report=silently)
    for stage in ("test", "live"):
        platform.deploy("acme-it", stage, report=silently)
    sites = [site(platform, "acme-it", stage) for stage in ("test", "live")]
    others = [item for item in platform.status().sites if item not in sites]
    panel = Panel(platform.url, (platform.state / "admin_password").read_text())
    [application] = get(platform, "applications/", slug="acme-it")["results"]

    panel.do(f"/sandbox/application/{application['uuid']}/delete/", post="yes")

    assert not [item.pid for item in sites if lives(item.pid)]
    assert platform.status().sites == others
    assert (platform.state / "storage" / "acme-it-test").is_dir(), "what the site has kept stays"


def test_a_site_whose_process_is_killed_serves_again_at_the_same_address_but_not_for_ever(platform: Sandbox) -> None:
    platform.deploy("acme-fr", "live", report=silently)
    for _ in range(ATTEMPTS):
        before = site(platform, "acme-fr", "live")
        kill(before)
        assert wait_until(partial(answers_as_another, before), timeout=60), "it was not started again"
    last = site(platform, "acme-fr", "live")
    kill(last)
    given_up = "acme-fr/live: its process has ended too often"
    assert wait_until(lambda: given_up in platform.state.log.read_text(), timeout=60)
    assert last.address not in [item.address for item in platform.status().sites]

    platform.deploy("acme-fr", "live", report=silently)
    assert ask(site(platform, "acme-fr", "live").address)["variables"]["SITE_NAME"] == "acme-fr"


def kill(serving: RunningSite) -> None:
    os.kill(serving.pid, signal.SIGKILL)
    assert wait_until(lambda: not lives(serving.pid), timeout=20)


def answers_as_another(before: RunningSite) -> bool:
    try:
        return bool(ask(before.address)["pid"] != before.pid)
    except requests.ConnectionError:
        return False

"""The report of ``mirrors doctor`` on what it finds; the platform is a real sandbox."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from mirrors_sandbox.control import Sandbox

from mirrors.cli import main
from mirrors.cli.doctor.engine import check_backend, check_pending_operations, check_variables, compare_versions
from mirrors.cli.doctor.lock import StackLock, check_lock, find_locks
from mirrors.cli.doctor.platform import (
    UnreadableSite,
    check_clock,
    check_configuration,
    check_connection,
    rights_remedy,
    unreachable_remedy,
)
from mirrors.cli.doctor.size import SIZE_LIMIT, check_size, to_go_json
from mirrors.cli.platforms import commands_of
from mirrors.cli.state import StackState
from mirrors.planning.reports.pulumi_steps import FLEET_TYPE
from mirrors.problems import problem_reference
from mirrors.problems.findings import FindingLevel
from tests.unit.seeded_account import seeded_account

ENDED = 2**22 - 1  # the highest process id that Linux can be set to give: no process has it


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Yield an original and a mirror with a plain, a sensitive and a foreign variable; both are deployed."""
    with seeded_account(tmp_path_factory.mktemp("doctor")) as sandbox:
        yield sandbox


def run(sandbox: Sandbox, *arguments: str, **environment: str) -> Result:
    variables = {"DIVIO_API_URL": sandbox.url, "DIVIO_API_TOKEN": sandbox.token, **environment}
    return CliRunner().invoke(main, arguments, env=variables)


def test_a_platform_that_fails_is_no_reason_for_another_token(account: Sandbox) -> None:
    account.add_fault(
        "error", report=lambda _: None, method="GET", path="^/apps/v3/applications/", settings={"status": 500}
    )
    try:
        done = run(account, "doctor", "--json")
    finally:
        account.clear_faults()
    found = {item["check"]: (item["level"], item["code"]) for item in json.loads(done.stdout)}
    assert "token" not in found
    assert found["platform"] == ("problem", "platform-failed")


@pytest.mark.parametrize(
    ("command", "level"),
    [
        ("v3.259.0", FindingLevel.OK),
        ("3.259.7", FindingLevel.OK),
        ("v3.274.1", FindingLevel.OK),
        ("3.260.0-alpha.1", FindingLevel.OK),
        ("v3.240.0", FindingLevel.WARNING),
        ("v4.0.0", FindingLevel.PROBLEM),
        ("v2.300.0", FindingLevel.PROBLEM),
    ],
)
def test_the_command_is_as_new_as_the_library_and_of_its_major_version(command: str, level: FindingLevel) -> None:
    finding = compare_versions(command, "3.259.0")

    assert finding.level is level
    assert ("3.259.0" in finding.remedy) == (level is not FindingLevel.OK)


def test_a_variable_that_makes_each_update_slow_is_no_trouble_where_it_says_no() -> None:
    assert [list(check_variables({"PULUMI_RUN_PROGRAM": value})) for value in ("false", "0", "")] == [[], [], []]
    assert list(check_variables({})) == []


@pytest.mark.parametrize("value", ["true", "TRUE", "1"])
def test_a_variable_that_makes_each_update_slow_is_reported_with_its_remedy(value: str) -> None:
    [found] = check_variables({"PULUMI_RUN_PROGRAM": value})

    assert (found.level, found.code) == (FindingLevel.WARNING, "run-program-set")
    assert found.remedy.startswith("unset PULUMI_RUN_PROGRAM")


def test_interrupted_operations_are_named_with_the_command_that_clears_them() -> None:
    operation = {"type": "creating", "resource": {"urn": "urn:pulumi:test::acme::x$mirrors:Deployment::acme-de"}}

    found = check_pending_operations(StackState((), (operation,)), "test")

    assert (found.level, found.code) == (FindingLevel.PROBLEM, "operations-interrupted")
    assert found.message == "interrupted: creating acme-de"
    assert found.remedy.startswith("pulumi refresh --clear-pending-creates --run-program=false --yes -s test")
    assert check_pending_operations(StackState((), ()), "test").level is FindingLevel.OK


def test_what_the_engine_forgets_by_itself_needs_no_more_than_an_update() -> None:
    operation = {"type": "updating", "resource": {"urn": "urn:pulumi:test::acme::x$mirrors:Deployment::acme-de"}}
    creation = {**operation, "type": "creating"}

    assert check_pending_operations(StackState((), (operation,)), "test").remedy == "pulumi up -s test"
    assert "--clear-pending-creates" in check_pending_operations(StackState((), (operation, creation)), "test").remedy


def test_where_no_one_answers_a_sandbox_can_be_started() -> None:
    assert unreachable_remedy({"MIRRORS_SANDBOX_DIR": "/x"}).endswith("or start it: mirrors sandbox start")
    assert "sandbox" not in unreachable_remedy({})


def test_without_a_stack_the_remedy_names_the_variable_of_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DIVIO_API_TOKEN", raising=False)
    _, [found] = check_connection()
    assert (found.level, found.code) == (FindingLevel.PROBLEM, "connection-invalid")
    assert found.remedy == "set DIVIO_API_TOKEN, or name a stack that has it with --stack"


def stand_in(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A command ``pulumi``, first on the PATH, that runs this."""
    command = folder / "pulumi"
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_a_backend_that_does_not_answer_is_reported_with_what_the_engine_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, monkeypatch, "echo 'error: no credentials' >&2; exit 1")
    monkeypatch.setenv("PULUMI_BACKEND_URL", "https://127.0.0.1:9")

    [found] = check_backend(tmp_path)

    assert (found.level, found.code) == (FindingLevel.PROBLEM, "backend-unusable")
    assert found.message.endswith(": no credentials")
    assert found.remedy.startswith("pulumi login")


def write_lock(backend: Path, pid: int, host: str) -> None:
    folder = backend / ".pulumi" / "locks" / "organization" / "acme" / "test"
    folder.mkdir(parents=True)
    content = {"pid": pid, "username": "me", "hostname": host, "timestamp": "2026-01-01T12:00:00.5+01:00"}
    (folder / "a.json").write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("pid", "host", "level", "said"),
    [
        (os.getpid(), socket.gethostname(), FindingLevel.WARNING, "which is running"),
        (ENDED, socket.gethostname(), FindingLevel.PROBLEM, "which has ended"),
        (os.getpid(), "another-machine", FindingLevel.PROBLEM, "on another-machine since 2026-01-01T12:00:00"),
    ],
    ids=["running", "ended", "elsewhere"],
)
def test_a_lock_is_reported_with_its_holder(
    tmp_path: Path, pid: int, host: str, level: FindingLevel, said: str
) -> None:
    write_lock(tmp_path, pid, host)

    finding = check_lock(find_locks(tmp_path.as_uri(), "acme", "organization/acme/test"), "test")

    assert finding.level is level
    assert said in finding.message
    assert "pulumi cancel --yes test" in finding.remedy


def test_no_lock_of_another_stack_counts_and_other_backends_are_not_looked_into(tmp_path: Path) -> None:
    write_lock(tmp_path, ENDED, socket.gethostname())

    assert find_locks(tmp_path.as_uri(), "acme", "live") == []
    assert check_lock([], "live").level is FindingLevel.OK
    assert find_locks("https://api.pulumi.com/me", "acme", "test") is None
    assert check_lock(None, "test").level is FindingLevel.OK


def test_a_lock_that_cannot_be_read_is_a_lock(tmp_path: Path) -> None:
    write_lock(tmp_path, ENDED, "x")
    (tmp_path / ".pulumi/locks/organization/acme/test/a.json").write_text("{")

    assert find_locks(tmp_path.as_uri(), "acme", "test") == [StackLock(0, "an unknown host", "an unknown time")]


@pytest.mark.parametrize(
    ("skew", "level", "said"),
    [
        (-1, FindingLevel.OK, "agrees"),
        (120, FindingLevel.WARNING, "120 s behind"),
        (-90, FindingLevel.WARNING, "90 s ahead of"),
    ],
)
def test_the_clock_is_held_against_the_platforms(skew: int, level: FindingLevel, said: str) -> None:
    finding = check_clock(timedelta(seconds=skew))

    assert finding.level is level
    assert said in finding.message


def test_a_good_platform_is_fine_and_nothing_is_written(account: Sandbox) -> None:
    account.clear_requests_log()

    findings = {item["check"]: item["level"] for item in json.loads(run(account, "doctor", "--json").stdout)}

    assert {check: findings[check] for check in ("platform", "clock", "token")} == dict.fromkeys(
        ("platform", "clock", "token"), "ok"
    )
    assert {line["method"] for line in account.requests_log()} == {"GET"}


@pytest.mark.parametrize(
    ("environment", "said", "code"),
    [
        ({"DIVIO_API_TOKEN": "wr0ng"}, "problem  token: GET /iam/v3/me/: 401", "token-refused"),
        (
            {"DIVIO_API_URL": "http://127.0.0.1:9"},
            "problem  platform: GET /iam/v3/me/: no connection to 127.0.0.1:9",
            "platform-unreachable",
        ),
        ({"DIVIO_API_TOKEN": ""}, "problem  configuration: mirrors:apiToken: ", "connection-invalid"),
        ({"PULUMI_RUN_PROGRAM": "1"}, "warning  environment: PULUMI_RUN_PROGRAM is set: each up", "run-program-set"),
    ],
)
def test_what_is_wrong_is_one_line_with_its_remedy(
    account: Sandbox, environment: dict[str, str], said: str, code: str
) -> None:
    done, data = run(account, "doctor", **environment), run(account, "doctor", "--json", **environment)

    (line,) = [line for line in done.stdout.splitlines() if line.startswith(said)]
    assert ". Remedy: " in line
    assert line.endswith(f" [{code}]")
    assert (done.exit_code, data.exit_code) == (2, 2)
    assert "wr0ng" not in done.output + data.output
    (found,) = [item for item in json.loads(data.stdout) if item["level"] != "ok" and item["code"] == code]
    assert line.startswith(f"{found['level']:8} {found['check']}: ")
    assert found["message"].rstrip(".") in line
    assert line.endswith(f". Remedy: {found['remedy']} [{code}]")
    assert found["reference"] == problem_reference(code)


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        (["adopt", "acme"], {"DIVIO_API_TOKEN": "wr0ng"}, "the token was refused"),
        (["adopt", "acme-xx"], {}, "acme-xx: this token sees no application of this name"),
        (["adopt", "acme", "--mirror", "acme-xx"], {}, "acme-xx: this token sees no application of this name"),
        (["adopt", "acme"], {"DIVIO_API_TOKEN": ""}, "mirrors:apiToken: the value is missing"),
        (["adopt", "acme-secret-de"], {}, "acme-secret-de: looks like a mirror of acme: "),
    ],
)
def test_what_cannot_run_is_one_clear_line(
    account: Sandbox, arguments: list[str], environment: dict[str, str], said: str
) -> None:
    done = run(account, *arguments, **environment)

    assert done.exit_code == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("Error: ")
    assert said in done.stderr
    assert "wr0ng" not in done.stderr


def test_adopting_looks_and_writes_nothing(account: Sandbox) -> None:
    account.clear_requests_log()

    done = run(account, "adopt", "acme", "--json")

    shown = json.loads(done.stdout)
    assert shown["fleet"]["mirrors"] == [{"application": "acme-secret-de", "siteId": 2}]
    assert any("CUSTOMER_GMBH_PASSWORD" in line for line in shown["notes"])
    assert "c4n4ry" not in done.output
    assert {line["method"] for line in account.requests_log()} == {"GET"}


@pytest.mark.parametrize(
    ("values", "level"),
    [
        (90_000, FindingLevel.OK),
        (100_000, FindingLevel.WARNING),
        (130_000, FindingLevel.WARNING),
        (131_100, FindingLevel.PROBLEM),
    ],
)
def test_a_configuration_that_no_program_can_be_started_with_is_reported_before_the_engine_says_so(
    values: int, level: FindingLevel
) -> None:
    found = check_size({"mirrors:fleet": "x" * values})

    assert (found.level, "mirrors:fleetFile" in found.remedy) == (level, level is not FindingLevel.OK)


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is that of Linux")
def test_the_limit_is_the_one_that_a_process_has() -> None:
    empty = to_go_json({"mirrors:fleet": ""})
    for more, level in ((0, FindingLevel.WARNING), (1, FindingLevel.PROBLEM)):
        configured = {"mirrors:fleet": "x" * (SIZE_LIMIT - len(f"PULUMI_CONFIG={empty}\0") + more)}
        assert check_size(configured).level is level
        environment = {"PULUMI_CONFIG": to_go_json(configured)}
        if more:
            with pytest.raises(OSError, match="Argument list too long"):
                subprocess.run(["true"], env=environment, check=True)
        else:
            subprocess.run(["true"], env=environment, check=True)


def test_what_a_site_lacks_is_reported_with_what_to_do_about_that() -> None:
    lacks, unseen = (
        UnreadableSite("acme-de has no environment test", is_there=True),
        UnreadableSite("acme-fr is not visible"),
    )
    assert rights_remedy([lacks], "test") == "create the environment test in the Control Panel"
    assert "with formerly" in rights_remedy([unseen], "test")
    assert "create the environment" not in rights_remedy([unseen], "test")
    both = rights_remedy([lacks, unseen], "test")
    assert all(part in both for part in ("create the environment", "with formerly"))


def test_a_platform_without_an_answer_is_announced_before_requests_are_repeated(account: Sandbox) -> None:
    done = run(account, "adopt", "acme", DIVIO_API_URL="http://127.0.0.1:9")

    first, last = done.stderr.splitlines()
    assert first == "Note: no usable answer from http://127.0.0.1:9 yet. Mirrors asks again, five times at most"
    assert "no connection to 127.0.0.1:9" in last
    assert (done.exit_code, done.stdout) == (1, "")


def test_a_secret_in_clear_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configured = {"mirrors:apiToken": {"value": "c4n4ry"}, "mirrors:overrides": {"value": "{}", "secret": True}}
    stand_in(tmp_path, monkeypatch, f"echo '{json.dumps(configured)}'")

    _, found = check_configuration("test", tmp_path)

    assert {(item.code, item.data["path"]) for item in found if (item.code or "").startswith("secret-")} == {
        ("secret-in-clear", "mirrors:apiToken"),
        ("secret-in-plain-key", "mirrors:overrides"),
    }
    assert "c4n4ry" not in "".join(map(str, found))


@pytest.mark.parametrize(
    ("name", "stack"), [("Pulumi.yaml", None), ("Pulumi.yaml", "test"), ("Pulumi.test.yaml", "test")]
)
def test_a_file_that_is_no_yaml_is_the_one_finding_about_pulumi(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, stack: str | None
) -> None:
    stand_in(tmp_path, monkeypatch, "echo 'error: could not unmarshal' >&2; exit 1")
    monkeypatch.setenv("DIVIO_API_TOKEN", "")
    (tmp_path / "Pulumi.yaml").write_text("name: acme\n")
    (tmp_path / name).write_text("config:\n  a: b: c\n")

    done = CliRunner().invoke(main, ["doctor", "--json", "-C", str(tmp_path), *(["-s", stack] if stack else [])])

    found = {item["check"]: item for item in json.loads(done.stdout)}
    assert found.keys() == {"project files"} | (set() if stack else {"configuration"})
    assert found["project files"]["code"] == "project-file-invalid"
    assert found["project files"]["message"].startswith(f"{tmp_path / name} is no YAML, see line 2: ")
    assert found["project files"]["remedy"] == "Correct the file"


def fleet_in_state(name: str, *mirrors: str) -> dict[str, Any]:
    """Return a ``Fleet`` with arguments, as the state has it."""
    fleet = {"original": {"application": name}, "mirrors": [{"application": slug} for slug in mirrors]}
    urn = f"urn:pulumi:test::acme::{FLEET_TYPE}::{name}"
    return {"urn": urn, "type": FLEET_TYPE, "outputs": {"declaration": {"fleet": fleet}}}


def state_in_place(folder: Path, monkeypatch: pytest.MonkeyPatch, *fleets: dict[str, Any]) -> None:
    """Put a command in place that knows fleets in arguments, and no more than the environment of the configuration."""
    state = json.dumps({"deployment": {"resources": fleets}})
    configured = json.dumps({"mirrors:environment": {"value": "test"}})
    stand_in(folder, monkeypatch, f"[ $1 = stack ] && echo '{state}' || echo '{configured}'")
    monkeypatch.setenv("DIVIO_API_TOKEN", "for-no-one")


def test_a_site_that_cannot_be_read_is_found_in_each_fleet_of_a_program(
    account: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state_in_place(tmp_path, monkeypatch, fleet_in_state("acme", "acme-secret-de"), fleet_in_state("beta"))
    monkeypatch.setenv("DIVIO_API_URL", account.url)
    monkeypatch.setenv("DIVIO_API_TOKEN", account.token)

    fleets, found = check_configuration("test", tmp_path)
    rights = [item for item in commands_of("divio").doctor(fleets) if item.check == "rights"]

    assert [item.message for item in found if item.check == "configuration"] == ["3 sites"]
    assert [(item.code, item.message) for item in rights] == [("sites-not-readable", "beta is not visible")]


def test_a_problem_of_a_later_fleet_is_found_and_one_of_all_fleets_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state_in_place(tmp_path, monkeypatch, fleet_in_state("acme"), fleet_in_state("beta", "beta"))
    monkeypatch.delenv("DIVIO_API_TOKEN")

    _, found = check_configuration("test", tmp_path)

    paths = [item.data["path"] for item in found if item.check == "configuration"]
    assert paths.count("mirrors:apiToken") == 1
    assert any(path.startswith("mirrors:fleet.mirrors[0]") for path in paths), paths


def test_the_configuration_is_read_once_for_all_that_is_said_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time the engine decrypts every secret, and asks a cloud's key for each where there is one."""
    stand_in(tmp_path, monkeypatch, """echo "$1" >> "$0.asked"; echo '{"mirrors:environment": {"value": "test"}}'""")
    _, found = check_configuration("test", tmp_path)
    assert list(dict.fromkeys(item.check for item in found)) == ["configuration", "configuration size"]
    assert "mirrors:fleet" in {item.data["path"] for item in found}
    asked = (tmp_path / "pulumi.asked").read_text().split()
    assert asked == ["config", "stack"], "without a fleet there, the state may have one of the program"

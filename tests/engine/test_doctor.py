"""``mirrors doctor`` after the engine was killed in the middle of an update: what it finds, and what then helps."""

import json
import shlex
import signal
from collections.abc import Iterator

import pytest
from mirrors_sandbox.process import wait_until

from tests.engine.fleet import MIRRORS, Fleet, seeded_fleet

PATIENCE = 60.0  # seconds


@pytest.fixture
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with seeded_fleet(tmp_path_factory.mktemp("doctor")) as fleet:
        yield fleet


def findings(fleet: Fleet) -> dict[str, dict[str, str]]:
    done = fleet.project.run("mirrors", "doctor", "--stack", "test", "--json")
    found = {item["check"]: item for item in done.json()}
    assert done.code == (0 if {item["level"] for item in found.values()} == {"ok"} else 2)
    return found


def kill_while_deploying(fleet: Fleet) -> None:
    deploying = {("POST", mirror, "") for mirror in MIRRORS}
    with fleet.fault("deployment-hangs"):
        command = ("pulumi", "up", "--yes", "--stack", "test", "--non-interactive")
        with fleet.project.started(*command) as engine:
            assert wait_until(lambda: deploying <= set(fleet.written()), PATIENCE)
            assert findings(fleet)["lock"]["level"] == "warning", "it is running"
            engine.send_signal(signal.SIGKILL)
            engine.communicate(timeout=PATIENCE)


def test_what_a_killed_engine_leaves_is_found_and_the_printed_commands_put_it_right(fleet: Fleet) -> None:
    kill_while_deploying(fleet)

    found = findings(fleet)
    assert found["lock"]["level"] == found["pending operations"]["level"] == "problem"
    assert "which has ended" in found["lock"]["message"]
    assert "creating acme-" in found["pending operations"]["message"]
    assert {item["level"] for check, item in found.items() if check not in ("lock", "pending operations")} == {"ok"}

    for check in ("lock", "pending operations"):
        command = found[check]["remedy"].partition(";")[0]
        fleet.project.run(*shlex.split(command), "--non-interactive").succeeded()

    found = findings(fleet)
    assert {item["level"] for item in found.values()} == {"ok"}, found


def test_a_good_stack_is_fine(fleet: Fleet) -> None:
    fleet.sandbox.clear_requests_log()

    found = findings(fleet)

    assert set(found) == {
        "pulumi",
        "plugins",
        "backend",
        "stack",
        "pending operations",
        "lock",
        "secrets",
        "configuration",
        "configuration size",
        "platform",
        "clock",
        "token",
        "rights",
    }
    assert {item["level"] for item in found.values()} == {"ok"}
    assert fleet.writes() == []


def test_a_site_that_is_not_visible_is_a_problem_of_rights(fleet: Fleet) -> None:
    with fleet.with_mirrors("acme-de", "acme-xx"):
        found = findings(fleet)

    assert found["rights"]["message"] == "acme-xx is not visible"


def test_a_stack_that_does_not_exist_is_a_problem_with_a_remedy(fleet: Fleet) -> None:
    done = fleet.project.run("mirrors", "doctor", "--stack", "tset").failed()

    assert done.code == 2
    assert f"problem  stack: there is no stack tset in {fleet.project.directory}. Remedy: go to the" in done.stdout


def test_a_wrong_passphrase_is_found_though_nothing_is_encrypted_with_it_yet(fleet: Fleet) -> None:
    right = fleet.project.variables["PULUMI_CONFIG_PASSPHRASE"]
    own = fleet.project.directory / "Pulumi.test.yaml"
    before = own.read_bytes()
    assert b"secure:" not in before
    for passphrase, said in (("wrong", "incorrect passphrase"), ("", "incorrect passphrase")):
        fleet.project.environment["PULUMI_CONFIG_PASSPHRASE"] = passphrase
        found = findings(fleet)
        assert found["secrets"]["level"] == "problem"
        assert found["secrets"]["message"] == f"the secrets manager of test says: {said}"
        assert found["secrets"]["remedy"].startswith("set PULUMI_CONFIG_PASSPHRASE")
        assert "configuration" not in found
    fleet.project.environment["PULUMI_CONFIG_PASSPHRASE"] = right
    own.unlink()  # then the passphrase is that of the state
    assert findings(fleet)["secrets"]["level"] == "ok"
    fleet.project.environment["PULUMI_CONFIG_PASSPHRASE"] = "wrong"
    assert findings(fleet)["secrets"]["level"] == "problem"
    own.write_bytes(before)


@pytest.mark.parametrize(("name", "shown"), [(".attrs", "EOF"), ("", "unexpected end of JSON input")])
def test_an_empty_file_of_the_backend_is_named_and_the_printed_command_helps(
    fleet: Fleet, name: str, shown: str
) -> None:
    fleet.test.pulumi("config set plain value").succeeded()
    state = fleet.project.run("pulumi", "stack", "export", "--stack", "test").succeeded().stdout
    fleet.project.run(
        "pulumi", "stack", "import", "--stack", "test", given=state
    ).succeeded()  # so that there is a copy
    [stored] = (fleet.project.state / "pulumi").rglob("stacks/*/test.json")
    broken = stored.with_name(f"{stored.name}{name}")
    broken.write_bytes(b"")
    told = fleet.project.run("mirrors", "ids", "--stack", "test").failed()
    assert f"{shown}. A file of the backend is empty: mirrors doctor names it" in told.text
    found = findings(fleet)
    assert found["backend file"]["message"].startswith(f"{broken} is empty")
    for command in found["backend file"]["remedy"].split("; then ")[0], "pulumi cancel --yes test":
        fleet.project.run(*shlex.split(command)).succeeded()
    assert {item["level"] for item in findings(fleet).values()} == {"ok"}
    assert json.loads(fleet.project.run("pulumi", "stack", "export", "--stack", "test").stdout)["deployment"]

"""``mirrors doctor`` after the engine was killed in the middle of an update: what it finds, and what then helps."""

import shlex
import signal
from collections.abc import Iterator

import pytest

from mirrors.sandbox.process import wait_until
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
        "configuration",
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

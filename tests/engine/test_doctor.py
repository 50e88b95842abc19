"""``mirrors doctor`` with the real engine and its files.

What a killed engine leaves, a mirror that is not visible and other faults are on the runbook's pages, which a test
follows.
"""

import shlex

from tests.engine.fleet import Fleet

CHECKS = {
    *("pulumi", "plugins", "backend", "stack", "pending operations", "lock", "secrets"),
    *("configuration", "configuration size", "platform", "clock", "token", "rights"),
}


def findings(fleet: Fleet) -> dict[str, dict[str, str]]:
    done = fleet.project.run("mirrors", "doctor", "--stack", "test", "--json")
    found = {item["check"]: item for item in done.json()}
    assert done.code == (0 if {item["level"] for item in found.values()} == {"ok"} else 2)
    return found


def test_a_good_stack_is_fine_and_what_is_wrong_with_its_files_has_a_remedy(fleet: Fleet) -> None:
    found = findings(fleet)
    assert {check: item["level"] for check, item in found.items()} == dict.fromkeys(CHECKS, "ok")
    assert fleet.writes() == []

    wrong_passphrase(fleet)
    empty_file(fleet)

    done = fleet.project.run("mirrors", "doctor", "--stack", "tset").failed()
    assert done.code == 2
    assert f"problem  stack: there is no stack tset in {fleet.project.directory}. Remedy: go to the" in done.stdout


def wrong_passphrase(fleet: Fleet) -> None:
    """Nothing is encrypted with it yet; where the stack has no file of its own, the state has what belongs to it."""
    own = fleet.project.directory / "Pulumi.test.yaml"
    before = own.read_bytes()
    assert b"secure:" not in before
    with fleet.project.with_environment(PULUMI_CONFIG_PASSPHRASE=""):
        found = findings(fleet)
    assert found["secrets"]["level"] == "problem"
    assert found["secrets"]["message"] == "the secrets manager of test says: incorrect passphrase"
    assert found["secrets"]["remedy"].startswith("set PULUMI_CONFIG_PASSPHRASE")
    assert "configuration" not in found

    own.unlink()
    assert findings(fleet)["secrets"]["level"] == "ok"
    with fleet.project.with_environment(PULUMI_CONFIG_PASSPHRASE="wrong"):
        assert findings(fleet)["secrets"]["level"] == "problem"
    own.write_bytes(before)


def empty_file(fleet: Fleet) -> None:
    """The state itself is empty, and there is the copy that each write leaves."""
    before = fleet.test.urns()
    state = fleet.test.pulumi("stack export").succeeded().stdout
    fleet.test.pulumi("stack import", given=state).succeeded()  # the copy, too, is of a converged fleet then
    [stored] = (fleet.project.state / "pulumi").rglob("stacks/*/test.json")
    stored.write_bytes(b"")
    answer = fleet.project.run("mirrors", "ids", "--stack", "test").failed()
    assert "unexpected end of JSON input. A file of the backend is empty: mirrors doctor names it" in answer.text

    found = findings(fleet)
    assert found["backend file"]["message"].startswith(f"{stored} is empty")
    for command in found["backend file"]["remedy"].split("; then ")[0], "pulumi cancel --yes test":
        fleet.project.run(*shlex.split(command)).succeeded()
    assert {item["level"] for item in findings(fleet).values()} == {"ok"}
    assert fleet.test.urns() == before

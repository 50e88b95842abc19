"""A preview reports all at once what cannot be converged, before anything is written."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import yaml
from mirrors_sandbox.state import SandboxError

from tests.engine.fleet import MIRRORS, Fleet, silently
from tests.engine.project import Done, Stack, errors, updates
from tests.sandboxes import call
from tests.unit.test_config_files import ARRIVES

WRONG_TOKEN = "c4n4ry-wrong-token"
MISSING = (
    r"acme-xx: no application of this name is visible to this token\..*"
    r'"acme" > Settings > Duplicate > Mirror, name "acme-xx"'
)
UNKNOWN_KEY = r"mirrors:fleet\.mirrors\[0\]\.siteid: unknown key; did you mean siteId\?"
SAME_ID = r"mirrors\[2\]\.siteId: acme-ch has 4, and so has acme-fr at mirrors:fleet\.mirrors\[1\]\.siteId"
REFUSED = r"401: the token was refused.*Set DIVIO_API_TOKEN"


def says(done: Done, *patterns: str) -> None:
    """These are the errors, one each, in any order, and nothing else is wrong."""
    done.failed()
    told = [line for line in errors(done) if not re.fullmatch(r"(preview|update) failed", line)]
    assert len(told) == len(patterns), done.text
    for pattern in patterns:
        assert any(re.search(pattern, line) for line in told), f"{pattern} is not in {told}"


def refuses(fleet: Fleet, stack: Stack, *patterns: str) -> None:
    """A preview says so, and so does an up without one; nothing is written, and no SITE_ID is burnt."""
    before = stack.ledger()
    fleet.sandbox.clear_requests_log()
    says(stack.preview(), *patterns)
    says(stack.up(), *patterns)
    assert fleet.writes() == []
    assert stack.ledger() == before


def test_an_id_declared_for_a_site_while_another_one_has_it_is_refused(fleet: Fleet) -> None:
    with fleet.with_mirrors({"application": "acme-de", "siteId": 3}, "acme-fr", "acme-ch"):
        differs = "acme-de: its SITE_ID differs: 3 in the configuration, 2 in the state"
        refuses(fleet, fleet.test, differs, "SITE_ID 3 would belong to acme-de and acme-fr")


def test_a_secret_in_the_overrides_is_refused_since_it_would_be_a_plain_variable(fleet: Fleet) -> None:
    """The engine tells the program which keys have a secret somewhere within, not where."""
    with fleet.project.configured(lambda _config: None, "Pulumi.test.yaml"):
        path = ("--secret", "--path", "mirrors:overrides.variables.PROMO")
        fleet.test.pulumi("config set", *path, given="c4n4ry-promo").succeeded()
        says(fleet.test.preview(), "mirrors:overrides: a secret stands in it.*--path mirrors:secrets")
    assert "c4n4ry-promo" not in "".join(fleet.project.said)


def test_what_is_wrong_is_said_all_at_once_with_what_was_meant_and_the_way_to_put_it_right(fleet: Fleet) -> None:
    with fleet.with_mirrors(
        {"application": "acme-de", "siteid": 2},
        {"application": "acme-fr", "siteId": 4},
        {"application": "acme-ch", "siteId": 4},
        "acme-xx",
    ):
        refuses(fleet, fleet.test, UNKNOWN_KEY, SAME_ID, MISSING)


@contextmanager
def written(fleet: Fleet, name: str, scalars: list[str]) -> Iterator[None]:
    """Variables V0, V1 … of all mirrors with these values in a file, as they are: no writer of YAML quotes them."""

    def declare(config: dict[str, Any]) -> None:
        fleet_or_stack = config["mirrors:fleet"]["value"] if name == "Pulumi.yaml" else config
        place = fleet_or_stack if name == "Pulumi.yaml" else config.setdefault("mirrors:overrides", {})
        place["variables"] = {f"V{number}": f"@{number}@" for number in range(len(scalars))}

    with fleet.project.configured(declare, name):
        path = fleet.project.directory / name
        text = path.read_text()
        for number, scalar in enumerate(scalars):
            text = text.replace(f"'@{number}@'", scalar)
        path.write_text(text)
        yield


def test_what_would_not_arrive_as_it_is_written_is_refused(fleet: Fleet) -> None:
    """The engine resolves what is not in quotes; a date becomes one text or another, by the file."""
    scalars = [scalar for scalar, _ in ARRIVES]
    as_they_are = ["no", "on", "yes", "12:30", '"0123"', "'2024-01-01'"]
    lines: dict[str, list[str]] = {}
    for name, place in (("Pulumi.yaml", "fleet"), ("Pulumi.test.yaml", "overrides")):
        for number, (scalar, value) in enumerate(ARRIVES):
            date = isinstance(value, str) and name == "Pulumi.test.yaml"
            arrives = json.dumps("2024-01-01 00:00:00 +0000 UTC" if date else value)
            told = f"mirrors:{place}.variables.V{number}: {scalar}, without quotes, arrives as {arrives} ({name}, line "
            lines.setdefault(name, []).append(re.escape(told))

    with written(fleet, "Pulumi.yaml", scalars + as_they_are):
        refuses(fleet, fleet.test, *lines["Pulumi.yaml"])
    with written(fleet, "Pulumi.test.yaml", scalars + as_they_are):
        says(fleet.test.preview(), *lines["Pulumi.test.yaml"])


def test_a_number_that_pulumi_has_written_into_a_stacks_file_is_no_text_either(fleet: Fleet) -> None:
    """Each ``config set`` writes the whole file anew: then no one sees what was there."""
    with written(fleet, "Pulumi.test.yaml", ["0123", "2024-01-01"]):
        fleet.test.pulumi("config set", "mirrors:imageFrom", "live").succeeded()
        number = r"V0: 83 is a number \(Pulumi.test.yaml, line \d+\): put the text in quotes, as it is meant"
        date = r"V1: got what Pulumi makes of a date without quotes \(Pulumi.test.yaml, line \d+\)"
        says(fleet.test.preview(), number, date)


def test_a_fleet_in_a_file_of_its_own_may_be_larger_than_what_the_engine_hands_on(fleet: Fleet) -> None:
    """With a key of the same size the engine can start no program."""
    directory, pinned = fleet.project.directory, "application: acme-de\n  siteId: 2\n"

    def large(config: dict[str, Any]) -> None:
        config["mirrors:fleet"]["value"]["variables"] = {f"TEXT_{number}": "x" * 1000 for number in range(132)}

    def moved(config: dict[str, Any]) -> None:
        declared = config.pop("mirrors:fleet")["value"]
        (directory / "fleet.yaml").write_text(yaml.safe_dump(declared, sort_keys=False), encoding="utf-8")
        config["mirrors:fleetFile"] = "fleet.yaml"

    with fleet.project.configured(moved):
        assert fleet.test.has_no_changes()
        fleet.project.run("mirrors", "ids", "--stack", "test", "--pin").succeeded()
        assert pinned in (directory / "fleet.yaml").read_text()
        assert fleet.test.has_no_changes()
        assert fleet.test.status()[0] == 0

    with fleet.project.configured(large):
        assert "argument list too long" in fleet.test.preview().failed().text
        assert "problem  configuration size: 13" in fleet.project.run("mirrors", "doctor", "--stack", "test").stdout
        with fleet.project.configured(moved):
            assert {change.split()[1] for change in updates(fleet.test.preview().succeeded())} == set(MIRRORS)
            doctor = fleet.project.run("mirrors", "doctor", "--stack", "test").stdout
            assert "ok       configuration size: 1 of the 128 KiB" in doctor


def test_a_wrong_token_is_not_shown_and_does_not_hide_what_is_wrong_in_the_configuration(fleet: Fleet) -> None:
    declared = fleet.with_mirrors({"application": "acme-de", "siteid": 2}, "acme-fr", "acme-ch")
    with declared, fleet.project.with_environment(DIVIO_API_TOKEN=WRONG_TOKEN):
        for command in (fleet.test.preview, fleet.test.up):
            says(command("--refresh=false"), UNKNOWN_KEY, REFUSED)
            # The engine's refresh comes before the program, and ends where a request is refused.
            assert re.search(REFUSED, command().failed().text)
    assert WRONG_TOKEN not in "".join(fleet.project.said)


@pytest.fixture
def bolt(fleet: Fleet) -> Iterator[Fleet]:
    """Yield a second fleet that the project declares, whose original has never been deployed successfully."""
    with (
        fleet.fault("deployment-fails", path="^bolt/"),
        pytest.raises(SandboxError, match="bolt/test: the deployment failed"),
    ):
        fleet.sandbox.seed("bolt", ["bolt-de"], report=silently)
    declared = {"original": {"application": "bolt"}, "mirrors": [{"application": "bolt-xx"}]}
    with fleet.project.configured(lambda config: config["mirrors:fleet"].update(value=declared)):
        yield fleet


def test_an_original_never_deployed_is_reported_for_test_and_for_live(bolt: Fleet) -> None:
    never = "bolt: {} was never deployed successfully.* Deploy bolt in {} first"
    missing = "bolt-xx: no application of this name"

    refuses(bolt, bolt.test, never.format("Test", "Test"), never.format("Live", "Live"), missing)
    says(bolt.live.preview(), never.format("Live", "Live"), missing)
    bolt.sandbox.deploy("bolt", "live", report=silently)
    says(bolt.test.preview(), never.format("Test", "Test"), missing)


def test_the_log_would_show_a_write(fleet: Fleet) -> None:
    """Otherwise none of the tests above could fail."""
    assert call(fleet.sandbox, "POST", "deployments/", environment="none").status_code == 400
    assert [line["method"] for line in fleet.writes()] == ["POST"]

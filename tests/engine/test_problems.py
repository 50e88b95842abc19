"""Problems that stop a preview and an ``up``, all at once and before any write; and a fleet in a file of its own."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import yaml
from mirrors_sandbox.state import SandboxError

from tests.engine.fleet import MIRRORS, Fleet, silently
from tests.engine.project import Done, errors, updates
from tests.sandboxes import call
from tests.unit.test_config_files import ARRIVES

WRONG_TOKEN = "c4n4ry-wrong-token"
MISSING = (
    r"acme-xx: this token sees no application of this name\..*"
    r'"acme" > Settings > Duplicate > Mirror, name "acme-xx"'
)
UNKNOWN_KEY = r"mirrors:fleet\.mirrors\[0\]\.siteid: Mirrors knows no such key. Did you mean siteId\?"
SAME_ID = r"mirrors\[2\]\.siteId: acme-ch has SITE_ID 4, and so has acme-fr at mirrors:fleet\.mirrors\[1\]\.siteId"
REFUSED = r"401: the token was refused.*Set DIVIO_API_TOKEN"
AS_THEY_ARE = ("no", "on", "yes", "12:30", '"0123"', "'2024-01-01'")


def says(done: Done, *patterns: str) -> None:
    """These are the errors, one each, in any order, and nothing else is wrong."""
    done.failed()
    answer = [line for line in errors(done) if not re.fullmatch(r"(preview|update) failed", line)]
    assert len(answer) == len(patterns), done.text
    for pattern in patterns:
        assert any(re.search(pattern, line) for line in answer), f"{pattern} is not in {answer}"


@pytest.mark.oldest
def test_what_is_wrong_is_reported_all_at_once_and_nothing_is_written_and_no_id_is_given(fleet: Fleet) -> None:
    ledger = fleet.test.ledger()
    says_with_a_preview_and_without_one_what_was_meant(fleet)
    refuses_an_id_that_another_site_has(fleet)
    says_what_pulumi_made_of_a_text(fleet)
    shows_no_wrong_token_and_says_what_else_is_wrong(fleet)
    asks_for_an_original_that_was_never_deployed(fleet)
    assert fleet.writes() == []
    assert fleet.test.ledger() == ledger

    assert call(fleet.sandbox, "POST", "deployments/", environment="none").status_code == 400
    assert [line["method"] for line in fleet.writes()] == ["POST"], "the log would not show a write"


def says_with_a_preview_and_without_one_what_was_meant(fleet: Fleet) -> None:
    """The engine resolves what is not in quotes; a date becomes one text or another, by the file."""
    texts = []
    for name, place in (("Pulumi.yaml", "fleet"), ("Pulumi.test.yaml", "overrides")):
        for number, (scalar, value) in enumerate(ARRIVES):
            date = isinstance(value, str) and name == "Pulumi.test.yaml"
            arrives = json.dumps("2024-01-01 00:00:00 +0000 UTC" if date else value)
            answer = f"mirrors:{place}.variables.V{number}: {scalar} without quotes arrives as {arrives} ({name}, line "
            texts.append(re.escape(answer))
    scalars = [*(scalar for scalar, _ in ARRIVES), *AS_THEY_ARE]
    mistyped = {"application": "acme-de", "siteid": 2}
    alike = ({"application": slug, "siteId": 4} for slug in ("acme-fr", "acme-ch"))
    with (
        fleet.with_mirrors(mistyped, *alike, "acme-xx"),
        written(fleet, "Pulumi.yaml", scalars),
        written(fleet, "Pulumi.test.yaml", scalars),
    ):
        for done in (fleet.test.preview(), fleet.test.update()):
            says(done, UNKNOWN_KEY, SAME_ID, MISSING, *texts)


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


def refuses_an_id_that_another_site_has(fleet: Fleet) -> None:
    with fleet.with_mirrors({"application": "acme-de", "siteId": 3}, "acme-fr", "acme-ch"):
        differs = "acme-de: its SITE_ID differs: 3 in the configuration, 2 in the state"
        says(fleet.test.update(), differs, "SITE_ID 3 would belong to acme-de and acme-fr")


def says_what_pulumi_made_of_a_text(fleet: Fleet) -> None:
    """Each ``config set`` writes the whole file anew: then no one sees what was there.

    Of a secret the engine tells the program which keys have one somewhere within, not where.
    """
    with written(fleet, "Pulumi.test.yaml", ["0123", "2024-01-01"]):
        path = ("--secret", "--path", "mirrors:overrides.variables.PROMO")
        fleet.test.pulumi("config set", *path, given="c4n4ry-promo").succeeded()
        number = r"V0: YAML reads 83 as a number \(Pulumi.test.yaml, line \d+\)"
        date = r"V1: Pulumi changed a date without quotes \(Pulumi.test.yaml, line \d+\)"
        says(
            fleet.test.preview("--refresh=false"),
            number,
            date,
            "mirrors:overrides: it holds a secret.*--path mirrors:secrets",
        )
    assert "c4n4ry-promo" not in "".join(fleet.project.said)


def shows_no_wrong_token_and_says_what_else_is_wrong(fleet: Fleet) -> None:
    """The engine's refresh comes before the program, and ends where a request is refused."""
    declared = fleet.with_mirrors({"application": "acme-de", "siteid": 2}, "acme-fr", "acme-ch")
    with declared, fleet.project.with_environment(DIVIO_API_TOKEN=WRONG_TOKEN):
        says(fleet.test.preview("--refresh=false"), UNKNOWN_KEY, REFUSED)
        assert re.search(REFUSED, fleet.test.up().failed().text)
    assert WRONG_TOKEN not in "".join(fleet.project.said)


def asks_for_an_original_that_was_never_deployed(fleet: Fleet) -> None:
    with (
        fleet.fault("deployment-fails", path="^bolt/"),
        pytest.raises(SandboxError, match="bolt/test: the deployment failed"),
    ):
        fleet.sandbox.seed("bolt", ["bolt-de"], report=silently)
    fleet.sandbox.clear_requests_log()
    declared = {"original": {"application": "bolt"}, "mirrors": [{"application": "bolt-xx"}]}
    never = "bolt: {0} was never deployed successfully.* Deploy bolt in {0} first"
    missing = "bolt-xx: this token sees no application of this name"
    with fleet.project.configured(lambda config: config["mirrors:fleet"].update(value=declared)):
        says(fleet.test.update(), never.format("Test"), never.format("Live"), missing)
        says(fleet.live.preview("--refresh=false"), never.format("Live"), missing)


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
        fleet.project.run("mirrors", "ids", "--stack", "test", "--pin").succeeded()
        assert pinned in (directory / "fleet.yaml").read_text()
        assert fleet.test.has_no_changes()
        assert fleet.test.status()[0] == 0

    with fleet.project.configured(large):
        assert "argument list too long" in fleet.test.preview("--refresh=false").failed().text
        assert "problem  configuration size: 13" in fleet.project.run("mirrors", "doctor", "--stack", "test").stdout
        with fleet.project.configured(moved):
            assert {change.split()[1] for change in updates(fleet.test.preview("--refresh=false").succeeded())} == set(
                MIRRORS
            )
            doctor = fleet.project.run("mirrors", "doctor", "--stack", "test").stdout
            assert "ok       configuration size: 1 of the 128 KiB" in doctor

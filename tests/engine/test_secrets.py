"""Secrets, with canaries in all places where one may be given: none shows in files, output, logs or process list."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from mirrors_sandbox.postgres import PostgreSQL

from tests.engine.fleet import Fleet, seeded_fleet
from tests.engine.project import Done, Stack, updates
from tests.engine.secrets import (
    ProcessList,
    canaries_of,
    history_of,
    leaks,
    shown_by,
    watched_processes,
    written_by,
)
from tests.sandboxes import delete_variable, deployment_log, frozen_variables, set_variable, site_codebase

TOKEN = "c4n4ry-token-5f0e"
MAIL_KEY = "c4n4ry-mail-key-77ab"
WHISPER = "c4n4ry-hushed-9d31"  # the example site's release command prints it, as a careless one does
PREVIEWS: list[tuple[str, ...]] = [("--diff", "--show-config", "--show-sames"), ("--json",)]

pytestmark = pytest.mark.skipif(not PostgreSQL.available(), reason="there is no PostgreSQL wheel for this machine")


@dataclass(frozen=True)
class Canaries:
    """A fleet with canaries; ``processes`` are the command lines of this machine during its first up."""

    fleet: Fleet
    values: dict[str, str]
    processes: ProcessList

    def must_not_show(self) -> None:
        """Neither in what any command has said so far nor in any file."""
        assert leaks(self.values, shown_by(self.fleet)) == []
        assert leaks(self.values, written_by(self.fleet)) == []


def keep_secret(stack: Stack, key: str, value: str) -> None:
    """Set a secret of the stack's configuration; it comes through standard input, as a careful user gives it."""
    stack.pulumi("config set", "--secret", "--path", key, given=value).succeeded()


@pytest.fixture(scope="module")
def canaries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Canaries]:
    """Yield a fleet after its first up, with the token and two variables in the stacks' configuration, encrypted."""
    directory = tmp_path_factory.mktemp("canaries")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIRRORS_SANDBOX_TOKEN", TOKEN)
        with seeded_fleet(directory, runner="process", codebase=site_codebase(directory / "site")) as fleet:
            del fleet.project.environment["DIVIO_API_TOKEN"]
            for stack in fleet.stacks:
                keep_secret(stack, "mirrors:apiToken", TOKEN)
                keep_secret(stack, "mirrors:secrets.all.MAIL_KEY", MAIL_KEY)
                keep_secret(stack, "mirrors:secrets.acme-fr.WHISPER", WHISPER)
            with watched_processes() as processes:
                fleet.converge()
            values = canaries_of(fleet) | {"mail key": MAIL_KEY, "whisper": WHISPER}
            yield Canaries(fleet, values, processes)


def test_the_canaries_are_where_they_belong(canaries: Canaries) -> None:
    """Otherwise none of these tests could fail."""
    fleet = canaries.fleet
    assert fleet.sandbox.token == TOKEN
    for stack in fleet.stacks:
        frozen = frozen_variables(fleet.sandbox, "acme-fr", stack.name)
        assert (frozen["MAIL_KEY"], frozen["WHISPER"]) == (MAIL_KEY, WHISPER)
        assert frozen["DATABASE_URL"] == frozen_variables(fleet.sandbox, "acme", stack.name)["DATABASE_URL"]
        assert canaries.values[f"{stack.name} database password"] in frozen["DATABASE_URL"]
    assert history_of(fleet.project.state / "pulumi"), "the engine keeps no history here"


def test_a_first_up_shows_no_secret(canaries: Canaries) -> None:
    canaries.must_not_show()


def test_no_process_has_a_secret_among_its_arguments(canaries: Canaries) -> None:
    assert any("pulumi up" in line for line in canaries.processes.seen), "the process list was not looked at"
    assert leaks(canaries.values, canaries.processes.as_texts()) == []


def test_a_shared_variable_deleted_by_hand_refreshed_and_set_again_shows_no_secret(canaries: Canaries) -> None:
    """The engine knows what a refresh and a check bring in as a secret only if the provider says so."""
    fleet = canaries.fleet
    delete_variable(fleet.sandbox, "acme-de", "test", "DATABASE_URL")
    delete_variable(fleet.sandbox, "acme-fr", "test", "MAIL_KEY")
    set_variable(fleet.sandbox, "acme-fr", "test", "SITE_ID", "9")

    shown = [fleet.test.preview(*options).succeeded() for options in PREVIEWS]
    fleet.test.refresh("--yes", "--diff").succeeded()
    canaries.must_not_show()
    shown.append(fleet.test.preview().succeeded())
    fleet.test.up("--diff").succeeded()

    canaries.must_not_show()
    assert updates(shown[-1]) == {
        "Mirror acme-de +DATABASE_URL-DATABASE_URL (running)",
        "Mirror acme-fr +MAIL_KEY-MAIL_KEY (running),SITE_ID (running)~SITE_ID",
    }
    assert fleet.test.has_no_changes()


def test_a_value_that_appears_only_in_a_deployment_made_by_hand_shows_no_secret(canaries: Canaries) -> None:
    fleet = canaries.fleet
    fleet.sandbox.deploy("acme-de", "live", report=lambda _line: None)
    fleet.live.refresh("--yes", "--diff").succeeded()
    fleet.live.up().succeeded()

    canaries.must_not_show()


def test_a_failed_deployment_quotes_its_log_without_the_secrets_in_it(canaries: Canaries) -> None:
    fleet = canaries.fleet
    failing = {"mirrors": {"acme-fr": {"variables": {"RELEASE_CODE": "3"}}}}
    with fleet.project.configured(lambda config: config.update({"mirrors:overrides": failing}), "Pulumi.test.yaml"):
        failed = fleet.test.up("--diff").failed()

    assert re.search(r"database \S+ whisper \S+", deployment_log(fleet.sandbox, "acme-fr", "test"))
    assert re.search(r"database \S+ whisper \S+", failed.text)
    fleet.test.up().succeeded()
    canaries.must_not_show()
    assert fleet.test.has_no_changes()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("mirrors:apiToken", "c4n4ry token with blanks"),
        ("mirrors:secrets.nobody.MAIL_KEY", MAIL_KEY),
        ("mirrors:secrets.all.SITE_ID", MAIL_KEY),
        ("mirrors:sharedValues.DATABASE_URL", f"postgres://acme:{WHISPER}@db.example:5432/acme"),
    ],
    ids=["token", "site", "name", "DSN"],
)
def test_a_wrong_secret_in_the_configuration_is_named_without_its_value(
    canaries: Canaries, key: str, value: str
) -> None:
    fleet = canaries.fleet
    with fleet.project.configured(lambda _config: None, "Pulumi.test.yaml"):
        keep_secret(fleet.test, key, value)
        done = fleet.test.preview("--diff").failed()

    assert key.partition(":")[2].partition(".")[0] in done.text
    assert value not in done.text
    canaries.must_not_show()


def test_status_and_outputs_show_no_secret(canaries: Canaries) -> None:
    fleet = canaries.fleet
    commands: list[Done] = [
        fleet.project.run("mirrors", "status", "--stack", "live"),
        fleet.project.run("mirrors", "status", "--stack", "live", "--json"),
        fleet.test.pulumi("stack output", "--json"),
        fleet.test.pulumi("stack export"),
        fleet.test.pulumi("stack history", "--json"),
        fleet.test.pulumi("config", "--json"),
    ]

    assert [done.code for done in commands] == [0] * len(commands)
    canaries.must_not_show()


def test_what_the_checks_look_for_they_find(canaries: Canaries, tmp_path: Path) -> None:
    """A canary in an output, and one in a file of the engine: each check must see it."""
    (tmp_path / "state.json").write_text(f'{{"value": "{MAIL_KEY}"}}', encoding="utf-8")
    texts: dict[str, str | bytes] = {"file": (tmp_path / "state.json").read_bytes(), "output": f"token {TOKEN}"}

    assert sorted(leaks(canaries.values, texts)) == ["mail key in file", "token in output"]

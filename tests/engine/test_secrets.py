"""Secrets, with canaries in all places where one may be given: none shows in files, output, logs or process list."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from mirrors_sandbox.postgres import PostgreSQL

from tests.engine.fleet import Fleet, seeded_fleet, silently
from tests.engine.project import Stack, updates
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
WRONG = {
    "mirrors:apiToken": "c4n4ry token with blanks",
    "mirrors:secrets.unknown.MAIL_KEY": MAIL_KEY,
    "mirrors:secrets.all.SITE_ID": MAIL_KEY,
}
WRONG_ON_THE_PLATFORM = {"mirrors:sharedValues.DATABASE_URL": f"postgres://acme:{WHISPER}@db.example:5432/acme"}
"""Secrets that are wrong as they are, or where they are, by their keys."""

COMMANDS = (
    ("mirrors", "status", "--stack", "live"),
    ("mirrors", "status", "--stack", "live", "--json"),
    ("pulumi", "stack", "output", "--json", "--stack", "test"),
    ("pulumi", "stack", "export", "--stack", "test"),
    ("pulumi", "stack", "history", "--json", "--stack", "test"),
    ("pulumi", "config", "--json", "--stack", "test"),
)

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


@contextmanager
def updated(directory: Path) -> Iterator[Canaries]:
    """Yield a fleet after its first up, with the token and two variables in the stacks' configuration, encrypted."""
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


def test_no_secret_shows_from_the_first_up_on_whatever_is_drifted_refreshed_failed_or_mistyped(tmp_path: Path) -> None:
    with updated(tmp_path) as canaries:
        the_canaries_are_where_they_belong(canaries)
        canaries.must_not_show()
        no_process_has_a_secret_among_its_arguments(canaries)
        what_was_deleted_or_deployed_by_hand_is_refreshed_and_set_again(canaries)
        a_failed_deployment_quotes_its_log_without_the_secrets_in_it(canaries)
        a_wrong_secret_is_named_without_its_value(canaries)
        for command in COMMANDS:
            canaries.fleet.project.run(*command).succeeded()
        canaries.must_not_show()


def the_canaries_are_where_they_belong(canaries: Canaries) -> None:
    """And each check finds one in a file and in an output. Otherwise this test could not fail."""
    fleet = canaries.fleet
    assert fleet.sandbox.token == TOKEN
    for stack in fleet.stacks:
        frozen = frozen_variables(fleet.sandbox, "acme-fr", stack.name)
        assert (frozen["MAIL_KEY"], frozen["WHISPER"]) == (MAIL_KEY, WHISPER)
        assert frozen["DATABASE_URL"] == frozen_variables(fleet.sandbox, "acme", stack.name)["DATABASE_URL"]
        assert canaries.values[f"{stack.name} database password"] in frozen["DATABASE_URL"]
    assert history_of(fleet.project.state / "pulumi"), "the engine keeps no history here"
    texts: dict[str, str | bytes] = {"file": f'{{"value": "{MAIL_KEY}"}}'.encode(), "output": f"token {TOKEN}"}
    assert sorted(leaks(canaries.values, texts)) == ["mail key in file", "token in output"]


def no_process_has_a_secret_among_its_arguments(canaries: Canaries) -> None:
    assert any("pulumi up" in line for line in canaries.processes.seen), "the process list was not looked at"
    assert leaks(canaries.values, canaries.processes.as_texts()) == []


def what_was_deleted_or_deployed_by_hand_is_refreshed_and_set_again(canaries: Canaries) -> None:
    """The engine knows what a refresh and a check bring in as a secret only if the provider says so.

    Some values appear only in a deployment made by hand.
    """
    fleet = canaries.fleet
    delete_variable(fleet.sandbox, "acme-de", "test", "DATABASE_URL")
    delete_variable(fleet.sandbox, "acme-fr", "test", "MAIL_KEY")
    set_variable(fleet.sandbox, "acme-fr", "test", "SITE_ID", "9")
    fleet.sandbox.deploy("acme-ch", "test", report=silently)

    for options in PREVIEWS:
        fleet.test.preview(*options).succeeded()
    fleet.test.refresh("--yes", "--diff").succeeded()
    canaries.must_not_show()
    done = fleet.test.preview_and_up().succeeded()

    canaries.must_not_show()
    assert updates(done) == {
        "Mirror acme-ch ~verified",
        "Mirror acme-de +DATABASE_URL-DATABASE_URL (running)",
        "Mirror acme-fr +MAIL_KEY-MAIL_KEY (running),SITE_ID (running)~SITE_ID",
    }
    assert fleet.test.has_no_changes()


def a_failed_deployment_quotes_its_log_without_the_secrets_in_it(canaries: Canaries) -> None:
    fleet = canaries.fleet
    failing = {"mirrors": {"acme-fr": {"variables": {"RELEASE_CODE": "3"}}}}
    with fleet.project.configured(lambda config: config.update({"mirrors:overrides": failing}), "Pulumi.test.yaml"):
        failed = fleet.test.up("--diff").failed()

    assert re.search(r"database \S+ whisper \S+", deployment_log(fleet.sandbox, "acme-fr", "test"))
    assert re.search(r"database \S+ whisper \S+", failed.text)
    fleet.test.up("--diff").succeeded()
    canaries.must_not_show()


def a_wrong_secret_is_named_without_its_value(canaries: Canaries) -> None:
    """With a wrong token Mirrors asks the platform nothing, so a wrong shared value has a preview of its own."""
    fleet = canaries.fleet
    for wrong in (WRONG, WRONG_ON_THE_PLATFORM):
        with fleet.project.configured(lambda _config: None, "Pulumi.test.yaml"):
            for key, value in wrong.items():
                keep_secret(fleet.test, key, value)
            done = fleet.test.preview("--diff").failed()
        assert [key for key in wrong if key.partition(":")[2].partition(".")[0] not in done.text] == []
        assert [key for key, value in wrong.items() if value in done.text] == []
    canaries.must_not_show()

"""Divio's own client, unchanged, against the sandbox: each of its commands that reads or deploys."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from mirrors_sandbox.control import Sandbox

from tests.engine.template import write_constraints
from tests.peers.divio_cli import LIBRARY, VERSION, UnreachableError, installed, said
from tests.sandboxes import environment_of, get, newest_deployment, running_sandbox, set_variable

TOOLS = Path(__file__).parents[2] / ".tools"
TIMEOUT = 60.0  # seconds


def silently(_line: str) -> None:
    """For what reports to the terminal."""


@dataclass(frozen=True)
class Account:
    """An account on the sandbox, and a user of the client with the two settings of docs/how-to/sandbox.md."""

    sandbox: Sandbox
    commands: Path
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        return {"PATH": f"{self.home}:{os.defpath}", "HOME": str(self.home), "DIVIO_ZONE": self.sandbox.url}

    @property
    def facts(self) -> dict[str, str]:
        """The words in braces that command lines name."""
        [found] = get(self.sandbox, "applications/", slug="acme")["results"]
        uuid = found["uuid"]
        return {
            "application": uuid,
            "organisation": found["organisation"],
            "region": found["region"],
            "environment": environment_of(self.sandbox, "acme", "test"),
            "deployment": newest_deployment(self.sandbox, "acme", "live")["uuid"],
            "number": str(self.older("?page_size=100")[uuid]),
        }

    def older(self, query: str) -> dict[str, int]:
        headers = {"Authorization": f"Token {self.sandbox.token}"}
        answer = requests.get(f"{self.sandbox.url}/legacy/v3/applications/{query}", headers=headers, timeout=TIMEOUT)
        return {item["uuid"]: item["id"] for item in answer.json()["results"]}


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    try:
        commands = installed(TOOLS, write_constraints(tmp_path_factory.mktemp("constraints") / "constraints.txt"))
    except UnreachableError as error:
        pytest.skip(f"divio-cli {VERSION} cannot be installed from here: {error}")
    home = tmp_path_factory.mktemp("home")
    with running_sandbox(tmp_path_factory.mktemp("platform")) as sandbox:
        sandbox.seed(mirrors=["acme-de"], report=silently)
        set_variable(sandbox, "acme", "test", "GREETING", "hello")
        (sandbox.state / "sites" / "acme-test.log").write_text("GET / 200\nGET /about/ 404\n")
        netrc = home / ".netrc"
        netrc.touch(mode=0o600)
        netrc.write_text(f"machine 127.0.0.1 login sandbox password {sandbox.token}\n")
        # It would look for a newer version of itself, and offer to report errors.
        settings = home / ".config" / "divio" / "config.json"
        settings.parent.mkdir(parents=True)
        settings.write_text(json.dumps({"update_check_timestamp": time.time(), "sentry-dsn": ""}))
        yield Account(sandbox, commands, home)


COMMANDS = {
    "app list": "acme-de",
    "app list --grouped": "Acme",
    "app list --json": '"slug": "acme"',
    "app logs test --remote-id {application}": "GET /about/ 404",
    "app logs test --utc --remote-id {number}": "GET / 200",
    "app deploy-log live --remote-id {application}": "done",
    "app deploy test --remote-id {application}": "Deploying test environment",
    "app deploy test --build-mode FORCE --remote-id {number}": "Deploying test environment",
    "app deployments list --remote-id {application}": "{environment}",
    "app deployments list --all-environments --remote-id {application}": "{deployment}",
    "app deployments --json list --stage live --remote-id {application}": "{deployment}",
    "app deployments get {deployment} --remote-id {application}": "{deployment}",
    "app deployments --json get {deployment} --remote-id {number}": "{deployment}",
    "app deployments get-var {deployment} STAGE --remote-id {application}": "live",
    "app environment-variables list --stage test --remote-id {application}": "GREETING",
    "app environment-variables list --all-environments --remote-id {application}": "GREETING",
    "app environment-variables --json list --remote-id {application}": '"value": "hello"',
    "app environment-variables --txt list --remote-id {application}": "GREETING=hello",
    "app environment-variables get GREETING --remote-id {application}": "hello",
    "app environment-variables get NOTHING --remote-id {application}": "No environment variable named 'NOTHING'",
    "app service-instances list test --remote-id {application}": "DATABASE",
    "app service-instances list live --json --remote-id {application}": '"STORAGE"',
    "services list --region {region}": "postgresql",
    "services list --region {region} --json": '"name": "postgresql"',
    "regions list": "sandbox",
    "organisations list": "Acme",
    "organisations list --json": '"name": "Acme"',
    "version --skip-check": VERSION,
    f"{LIBRARY} check_login_status": "true",
    f"{LIBRARY} get_organisation {{organisation}}": "Acme",
    f"{LIBRARY} get_application {{application}}": '"slug": "acme"',
    f"{LIBRARY} get_environments": "{environment}",
    f"{LIBRARY} get_environment {{application}} test": "ssh_endpoint",
    f"{LIBRARY} get_repository_dsn {{application}}": "acme.git",
    f"{LIBRARY} get_application_uuid_for_slug acme": "{application}",
    f"{LIBRARY} get_application_templates": "[[],",
}
"""The output of each command, by its line."""


@pytest.fixture(scope="module")
def answers(account: Account) -> dict[str, Any]:
    facts = account.facts
    lines = [command.format(**facts).split() for command in COMMANDS]
    return dict(zip(COMMANDS, said(account.commands, lines, account.environment), strict=True))


@pytest.mark.parametrize("command", COMMANDS)
def test_the_client_gets_what_it_asks_for(account: Account, answers: dict[str, Any], command: str) -> None:
    answer = answers[command]
    assert answer["code"] == 0, answer["text"]
    assert "Traceback" not in answer["text"]
    assert COMMANDS[command].format(**account.facts) in answer["text"]


def test_its_own_command_shows_where_to_log_in_to(account: Account) -> None:
    """It replaces itself by ``ssh``: here by one that says what it was called with."""
    ssh = account.home / "ssh"
    ssh.write_text('#!/bin/sh\necho "called with $*"\n')
    ssh.chmod(0o755)
    command = [str(account.commands / "divio"), "app", "ssh", "test", "--remote-id", account.facts["application"]]
    ran = subprocess.run(command, env=account.environment, capture_output=True, text=True, timeout=TIMEOUT)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "called with -p 22 acme-test-" in ran.stdout
    assert ran.stdout.rstrip().endswith("@ssh.sandbox.invalid")


def test_without_a_token_it_learns_that_it_has_none(account: Account) -> None:
    (account.home / "empty").touch(mode=0o600)
    environment = {**account.environment, "NETRC_PATH": str(account.home / "empty")}
    lines = [["app", "list"], ["app", "logs", "--remote-id", "1"]]
    for answer in said(account.commands, lines, environment):
        assert answer["code"] == 1
        assert "Authentication credentials were not provided" in answer["text"]

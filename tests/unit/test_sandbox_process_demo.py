"""The seeded example with real processes: its sites have content, and a user may log in."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from click.testing import CliRunner
from mirrors_sandbox.cli import sandbox as command
from mirrors_sandbox.control import Sandbox
from mirrors_sandbox.running import Login

from tests.django.acme import TIMEOUT, browser, get, submit
from tests.sandboxes import deployment_log, frozen_variables, running_sandbox, set_variable


@dataclass(frozen=True)
class Demo:
    sandbox: Sandbox
    said: list[str]

    def login(self, environment: str) -> Login:
        return next(login for login in self.sandbox.logins() if login.what == environment)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_sandbox(tmp_path_factory.mktemp("demo"), runner="process") as started:
        said: list[str] = []
        started.seed(mirrors=["acme-de"], report=said.append)
        yield Demo(started, said)


def test_both_environments_have_a_user_with_a_password_of_its_own(demo: Demo) -> None:
    test, live = (demo.login(f"acme/{stage}") for stage in ("test", "live"))
    assert test.password != live.password
    with browser() as session:
        submit(session, f"{test.address}login/?next=/admin/", {"username": test.user, "password": test.password})
        assert "Log out" in session.get(str(test.address), timeout=TIMEOUT).text


def test_a_site_has_content_of_its_own_from_its_first_deployment_on(demo: Demo) -> None:
    shared = frozen_variables(demo.sandbox, "acme", "test")
    for name in ("DATABASE_URL", "DEFAULT_STORAGE_DSN"):
        set_variable(demo.sandbox, "acme-de", "test", name, shared[name], is_sensitive=True)
    set_variable(demo.sandbox, "acme-de", "test", "SITE_ID", "2")
    set_variable(demo.sandbox, "acme-de", "test", "MIRRORS_APPLICATION", "acme-de")
    demo.sandbox.deploy("acme-de", "test", report=demo.said.append)

    sites = {site.application: site.address for site in demo.sandbox.status().sites if site.environment == "test"}
    assert "A picture of site 1" in get(sites["acme"]).text
    assert "A picture of site 2" in get(sites["acme-de"]).text


def test_the_passwords_are_printed_by_their_command_and_said_or_written_nowhere_else(demo: Demo) -> None:
    logins = demo.sandbox.logins()
    printed = CliRunner().invoke(command, ["--state-dir", str(demo.sandbox.state.root), "passwords"]).stdout
    assert [login.what for login in logins] == ["control panel", "acme/live", "acme/test"]
    assert all(f"{login.address}, user admin, password {login.password}" in printed for login in logins)

    logs = [path.read_text(errors="replace") for path in demo.sandbox.state.root.rglob("*.log")]
    logs += [deployment_log(demo.sandbox, "acme", stage) for stage in ("test", "live")]
    logs += [*demo.said, repr(logins), (demo.sandbox.state / "requests.jsonl").read_text()]
    assert not [login.what for login in logins for text in logs if login.password in text]


def test_a_second_seed_keeps_the_passwords(demo: Demo) -> None:
    before = demo.sandbox.logins()
    said: list[str] = []
    demo.sandbox.seed(mirrors=["acme-de"], report=said.append)
    assert demo.sandbox.logins() == before
    assert [re.sub(":.*", "", line) for line in said] == ["acme"]

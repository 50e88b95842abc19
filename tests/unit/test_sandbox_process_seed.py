import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from mirrors_sandbox.cli import sandbox as sandbox_command
from mirrors_sandbox.control import Sandbox
from mirrors_sandbox.process import wait_until
from mirrors_sandbox.state import SandboxError

from tests.sandboxes import (
    change,
    deployment_log,
    environment_of,
    frozen_variables,
    get,
    newest_deployment,
    running_sandbox,
    set_variable,
    site_codebase,
)

BUILT_IN = {
    "STAGE",
    "DOMAIN_ALIASES",
    "DOMAIN_REDIRECTS",
    "SITE_NAME",
    "SECRET_KEY",
    "GIT_BRANCH",
    "DEFAULT_DATABASE_DSN",
    "DATABASE_URL",
    "DEFAULT_STORAGE_DSN",
}


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Yield the account as it is seeded, for all tests that do not mind what the others did to it."""
    with running_sandbox(tmp_path_factory.mktemp("account")) as started:
        started.seed()
        yield started


def dump(sandbox: Sandbox) -> list[str]:
    connection = sqlite3.connect(sandbox.state / "sandbox.sqlite3")
    lines = [line for line in connection.iterdump() if "django_session" not in line]
    connection.close()
    return lines


def test_the_original_is_deployed_and_the_mirrors_are_fresh(sandbox: Sandbox) -> None:
    sandbox.seed()
    slugs = {item["slug"] for item in get(sandbox, "applications/")["results"]}
    finished = {
        (item["app_name"].rsplit("-", 2)[0], item["slug"]): item["last_finished_deployment"] is not None
        for item in get(sandbox, "environments/")["results"]
    }
    assert slugs == {"acme", "acme-de", "acme-fr", "acme-ch"}
    assert len(finished) == 8
    assert {key for key, deployed in finished.items() if deployed} == {("acme", "test"), ("acme", "live")}
    for mirror in slugs - {"acme"}:
        environment = environment_of(sandbox, mirror, "live")
        assert get(sandbox, "environment-variables/", environment=environment)["count"] == 0


def test_an_environment_has_the_variables_that_the_platform_sets(account: Sandbox) -> None:
    """No address: where nothing serves, a client would wait there for an answer."""
    test, live = (frozen_variables(account, "acme", name) for name in ("test", "live"))
    assert set(test) == set(live) == BUILT_IN
    assert (test["STAGE"], live["STAGE"], live["SITE_NAME"], live["GIT_BRANCH"]) == ("test", "live", "acme", "main")
    assert test["DATABASE_URL"] == test["DEFAULT_DATABASE_DSN"]
    assert not {test[name] for name in ("DATABASE_URL", "DEFAULT_STORAGE_DSN", "SECRET_KEY")} & {
        live[name] for name in ("DATABASE_URL", "DEFAULT_STORAGE_DSN", "SECRET_KEY")
    }


def test_a_second_seed_changes_nothing_and_says_so(account: Sandbox) -> None:
    before = dump(account)
    said: list[str] = []
    account.seed(report=said.append)
    assert dump(account) == before
    assert said == ["acme: everything is there already, nothing was changed"]


def test_numbered_mirrors_are_made_besides_the_named_ones(sandbox: Sandbox) -> None:
    sandbox.seed(original="shop", mirrors=["shop-de"], numbered=20)
    found = {item["slug"] for item in get(sandbox, "applications/")["results"]}
    assert found == {"shop", "shop-de", *(f"shop-{number:04}" for number in range(1, 21))}


def test_no_two_sites_share_a_port(sandbox: Sandbox) -> None:
    sandbox.seed(numbered=20)
    sandbox.mirror("acme", "acme-it")
    connection = sqlite3.connect(sandbox.state / "sandbox.sqlite3")
    ports = [port for (port,) in connection.execute("SELECT port FROM sandbox_environment")]
    connection.close()
    assert len(set(ports)) == len(ports) == 50


TAKES = "is no application's name: it takes up to 63 lower-case letters, digits and hyphens"


@pytest.mark.parametrize(
    ("original", "name", "problem"),
    [
        ("acme-de", "acme-it", "is a mirror itself"),
        ("acme", "acme-de", "already"),
        ("acme", "no slug!", TAKES),
        ("acme", "-x-", TAKES),
        ("acme", "Acme-DE", TAKES),
        ("acme", "acme_it", TAKES),
        ("acme", "a" * 64, TAKES),
        ("other", "acme-it", "there is no application other"),
    ],
)
def test_a_mirror_that_cannot_be_made_is_refused(account: Sandbox, original: str, name: str, problem: str) -> None:
    with pytest.raises(SandboxError, match=problem):
        account.mirror(original, name)


@pytest.mark.parametrize("name", ["-x-", "Acme-DE"])
def test_on_the_command_line_a_wrong_name_is_reported_as_one(account: Sandbox, name: str) -> None:
    arguments = ["--state-dir", str(account.state.root), "mirror", "acme", name]
    done = CliRunner().invoke(sandbox_command, arguments)
    assert done.exit_code == 1
    assert done.stderr.startswith(f"Error: '{name}' {TAKES}")


def test_a_new_mirror_is_reported_with_what_comes_next(sandbox: Sandbox) -> None:
    said: list[str] = []
    sandbox.seed(mirrors=[], report=said.append)
    sandbox.mirror("acme", "acme-it", report=said.append)
    assert (
        said[-1]
        == "acme-it is a mirror of acme: add it to the list in Pulumi.yaml, then pulumi up -s test, and -s live"
    )


@pytest.mark.parametrize(
    "wanted", [{"original": "Shop"}, {"mirrors": ["shop_de"]}, {"original": "s" * 63, "numbered": 1}]
)
def test_a_seed_with_a_wrong_name_is_refused(sandbox: Sandbox, wanted: dict[str, Any]) -> None:
    with pytest.raises(SandboxError, match=TAKES):
        sandbox.seed(**wanted)


def test_a_codebase_that_is_not_there_is_named(sandbox: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="--codebase"):
        sandbox.seed(codebase=tmp_path / "nowhere")


def test_the_codebase_becomes_a_repository_with_one_commit(sandbox: Sandbox, tmp_path: Path) -> None:
    codebase = site_codebase(tmp_path / "site")
    (codebase / ".gitignore").write_text("*.sqlite3\n")
    (codebase / "db.sqlite3").write_text("not for others")
    sandbox.seed(codebase=codebase)
    (release,) = (sandbox.state / "releases").iterdir()
    assert {path.name for path in release.iterdir() if path.name != "__pycache__"} == {
        ".gitignore",
        "Procfile",
        "release.py",
        "release_commands.json",
        "site.wsgi.py",
    }


def test_a_mirror_of_another_region_fails_to_deploy_and_says_why(account: Sandbox) -> None:
    change(account, "UPDATE sandbox_application SET region = 'elsewhere' WHERE slug = ?", "acme-ch")
    with pytest.raises(SandboxError, match="region of its original"):
        account.deploy("acme-ch", "live")
    assert newest_deployment(account, "acme-ch", "live")["success"] is False


@pytest.mark.parametrize(
    ("image_from", "problem"), [("live", "deployment of live"), ("matching", "deployment of test")]
)
def test_a_mirror_fails_to_deploy_without_an_image_of_its_original(
    sandbox: Sandbox, image_from: str, problem: str
) -> None:
    sandbox.seed(mirrors=["acme-de"])
    change(sandbox, "UPDATE sandbox_application SET image_from = ? WHERE slug = ?", image_from, "acme-de")
    missing = problem.rsplit(" ", 1)[1]
    change(
        sandbox,
        "UPDATE sandbox_deployment SET success = 0 WHERE environment_id IN "
        "(SELECT uuid FROM sandbox_environment WHERE slug = ?)",
        missing,
    )
    with pytest.raises(SandboxError, match=problem):
        sandbox.deploy("acme-de", "test")


def test_a_deployment_fails_on_request_so_often_as_was_asked(account: Sandbox) -> None:
    account.add_fault("deployment-fails", remaining=1, settings={"message": "out of luck"})
    with pytest.raises(SandboxError, match="out of luck"):
        account.deploy("acme-de", "test")
    account.deploy("acme-de", "test")
    assert newest_deployment(account, "acme-de", "test")["success"] is True


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"path": "("}, "path: This is no regular expression"),
        ({"settings": {"seconds": "long"}}, "settings: seconds is a number"),
        ({"settings": []}, "settings: Settings are an object"),
        ({"method": "DELETE-ALL-OF-THEM"}, "method: "),
    ],
)
def test_a_fault_that_could_strike_nothing_is_refused_and_the_platform_goes_on(
    account: Sandbox, wrong: dict[str, Any], problem: str
) -> None:
    with pytest.raises(SandboxError, match=f"^the fault error cannot be injected: {problem}"):
        account.add_fault("error", **wrong)
    assert get(account, "applications/")["count"]


def test_a_deployment_with_wrong_variables_succeeds_and_shows_them(account: Sandbox) -> None:
    set_variable(account, "acme-fr", "test", "SITE_ID", "2")
    set_variable(account, "acme-fr", "test", "DATABASE_URL", "postgres://shared@127.0.0.1:5432/shared")
    account.add_fault(
        "deployment-wrong-variables", remaining=1, settings={"set": {"SITE_ID": 9}, "drop": ["DATABASE_URL"]}
    )
    account.deploy("acme-fr", "test")
    wrong = frozen_variables(account, "acme-fr", "test")
    account.deploy("acme-fr", "test")
    right = frozen_variables(account, "acme-fr", "test")
    assert (wrong["SITE_ID"], right["SITE_ID"]) == ("9", "2")
    assert wrong["DATABASE_URL"] == wrong["DEFAULT_DATABASE_DSN"] != right["DATABASE_URL"]


def test_a_deployment_may_take_its_time_while_the_api_answers(tmp_path: Path) -> None:
    with running_sandbox(tmp_path, deployment_seconds=1.0) as sandbox:
        sandbox.seed(mirrors=[])
        sandbox.deploy("acme", "test", wait=False)
        assert newest_deployment(sandbox, "acme", "test")["ended_at"] is None
        assert wait_until(lambda: newest_deployment(sandbox, "acme", "test")["success"] is True, timeout=30)
        ended = newest_deployment(sandbox, "acme", "test")
        assert (datetime.fromisoformat(ended["ended_at"]) - datetime.fromisoformat(ended["started_at"])).seconds >= 1


def test_a_rotation_gives_the_databases_another_password_at_the_next_deployment(account: Sandbox) -> None:
    before, test = (frozen_variables(account, "acme", stage) for stage in ("live", "test"))
    account.rotate("acme", "live")
    assert frozen_variables(account, "acme", "live") == before
    account.deploy("acme", "live")
    after = frozen_variables(account, "acme", "live")
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"DATABASE_URL", "DEFAULT_DATABASE_DSN"}
    assert after["DATABASE_URL"].rpartition("@")[2] == before["DATABASE_URL"].rpartition("@")[2]
    account.deploy("acme", "test")
    assert frozen_variables(account, "acme", "test") == test, "Test has a role of its own"


@pytest.mark.parametrize(
    ("original", "environment", "said"),
    [
        ("acme-de", "test", "acme-de is a mirror: name its original, acme, whose database the mirrors share"),
        ("acme", "tset", "acme has no environment tset: it is one of test and live"),
    ],
)
def test_a_rotation_takes_an_original_and_one_of_its_environments(
    account: Sandbox, original: str, environment: str, said: str
) -> None:
    with pytest.raises(SandboxError, match=said):
        account.rotate(original, environment)


def test_the_requests_log_can_be_read_and_cleared(sandbox: Sandbox) -> None:
    sandbox.seed(mirrors=["acme-de"])
    assert [line["path"] for line in sandbox.requests_log() if line["method"] == "POST"] == [
        "/apps/v3/deployments/"
    ] * 2
    sandbox.clear_requests_log()
    assert sandbox.requests_log() == []
    set_variable(sandbox, "acme-de", "live", "SITE_ID", "2")
    (written,) = [line for line in sandbox.requests_log() if line["method"] == "POST"]
    assert (written["application"], written["environment"], written["name"]) == ("acme-de", "live", "SITE_ID")


def test_the_log_of_a_deployment_without_processes_says_that_it_is_done(account: Sandbox) -> None:
    assert deployment_log(account, "acme", "test") == "done\n"

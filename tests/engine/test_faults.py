"""A platform that fails, met by the real ``pulumi``: what cannot be repeated ends in one message, without a secret."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from mirrors_sandbox.control import Sandbox
from mirrors_sandbox.state import write_private

from tests.engine.fleet import MIRRORS, Fleet, seeded_fleet
from tests.engine.project import errors
from tests.engine.secrets import canaries_of, leaks, shown_by, written_by
from tests.sandboxes import environment_of, get

TOKEN = "c4n4ry-second-token-81be"
THIRD = "c4n4ry-third-token-52d0"
RUNS = "--run-program"
STORM_CHANCE = 0.02  # of each kind: six in a row, the client's patience, meet a request less than once in 100,000 times
STORM = ("throttle", "error", "reset-before", "reset-after", "truncated", "latency", "shift")


@dataclass
class Watched:
    """A fleet whose secrets are looked for wherever they must not be."""

    fleet: Fleet
    values: dict[str, str] = field(default_factory=dict)

    def shows_no_secret(self) -> None:
        assert leaks(self.values, shown_by(self.fleet)) == []
        assert leaks(self.values, written_by(self.fleet)) == []


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with seeded_fleet(tmp_path_factory.mktemp("faults")) as fleet:
        yield Watched(fleet, canaries_of(fleet) | {"second token": TOKEN, "third token": THIRD})


@pytest.fixture
def fleet(watched: Watched) -> Iterator[Fleet]:
    """After each test no secret shows in what was said and stored until then."""
    watched.fleet.sandbox.clear_requests_log()
    yield watched.fleet
    watched.shows_no_secret()


@contextmanager
def pages_of(fleet: Fleet, size: int) -> Iterator[None]:
    switches = fleet.sandbox.state / "fidelity.json"
    switches.write_text(json.dumps({"page_size_default": size, "page_size_max": size}), encoding="utf-8")
    yield
    switches.unlink()


def deployments(fleet: Fleet, application: str) -> int:
    environment = environment_of(fleet.sandbox, application, "test")
    return len(get(fleet.sandbox, "deployments/", environment=environment)["results"])


def at_once(fleet: Fleet, deployments: int) -> Any:
    value = {"parallel": deployments}
    return fleet.project.configured(lambda config: config.update({"mirrors:rollout": value}), "Pulumi.test.yaml")


def test_a_refused_first_write_is_tried_at_one_site_and_says_what_to_set_by_hand(fleet: Fleet) -> None:
    writes = {"method": "POST", "path": "^/apps/v3/environment-variables/"}
    long_enough = {"seconds": 1}  # for another site to begin
    with (
        at_once(fleet, 16),
        fleet.fault("latency", **writes, settings=long_enough),
        fleet.fault("forbidden", **writes),
    ):
        refused = fleet.test.up("--skip-preview").failed()
    assert [(line["method"], line["status"]) for line in fleet.writes()] == [("POST", 403)]
    [told] = [line for line in errors(refused) if "the platform refused the write: " in line]
    assert "in the Control Panel: set in this order SITE_ID=" in told
    assert "DATABASE_URL=(the original's, or the configuration's, secret value); then deploy" in told
    others = [line for line in errors(refused) if line not in (told, "update failed")]
    assert all("not tried: the platform refused the write for " in line for line in others), others


def test_an_up_in_a_storm_converges_and_no_one_notices(fleet: Fleet) -> None:
    with ExitStack() as storm:
        storm.enter_context(pages_of(fleet, 3))  # else no list has a second one, which could shift
        for seed, kind in enumerate(STORM):
            settings = {"throttle": {"seconds": 0}, "latency": {"seconds": 0.05}}.get(kind, {})
            storm.enter_context(fleet.fault(kind, probability=STORM_CHANCE, seed=seed, settings=settings))
        done = fleet.test.up("--skip-preview").succeeded()
    assert "error" not in done.text
    assert any(line.get("fault") for line in fleet.sandbox.requests_log())
    assert {slug: deployments(fleet, slug) for slug in MIRRORS} == dict.fromkeys(MIRRORS, 1)
    assert fleet.test.has_no_changes()


def test_a_404_of_an_application_that_is_listed_all_the_same_forgets_nothing(fleet: Fleet) -> None:
    fleet.test.up("--skip-preview").succeeded()
    before = {item["urn"] for item in resources(fleet)}
    application = get(fleet.sandbox, "applications/", slug="acme-de")["results"][0]["uuid"]
    with fleet.fault("error", method="GET", path=f"/applications/{application}/", settings={"status": 404}):
        fleet.test.up("--skip-preview").succeeded()
    assert {item["urn"] for item in resources(fleet)} == before
    assert fleet.test.has_no_changes()


def test_a_token_that_was_replaced_reaches_every_command(fleet: Fleet) -> None:
    """The state has the one of the last up, which is what the engine refreshes with before the program runs."""
    test, project = fleet.test, fleet.project
    del project.environment["DIVIO_API_TOKEN"]
    configure_token(fleet, fleet.sandbox.token)
    test.up("--skip-preview").succeeded()
    looks = (test.preview, partial(test.refresh, "--preview-only"), partial(test.refresh, "--preview-only", RUNS))

    renew_token(fleet.sandbox, TOKEN)
    for look in (*looks, partial(test.destroy, "--exclude-protected")):
        refused = look().failed()
        assert "401" in refused.text
        assert "Set DIVIO_API_TOKEN" in refused.text
    assert all("SITE_ID" in fleet.variables(slug, "test") for slug in MIRRORS)
    with project.with_environment(DIVIO_API_TOKEN=TOKEN):
        test.refresh("--preview-only", "--expect-no-changes").succeeded()

    configure_token(fleet, TOKEN)
    for look in looks:
        look("--expect-no-changes").succeeded()
    test.up("--skip-preview", "--expect-no-changes").succeeded()

    renew_token(fleet.sandbox, THIRD)
    configure_token(fleet, THIRD)
    test.pulumi("destroy", "--exclude-protected", "--preview-only").succeeded()
    test.destroy("--exclude-protected", "--skip-preview", RUNS).succeeded()
    assert all(fleet.variables(slug, "test") == {} for slug in MIRRORS)
    project.environment["DIVIO_API_TOKEN"] = THIRD


def test_a_token_that_goes_from_the_environment_into_the_configuration_is_found_before_the_program_runs(
    fleet: Fleet,
) -> None:
    """The state has none then."""
    fleet.test.pulumi("config rm mirrors:apiToken").succeeded()
    fleet.test.up("--skip-preview").succeeded()
    token = fleet.project.environment.pop("DIVIO_API_TOKEN")
    configure_token(fleet, token)
    assert fleet.test.has_no_changes()
    fleet.project.environment["DIVIO_API_TOKEN"] = token


def configure_token(fleet: Fleet, token: str) -> None:
    fleet.test.pulumi("config set --secret mirrors:apiToken", given=token).succeeded()


def renew_token(sandbox: Sandbox, token: str) -> None:
    sandbox.stop()
    write_private(sandbox.state / "token", token)
    sandbox.start()


def resources(fleet: Fleet) -> list[dict[str, str]]:
    exported = fleet.test.pulumi("stack export").succeeded().json()
    return list(exported["deployment"]["resources"])

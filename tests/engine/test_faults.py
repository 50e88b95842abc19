"""A platform that fails, met by the real ``pulumi``: what cannot be repeated ends in one message, without a secret."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from mirrors_sandbox.control import Sandbox
from mirrors_sandbox.state import write_private

from tests.engine.fleet import MIRRORS, Fleet, seeded_fleet
from tests.engine.project import errors
from tests.engine.secrets import canaries_of, leaks, shown_by, written_by
from tests.sandboxes import deployments_of, get

TOKEN = "c4n4ry-second-token-81be"
THIRD = "c4n4ry-third-token-52d0"
RUNS = "--run-program"
STORM_CHANCE = 0.02  # of each kind: six in a row, the client's patience, meet a request less than once in 100,000 times
STORM = ("throttle", "error", "reset-before", "reset-after", "truncated", "latency", "shift")


@contextmanager
def watched(directory: Path) -> Iterator[Fleet]:
    """Yield a fleet that was never updated. In the end no secret shows in what was said and stored."""
    with seeded_fleet(directory) as fleet:
        values = canaries_of(fleet) | {"second token": TOKEN, "third token": THIRD}
        fleet.sandbox.clear_requests_log()
        yield fleet
        assert leaks(values, shown_by(fleet)) == []
        assert leaks(values, written_by(fleet)) == []


def test_a_storm_is_waited_out_and_what_is_refused_stops_the_fleet_and_forgets_nothing(tmp_path: Path) -> None:
    with watched(tmp_path) as fleet:
        tries_a_refused_first_write_at_one_site(fleet)
        converges_in_a_storm(fleet)
        takes_no_404_for_a_deletion(fleet)


def tries_a_refused_first_write_at_one_site(fleet: Fleet) -> None:
    """And says what to set by hand."""
    writes = {"method": "POST", "path": "^/apps/v3/environment-variables/"}
    long_enough = {"seconds": 1}  # for another site to begin
    at_once = {"mirrors:rollout": {"parallel": 16}}
    with (
        fleet.project.configured(lambda config: config.update(at_once), "Pulumi.test.yaml"),
        fleet.fault("latency", **writes, settings=long_enough),
        fleet.fault("forbidden", **writes),
    ):
        refused = fleet.test.up().failed()
    assert [(line["method"], line["status"]) for line in fleet.writes()] == [("POST", 403)]
    [answer] = [
        line for line in errors(refused) if "the platform refused the write" in line and "not tried" not in line
    ]
    assert "in the Control Panel: set in this order SITE_ID=" in answer
    assert "DATABASE_URL=(the original's, or the configuration's, secret value); then deploy" in answer
    others = [line for line in errors(refused) if line not in (answer, "update failed")]
    assert all("not tried: the platform refused the write for " in line for line in others), others


def converges_in_a_storm(fleet: Fleet) -> None:
    """And no one notices."""
    with ExitStack() as storm:
        storm.enter_context(pages_of(fleet, 3))  # else no list has a second one, which could shift
        for seed, kind in enumerate(STORM):
            settings = {"throttle": {"seconds": 0}, "latency": {"seconds": 0.05}}.get(kind, {})
            storm.enter_context(fleet.fault(kind, probability=STORM_CHANCE, seed=seed, settings=settings))
        done = fleet.test.up().succeeded()
    assert "error" not in done.text
    assert any(line.get("fault") for line in fleet.sandbox.requests_log())
    assert {slug: len(deployments_of(fleet.sandbox, slug, "test")) for slug in MIRRORS} == dict.fromkeys(MIRRORS, 1)


def takes_no_404_for_a_deletion(fleet: Fleet) -> None:
    """The application is listed all the same."""
    before = set(fleet.test.urns())
    application = get(fleet.sandbox, "applications/", slug="acme-de")["results"][0]["uuid"]
    with fleet.fault("error", method="GET", path=f"/applications/{application}/", settings={"status": 404}):
        fleet.test.up().succeeded()
    assert set(fleet.test.urns()) == before
    assert fleet.test.has_no_changes()


@contextmanager
def pages_of(fleet: Fleet, size: int) -> Iterator[None]:
    switches = fleet.sandbox.state / "fidelity.json"
    switches.write_text(json.dumps({"page_size_default": size, "page_size_max": size}), encoding="utf-8")
    yield
    switches.unlink()


def test_a_token_that_was_replaced_reaches_every_command(tmp_path: Path) -> None:
    """The state has the one of the last up, which is what the engine refreshes with before the program runs.

    Where the environment gave the first one, the state has none.
    """
    with watched(tmp_path) as fleet:
        test, project = fleet.test, fleet.project
        test.up().succeeded()
        configure_token(fleet, project.environment.pop("DIVIO_API_TOKEN"))
        test.up("--expect-no-changes").succeeded()
        looks = (test.preview, partial(test.refresh, "--preview-only"))

        renew_token(fleet.sandbox, TOKEN)
        for look in (*looks, partial(test.destroy, "--exclude-protected")):
            refused = look().failed()
            assert "401" in refused.text
            assert "Set DIVIO_API_TOKEN" in refused.text
        assert all("SITE_ID" in fleet.variables(slug, "test") for slug in MIRRORS)
        with project.with_environment(DIVIO_API_TOKEN=TOKEN):
            test.refresh("--preview-only", "--expect-no-changes").succeeded()

        configure_token(fleet, TOKEN)
        for look in (*looks, partial(test.refresh, "--preview-only", RUNS)):
            look("--expect-no-changes").succeeded()

        renew_token(fleet.sandbox, THIRD)
        configure_token(fleet, THIRD)
        test.pulumi("destroy", "--exclude-protected", "--preview-only").succeeded()
        test.destroy("--exclude-protected", "--skip-preview", RUNS).succeeded()
        assert all(fleet.variables(slug, "test") == {} for slug in MIRRORS)


def configure_token(fleet: Fleet, token: str) -> None:
    fleet.test.pulumi("config set --secret mirrors:apiToken", given=token).succeeded()


def renew_token(sandbox: Sandbox, token: str) -> None:
    sandbox.stop()
    write_private(sandbox.state / "token", token)
    sandbox.start()

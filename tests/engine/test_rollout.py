"""How a release, and a repair, reaches the mirrors: in waves, past the unhealthy, held, paused, and all at once."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from mirrors_sandbox.process import wait_until

from tests.engine.crash.processes import family, is_provider
from tests.engine.fleet import MIRRORS, Fleet, seeded_fleet, silently
from tests.engine.project import errors
from tests.engine.serving import served
from tests.sandboxes import call, change, environment_of, get

SIX = (*MIRRORS, "acme-at", "acme-it", "acme-es")
Rollout = dict[str, Any]
PATIENCE = 60.0  # seconds, for what happens soon on a machine that is not busy


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Six mirrors without a server, converged in Test."""
    with seeded_fleet(tmp_path_factory.mktemp("rollout")) as fleet:
        for slug in SIX[len(MIRRORS) :]:
            fleet.sandbox.mirror("acme", slug, report=silently)
        fleet.project.configure(_lists(SIX))
        fleet.test.up().succeeded()
        yield fleet


@contextmanager
def rollout(fleet: Fleet, **settings: Any) -> Iterator[None]:
    """This way of rolling out, for the time of the context. In the stack's file, so that the list can change in it."""
    value = {"health": False, "waves": [1, "50%", "100%"]} | settings
    with fleet.project.configured(lambda config: config.update({"mirrors:rollout": value}), "Pulumi.test.yaml"):
        yield


@contextmanager
def held(fleet: Fleet, slug: str) -> Iterator[None]:
    overrides = {"mirrors:overrides": {"mirrors": {slug: {"hold": True}}}}
    with fleet.project.configured(lambda config: config.update(overrides), "Pulumi.test.yaml"):
        yield


def new_variable(fleet: Fleet, value: str) -> None:
    """A reason to deploy every mirror."""
    fleet.project.configure(lambda config: config["mirrors:fleet"]["value"].update(variables={"NEWS": value}))


def _lists(slugs: tuple[str, ...]) -> Any:
    return lambda config: config["mirrors:fleet"]["value"].update(mirrors=[{"application": slug} for slug in slugs])


def deployments(fleet: Fleet, slug: str) -> list[dict[str, Any]]:
    listed = get(fleet.sandbox, "deployments/", environment=environment_of(fleet.sandbox, slug, "test"))["results"]
    return sorted(listed, key=lambda item: str(item["started_at"]))


def times(fleet: Fleet, slugs: tuple[str, ...] = SIX) -> dict[str, int]:
    """How often each was deployed."""
    return {slug: len(deployments(fleet, slug)) for slug in slugs}


def more(before: dict[str, int], now: dict[str, int]) -> dict[str, int]:
    return {slug: now[slug] - before[slug] for slug in now if now[slug] != before[slug]}


def running(fleet: Fleet) -> list[str]:
    """Return the sites whose newest deployment has not ended."""
    return [slug for slug in SIX if not deployments(fleet, slug)[-1]["ended_at"]]


def end_one(fleet: Fleet) -> None:
    """The oldest of the deployments that hang ends well."""
    change(
        fleet.sandbox,
        "UPDATE sandbox_deployment SET success = 1, status = 'done',"
        " ended_at = strftime('%Y-%m-%d %H:%M:%f', 'now') WHERE uuid ="
        " (SELECT uuid FROM sandbox_deployment WHERE ended_at IS NULL ORDER BY started_at LIMIT 1)",
    )


def most_at_once(fleet: Fleet) -> int:
    """Return how many of the newest deployments went on at once, at most."""
    newest = [deployments(fleet, slug)[-1] for slug in SIX]
    spans = [(str(item["started_at"]), str(item["ended_at"])) for item in newest]
    return max(sum(began <= moment < ended for began, ended in spans) for moment, _ in spans)


def span(fleet: Fleet, slugs: tuple[str, ...]) -> tuple[str, str]:
    """When the first of their newest deployments started, and when the last of them ended."""
    newest = [deployments(fleet, slug)[-1] for slug in slugs]
    return min(item["started_at"] for item in newest), max(item["ended_at"] for item in newest)


def new_release(fleet: Fleet) -> None:
    fleet.sandbox.deploy("acme", "live", report=silently)


def test_each_wave_begins_when_the_one_before_has_ended(fleet: Fleet) -> None:
    before = times(fleet)
    new_variable(fleet, "waves")
    with rollout(fleet):
        preview = fleet.test.preview("--parallel", "2").succeeded()
        fleet.test.up().succeeded()
    assert more(before, times(fleet)) == dict.fromkeys(SIX, 1)
    canary, second, rest = (span(fleet, slugs) for slugs in (SIX[:1], SIX[1:3], SIX[3:]))
    assert canary[1] <= second[0] <= second[1] <= rest[0]
    assert "rollout: wave 1: 1 site: acme-de" in preview.text
    assert "rollout: wave 3: 3 sites: acme-at, acme-it, acme-es" in preview.text
    assert (
        "mirrors:rollout.parallel is 4, but Pulumi runs 2 operations at once here. Set PULUMI_PARALLEL=4"
        in preview.text
    )


def test_as_many_are_deployed_at_once_as_parallel_says_by_one_provider_process(fleet: Fleet) -> None:
    new_variable(fleet, "at once")
    before, at_once = times(fleet), 5
    command = fleet.test.command("up", "--yes", "--skip-preview", "--parallel", "16")
    with (
        rollout(fleet, waves=["100%"], parallel=at_once),
        fleet.fault("deployment-hangs", path="^acme-"),
        fleet.project.started(*command) as process,
    ):
        assert wait_until(lambda: len(running(fleet)) == at_once, PATIENCE)
        assert len([member for member in family(process.pid) if is_provider(member)]) == 1
        for _ in SIX:
            end_one(fleet)
            wait_until(
                lambda: len(running(fleet)) == at_once or more(before, times(fleet)).keys() == set(SIX), PATIENCE
            )
            assert len(running(fleet)) <= at_once
        said, wrong = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said + wrong
    assert most_at_once(fleet) == at_once


def test_a_failure_stops_the_waves_after_it_and_the_next_up_goes_on_there(fleet: Fleet) -> None:
    new_variable(fleet, "failure")
    with rollout(fleet):
        before = times(fleet)
        with fleet.fault("deployment-fails", path="^acme-fr/test$"):
            failed = fleet.test.up().failed()
        assert any(
            line.startswith("Exception calling application: acme-fr (test): deployment") for line in errors(failed)
        )
        tried = more(before, times(fleet))
        assert tried.items() >= {"acme-de": 1, "acme-fr": 1}.items()
        assert not tried.keys() & set(SIX[3:])
        before = times(fleet)
        fleet.test.up().succeeded()
        assert more(before, times(fleet)).keys() >= {"acme-fr", *SIX[3:]}
        assert "acme-de" not in more(before, times(fleet))
        assert fleet.test.has_no_changes()


def test_where_the_engine_goes_on_after_an_error_no_wave_does(fleet: Fleet) -> None:
    new_variable(fleet, "goes on")
    before = times(fleet)
    with rollout(fleet):
        with fleet.fault("deployment-fails", path="^acme-de/test$"):
            failed = fleet.test.up("--continue-on-error").failed()
        assert more(before, times(fleet)) == {"acme-de": 1}
        assert re.search(
            r"error: wave [23] of the rollout did not begin: a site of an earlier wave failed", failed.text
        )
        fleet.test.up().succeeded()
    assert more(before, times(fleet)).keys() == set(SIX)


def test_a_release_in_the_middle_of_a_rollout_reaches_no_one_before_the_first_wave(fleet: Fleet) -> None:
    """The first wave is about to be deployed, and waits for a deployment that a user has started there."""
    new_variable(fleet, "in the middle")
    before = times(fleet)
    command = fleet.test.command("up", "--yes", "--skip-preview")
    with rollout(fleet), fleet.fault("deployment-hangs", path="^acme-de/test$"):
        canary = environment_of(fleet.sandbox, "acme-de", "test")
        uuid = call(fleet.sandbox, "POST", "deployments/", environment=canary).json()["uuid"]
        fleet.sandbox.clear_requests_log()
        with fleet.project.started(*command) as process:
            looked_at = f"/apps/v3/deployments/{uuid}/"
            assert wait_until(lambda: any(line["path"] == looked_at for line in fleet.sandbox.requests_log()), PATIENCE)
            new_release(fleet)
            end_one(fleet)
            said, wrong = process.communicate(timeout=PATIENCE)
        assert process.returncode != 0
        assert "acme-de (test): the original has got another release since this rollout began" in said + wrong
        assert more(before, times(fleet)) == {"acme-de": 1}
    with rollout(fleet):
        fleet.test.up().succeeded()
    assert more(before, times(fleet)) == dict.fromkeys(SIX, 1) | {"acme-de": 2}


def test_those_behind_are_not_deployed_past_a_canary_that_failed(fleet: Fleet) -> None:
    behind = ("mirrors", "deploy", "--behind", "--stack", "test", "--yes")
    new_release(fleet)
    before = times(fleet)
    with rollout(fleet):
        with fleet.fault("deployment-fails", path="^acme-de/test$"):
            fleet.test.up().failed()
            fleet.project.run(*behind).failed()
            assert more(before, times(fleet)).keys() == {"acme-de"}
        fleet.project.run(*behind).succeeded()
        assert more(before, times(fleet)).keys() == set(SIX)


def test_a_longer_list_and_other_waves_deploy_no_one_again(fleet: Fleet) -> None:
    fleet.sandbox.mirror("acme", "acme-be", report=silently)
    before = times(fleet)
    with rollout(fleet, waves=["30%", "100%"], parallel=7):
        fleet.project.configure(_lists((*SIX[:2], "acme-be", *SIX[2:])))
        fleet.test.up().succeeded()
        assert fleet.test.has_no_changes()
    fleet.test.up("--expect-no-changes").succeeded()
    assert times(fleet) == before
    assert times(fleet, ("acme-be",)) == {"acme-be": 1}


def test_any_site_can_be_the_only_target_or_left_out(fleet: Fleet) -> None:
    new_variable(fleet, "targets")
    with rollout(fleet):
        before = times(fleet)
        last = ("--target", "**::acme", "--target", "**::acme-es")
        fleet.test.up(*last).succeeded()
        assert more(before, times(fleet)) == {"acme-es": 1}
        before = times(fleet)
        fleet.sandbox.mirror("acme", "acme-pl", report=silently)
        fleet.project.configure(_lists((*SIX, "acme-pl")))
        fleet.test.up("--exclude", "**::acme-de", "--exclude", "**::acme-pl").succeeded()
        assert more(before, times(fleet)) == dict.fromkeys(SIX[1:-1], 1)
        [left_out] = [site for site in fleet.test.outputs()["sites"] if site["application"] == "acme-pl"]
        assert (left_out["url"], left_out["deployment"]) == (None, None)
        assert fleet.test.outputs()["siteIds"]["acme-de"] == 2
        fleet.project.configure(_lists(SIX))
        before = times(fleet)
        fleet.test.up().succeeded()
        assert more(before, times(fleet)) == {"acme-de": 1}


def test_a_held_site_gets_no_release_and_its_variables_may_not_change(fleet: Fleet) -> None:
    with held(fleet, "acme-fr"):
        before = times(fleet)
        new_release(fleet)
        fleet.test.up().succeeded()
        assert more(before, times(fleet)) == dict.fromkeys([slug for slug in SIX if slug != "acme-fr"], 1)
        _, rows = fleet.test.status()
        assert {slug: rows[slug]["state"] for slug in SIX} == {**dict.fromkeys(SIX, "converged"), "acme-fr": "held"}
        new_variable(fleet, "for a held site")
        refused = fleet.test.up().failed()
        [told] = [line for line in errors(refused) if line.startswith("acme-fr")]
        assert told.startswith("acme-fr: it is held, but its variables change: NEWS. ")
        assert "hold: false" in told
        assert "hold: variablesMayDeploy" in told
    before = times(fleet)
    fleet.test.up().succeeded()
    assert more(before, times(fleet)) == dict.fromkeys(SIX, 1)


def test_a_secret_of_a_held_site_may_not_change_either(fleet: Fleet) -> None:
    """The platform does not show it: what was there before is in the state alone."""
    secrets = "mirrors:secrets.all.TOKEN"
    fleet.test.pulumi("config set --secret --path", secrets, "c4n4ry-before").succeeded()
    fleet.test.up().succeeded()
    fleet.test.pulumi("config set --secret --path", secrets, "c4n4ry-after").succeeded()
    with held(fleet, "acme-ch"):
        refused = fleet.test.preview().failed()
    assert "acme-ch (test): it is held, but its variables change: TOKEN. " in refused.text
    assert "c4n4ry" not in refused.text
    fleet.test.up().succeeded()


def test_what_is_followed_by_hand_is_rolled_out_where_it_is_named(fleet: Fleet) -> None:
    with rollout(fleet, follow="manual", waves=["100%"]):
        new_release(fleet)
        before = times(fleet)
        fleet.test.up().succeeded()
        assert times(fleet) == before
        done = fleet.project.run("mirrors", "deploy", "acme-at", "--stack", "test", "--yes")
        assert done.code == 0, done.text
        assert more(before, times(fleet)) == {"acme-at": 1}
        new_variable(fleet, "by hand")
        before = times(fleet)
        fleet.test.up().succeeded()
        assert more(before, times(fleet)) == dict.fromkeys(SIX, 1)


def test_a_paused_rollout_is_no_failure_and_goes_on_when_the_pause_moves(fleet: Fleet) -> None:
    fleet.sandbox.mirror("acme", "acme-nl", report=silently)
    fleet.project.configure(_lists((*SIX, "acme-nl")))
    new_variable(fleet, "pause")
    before = times(fleet)
    with rollout(fleet, pauseAfter=1):
        paused = fleet.test.up().succeeded()
        nobody = fleet.project.run("mirrors", "deploy", "--behind", "--stack", "test", "--yes").succeeded()
        assert "Nothing to deploy: the sites of test that are behind the original are held or paused" in nobody.text
        assert more(before, times(fleet)) == {"acme-de": 1}
        assert times(fleet, ("acme-nl",)) == {"acme-nl": 0}
        assert "new, and not reached before the pause: acme-nl" in paused.text
        assert fleet.test.has_no_changes()
    with rollout(fleet, pauseAfter=2):
        fleet.test.up().succeeded()
        assert more(before, times(fleet)).keys() == set(SIX[:4])
    with rollout(fleet):
        fleet.test.up().succeeded()
        assert more(before, times(fleet, (*SIX,))) == dict.fromkeys(SIX, 1)
        assert times(fleet, ("acme-nl",)) == {"acme-nl": 1}


def test_a_paused_site_that_the_state_does_not_know_is_not_deployed_before_its_wave(fleet: Fleet) -> None:
    new_variable(fleet, "unknown")
    [urn] = [urn for urn in fleet.test.urns() if urn.endswith("mirrors:Mirror::acme-es")]
    fleet.test.pulumi("state delete", "--yes", urn).succeeded()
    before = times(fleet)
    with rollout(fleet, pauseAfter=1):
        failed = fleet.test.up().failed()
        assert "acme-es (test): it is behind mirrors:rollout.pauseAfter" in failed.text
        assert "acme-es" not in more(before, times(fleet))
    with rollout(fleet):
        fleet.test.up().succeeded()
        assert more(before, times(fleet))["acme-es"] == 1


def test_a_repair_of_what_all_share_is_one_wave_and_one_failure_keeps_no_one_from_it(fleet: Fleet) -> None:
    fleet.sandbox.rotate("acme", "test", report=silently)
    fleet.sandbox.deploy("acme", "test", report=silently)
    before = times(fleet)
    with rollout(fleet):
        with fleet.fault("deployment-fails", path="^acme-fr/test$"):
            failed = fleet.test.up().failed()
        assert more(before, times(fleet)) == dict.fromkeys(SIX, 1)
        assert "rollout: shared credentials have changed, so all mirrors are one wave" in failed.text
        told = [line for line in errors(failed) if line.startswith("acme-fr (test): deployment")]
        assert len(told) == 1
        assert "Mirrors could not repair 1 of the sites" in failed.text
    before = times(fleet)
    with rollout(fleet, pauseAfter=1):
        fleet.test.up("--refresh=false").succeeded()  # a refresh would take the failure out of the state
        assert times(fleet) == before
    with rollout(fleet):
        fleet.test.up("--refresh=false").succeeded()
        assert more(before, times(fleet)) == {"acme-fr": 1}
        assert fleet.test.has_no_changes()


def test_a_repair_that_failed_is_reported_though_a_new_site_is_left_out(fleet: Fleet) -> None:
    fleet.project.configure(_lists(SIX))
    fleet.test.up().succeeded()
    fleet.sandbox.mirror("acme", "acme-lu", report=silently)
    fleet.project.configure(_lists((*SIX, "acme-lu")))
    fleet.sandbox.rotate("acme", "test", report=silently)
    fleet.sandbox.deploy("acme", "test", report=silently)
    with rollout(fleet):
        with fleet.fault("deployment-fails", path="^acme-(de|at)/test$"):
            failed = fleet.test.up("--exclude", "**::acme-lu").failed()
        assert "Mirrors could not repair 2 of the sites" in failed.text
        one = fleet.project.run("mirrors", "deploy", "acme-at", "--stack", "test", "--yes").succeeded()
        assert "acme-de (test): deployment" not in one.text
    fleet.project.configure(_lists(SIX))
    fleet.test.up().succeeded()
    assert fleet.test.has_no_changes()


def test_an_unhealthy_site_stops_the_rollout_until_it_is_healthy_though_nothing_else_changes(fleet: Fleet) -> None:
    sites = SIX[:3]
    fleet.project.configure(_lists(sites))
    fleet.test.up().succeeded()
    asks = {"path": "/health/?from=mirrors", "text": "Welcome", "timeout": "2s", "statuses": [200]}
    with served(fleet, sites) as answers, rollout(fleet, waves=[1, "100%"], health=asks):
        fleet.test.up().succeeded()
        assert [site.asked for site in answers.values()] == [["/health/?from=mirrors"]] * 3
        new_variable(fleet, "health")
        answers["acme-de"].status = 503
        before = times(fleet)
        failed = fleet.test.up().failed()
        [told] = [line for line in errors(failed) if "acme-de" in line]
        assert "but was not healthy within 2 s: GET http://127.0.0.1:" in told
        assert "/health/?from=mirrors: 503, where 200 is healthy." in told
        assert more(before, times(fleet)) == {"acme-de": 1}
        code, rows = fleet.test.status()
        assert (code, rows["acme-de"]["state"]) == (2, "not verified")
        assert re.fullmatch(
            r"not verified: GET http://127\.0\.0\.1:\d+/health/\?from=mirrors: 503, where 200 is healthy",
            rows["acme-de"]["details"][0],
        )
        before = times(fleet)
        still = fleet.test.up().failed()
        assert any("acme-de" in line and "503" in line for line in errors(still))
        assert times(fleet) == before
        fleet.test.up("--exclude", "**::acme-de").succeeded()
        assert more(before, times(fleet)) == {"acme-fr": 1, "acme-ch": 1}
        answers["acme-de"].status = 200
        assert fleet.test.status()[1]["acme-de"]["details"] == [
            "not verified: no up has found this deployment healthy yet; the next one asks"
        ]
        fleet.test.up().succeeded()
        assert fleet.test.has_no_changes()
        asked = {slug: len(site.asked) for slug, site in answers.items()}
        _, rows = fleet.test.status()
        assert {rows[slug]["state"] for slug in sites} == {"converged"}
        assert {slug: len(site.asked) for slug, site in answers.items()} == asked

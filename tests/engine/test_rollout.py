"""How a release, and a repair, reaches the mirrors: in waves, past the unhealthy, held, paused, and all at once."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from mirrors_sandbox.process import wait_until

from tests.engine.crash.processes import family, is_provider
from tests.engine.fleet import MIRRORS, Fleet, silently
from tests.engine.project import errors, updates
from tests.engine.serving import served
from tests.sandboxes import call, change, deployments_of, environment_of, frozen_variables

SIX = (*MIRRORS, "acme-at", "acme-it", "acme-es")
Rollout = dict[str, Any]
PATIENCE = 60.0  # seconds, for what happens soon on a machine that is not busy


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


def deployments(fleet: Fleet, slug: str) -> list[Any]:
    return deployments_of(fleet.sandbox, slug, "test")


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


def with_six_mirrors(fleet: Fleet) -> None:
    """A longer list, and other waves, deploy no one again."""
    for slug in SIX[len(MIRRORS) :]:
        fleet.new_mirror(slug)
    before = times(fleet)
    fleet.project.configure(_lists((*SIX[3:], *SIX[:3])))
    with rollout(fleet, waves=["30%", "100%"], parallel=7):
        fleet.test.update().succeeded()
    assert more(before, times(fleet)) == dict.fromkeys(SIX[3:], 1)
    fleet.project.configure(_lists(SIX))


@pytest.mark.oldest
def test_a_change_reaches_the_mirrors_in_waves_past_no_failure_and_no_release_that_is_newer(fleet: Fleet) -> None:
    with_six_mirrors(fleet)
    goes_in_waves_and_stops_where_one_fails(fleet)
    meets_a_newer_release_on_its_way(fleet)
    deploys_as_many_at_once_as_parallel_says(fleet)
    does_not_pass_a_canary_that_failed(fleet)


def goes_in_waves_and_stops_where_one_fails(fleet: Fleet) -> None:
    """Also where the engine goes on after an error. The next ``up`` goes on there."""
    new_variable(fleet, "waves")
    before = times(fleet)
    with rollout(fleet):
        with fleet.fault("deployment-fails", path="^acme-fr/test$"):
            failed = fleet.test.preview_and_up("--parallel", "2", "--continue-on-error").failed()
        assert "acme-fr (test): deployment " in failed.text
        assert "error: wave 3 of the rollout did not begin: a site of an earlier wave failed" in failed.text
        assert more(before, times(fleet)) == dict.fromkeys(SIX[:3], 1)
        assert span(fleet, SIX[:1])[1] <= span(fleet, SIX[1:3])[0]
        fleet.test.up().succeeded()
        assert more(before, times(fleet)) == {**dict.fromkeys(SIX, 1), "acme-fr": 2}
        assert span(fleet, SIX[1:2])[1] <= span(fleet, SIX[3:])[0]
        assert fleet.test.has_no_changes()
    assert "rollout: wave 1: 1 site: acme-de" in failed.text
    assert "rollout: wave 3: 3 sites: acme-at, acme-it, acme-es" in failed.text
    assert (
        "mirrors:rollout.parallel is 4, but Pulumi runs 2 operations at once here. Set PULUMI_PARALLEL=4" in failed.text
    )


def meets_a_newer_release_on_its_way(fleet: Fleet) -> None:
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


def deploys_as_many_at_once_as_parallel_says(fleet: Fleet) -> None:
    """By one provider process. None of them has got what the ``up`` before was stopped with."""
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
    assert more(before, times(fleet)) == dict.fromkeys(SIX, 1)


def does_not_pass_a_canary_that_failed(fleet: Fleet) -> None:
    new_release(fleet)
    before = times(fleet)
    with rollout(fleet):
        with fleet.fault("deployment-fails", path="^acme-de/test$"):
            fleet.test.deploy("--behind").failed()
        assert more(before, times(fleet)) == {"acme-de": 1}
        fleet.test.deploy("--behind").succeeded()
    assert more(before, times(fleet)) == {**dict.fromkeys(SIX, 1), "acme-de": 2}


def test_a_site_that_is_held_left_out_paused_or_followed_by_hand_stays_until_its_turn(fleet: Fleet) -> None:
    with_six_mirrors(fleet)
    holds_a_site(fleet)
    targets_a_site_or_leaves_it_out(fleet)
    pauses_and_goes_on(fleet)
    rolls_out_by_hand_where_a_site_is_named(fleet)


def holds_a_site(fleet: Fleet) -> None:
    """It gets no release, and its variables may not change."""
    with held(fleet, "acme-fr"):
        before = times(fleet)
        new_release(fleet)
        fleet.test.update().succeeded()
        assert more(before, times(fleet)) == dict.fromkeys([slug for slug in SIX if slug != "acme-fr"], 1)
        _, rows = fleet.test.status()
        assert {slug: rows[slug]["state"] for slug in SIX} == {**dict.fromkeys(SIX, "converged"), "acme-fr": "held"}
        new_variable(fleet, "for a held site")
        refused = fleet.test.update().failed()
    [answer] = [line for line in errors(refused) if line.startswith("acme-fr")]
    assert answer.startswith("acme-fr: it is held, but its variables change: NEWS. ")
    assert "hold: false" in answer
    assert "hold: variablesMayDeploy" in answer


def targets_a_site_or_leaves_it_out(fleet: Fleet) -> None:
    """Any site can be the only target. The variable is new to all, and to acme-fr the release is, too."""
    with rollout(fleet):
        before = times(fleet)
        fleet.test.update("--target", "**::acme", "--target", "**::acme-es").succeeded()
        assert more(before, times(fleet)) == {"acme-es": 1}
        before = times(fleet)
        fleet.new_mirror("acme-pl")
        fleet.project.configure(_lists((*SIX, "acme-pl")))
        fleet.test.update("--exclude", "**::acme-de", "--exclude", "**::acme-pl").succeeded()
    assert more(before, times(fleet)) == dict.fromkeys(SIX[1:-1], 1)
    [left_out] = [site for site in fleet.test.outputs()["sites"] if site["application"] == "acme-pl"]
    assert (left_out["url"], left_out["deployment"]) == (None, None)
    assert fleet.test.outputs()["siteIds"]["acme-de"] == 2


def pauses_and_goes_on(fleet: Fleet) -> None:
    """A paused rollout is no failure. acme-de has the variable of before not yet, and a new site is on the list."""
    new_variable(fleet, "pause")
    before = times(fleet)
    with rollout(fleet, pauseAfter=1):
        paused = fleet.test.update().succeeded()
        nothing = fleet.test.deploy("--behind").succeeded()
        assert "Nothing to deploy: the sites of test that are behind the original are held or paused" in nothing.text
        assert more(before, times(fleet)) == {"acme-de": 1}
        assert times(fleet, ("acme-pl",)) == {"acme-pl": 0}
        assert "new, and not reached before the pause: acme-pl" in paused.text
        assert fleet.test.has_no_changes()
    with rollout(fleet, pauseAfter=2):
        fleet.test.update().succeeded()
        assert more(before, times(fleet)) == dict.fromkeys(SIX[:4], 1)
    with rollout(fleet):
        fleet.test.update().succeeded()
        assert more(before, times(fleet)) == dict.fromkeys(SIX, 1)
        assert times(fleet, ("acme-pl",)) == {"acme-pl": 1}


def rolls_out_by_hand_where_a_site_is_named(fleet: Fleet) -> None:
    """A variable is no release."""
    with rollout(fleet, follow="manual", waves=["100%"]):
        new_release(fleet)
        before = times(fleet)
        fleet.test.update().succeeded()
        assert times(fleet) == before
        done = fleet.test.deploy("acme-at")
        assert done.code == 0, done.text
        assert more(before, times(fleet)) == {"acme-at": 1}
        new_variable(fleet, "by hand")
        before = times(fleet)
        fleet.test.update().succeeded()
        assert more(before, times(fleet)) == dict.fromkeys(SIX, 1)


def test_a_repair_of_what_all_share_is_one_wave_and_a_failure_keeps_no_one_from_it(fleet: Fleet) -> None:
    """A site that has failed is tried again after a pause alone, and its failure is reported once."""
    fleet.new_mirror("acme-lu")
    fleet.project.configure(_lists((*MIRRORS, "acme-lu")))
    fleet.sandbox.rotate("acme", "test", report=silently)
    fleet.sandbox.deploy("acme", "test", report=silently)
    rotated = frozen_variables(fleet.sandbox, "acme", "test")["DATABASE_URL"]
    fleet.sandbox.clear_requests_log()
    before = times(fleet, MIRRORS)
    with rollout(fleet):
        with fleet.fault("deployment-fails", path="^acme-(de|fr)/test$"):
            failed = fleet.test.preview_and_up("--exclude", "**::acme-lu").failed()
        assert updates(failed) >= {f"Mirror {slug} ~DATABASE_URL" for slug in MIRRORS}
        for slug in MIRRORS:
            assert fleet.written().count(("PATCH", slug, "DATABASE_URL")) == 1
        assert more(before, times(fleet, MIRRORS)) == dict.fromkeys(MIRRORS, 1)
        assert frozen_variables(fleet.sandbox, "acme-ch", "test")["DATABASE_URL"] == rotated
        assert "rollout: shared credentials have changed, so all mirrors are one wave" in failed.text
        answer = [line for line in errors(failed) if line.startswith("acme-fr (test): deployment")]
        assert len(answer) == 1
        assert "Mirrors could not repair 2 of the sites" in failed.text
        one = fleet.test.deploy("acme-fr").succeeded()
        assert "acme-de (test): deployment" not in one.text
    fleet.project.configure(_lists(MIRRORS[1:] + MIRRORS[:1]))
    before = times(fleet, MIRRORS)
    with rollout(fleet, pauseAfter=1):
        fleet.test.update().succeeded()  # a refresh would take the failure out of the state
        assert times(fleet, MIRRORS) == before
    with rollout(fleet):
        fleet.test.update().succeeded()
        assert more(before, times(fleet, MIRRORS)) == {"acme-de": 1}
        assert frozen_variables(fleet.sandbox, "acme-de", "test")["DATABASE_URL"] == rotated
        assert fleet.test.has_no_changes()
    repairs_all_sites_but_a_held_one(fleet)


def repairs_all_sites_but_a_held_one(fleet: Fleet) -> None:
    """The hold keeps its site as it is. Only the end of the run, and each later run, reports it."""
    fleet.sandbox.rotate("acme", "test", report=silently)
    fleet.sandbox.deploy("acme", "test", report=silently)
    before = times(fleet, MIRRORS)
    with rollout(fleet), held(fleet, "acme-fr"):
        failed = fleet.test.preview_and_up().failed()
        assert more(before, times(fleet, MIRRORS)) == {"acme-de": 1, "acme-ch": 1}
        assert sum(line.startswith("acme-fr (test): it is held") for line in errors(failed)) == 1
        assert "[held-site-needs-deployment]" in failed.text
        assert "Mirrors could not repair 1 of the sites" in failed.text
        assert "[held-site-variables-change]" in fleet.test.up().failed().text
    with rollout(fleet):
        fleet.test.update().succeeded()
        assert more(before, times(fleet, MIRRORS)) == dict.fromkeys(MIRRORS, 1)
        assert fleet.test.has_no_changes()


def test_an_unhealthy_site_stops_the_rollout_until_it_is_healthy_though_nothing_else_changes(fleet: Fleet) -> None:
    asks = {"path": "/health/?from=mirrors", "text": "Welcome", "timeout": "2s", "statuses": [200]}
    with served(fleet, MIRRORS) as answers, rollout(fleet, waves=[1, "100%"], health=asks):
        new_variable(fleet, "health")
        answers["acme-de"].status = 503
        before = times(fleet, MIRRORS)
        failed = fleet.test.update().failed()
        [answer] = [line for line in errors(failed) if "acme-de" in line]
        assert "but was not healthy within 2 s: GET http://127.0.0.1:" in answer
        assert "/health/?from=mirrors: 503, where 200 is healthy." in answer
        assert set(answers["acme-de"].asked) == {"/health/?from=mirrors"}
        assert more(before, times(fleet, MIRRORS)) == {"acme-de": 1}
        code, rows = fleet.test.status()
        assert (code, rows["acme-de"]["state"]) == (2, "not verified")
        assert re.fullmatch(
            r"not verified: GET http://127\.0\.0\.1:\d+/health/\?from=mirrors: 503, where 200 is healthy",
            rows["acme-de"]["details"][0],
        )
        before = times(fleet, MIRRORS)
        still = fleet.test.up().failed()
        assert any("acme-de" in line and "503" in line for line in errors(still))
        assert times(fleet, MIRRORS) == before
        fleet.test.update("--exclude", "**::acme-de").succeeded()
        assert more(before, times(fleet, MIRRORS)) == {"acme-fr": 1, "acme-ch": 1}
        assert answers["acme-fr"].asked == ["/health/?from=mirrors"]
        answers["acme-de"].status = 200
        assert fleet.test.status()[1]["acme-de"]["details"] == [
            "not verified: no up has found this deployment healthy yet; the next one asks"
        ]
        fleet.test.update().succeeded()
        assert fleet.test.has_no_changes()
        asked = {slug: len(site.asked) for slug, site in answers.items()}
        _, rows = fleet.test.status()
        assert {rows[slug]["state"] for slug in MIRRORS} == {"converged"}
        assert {slug: len(site.asked) for slug, site in answers.items()} == asked

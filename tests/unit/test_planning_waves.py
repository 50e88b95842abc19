"""The sites in each wave, the held and the paused ones, and when all that share something are repaired at once."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrors.config import Settings
from mirrors.planning.observed import ObservedSite, ObservedVariable
from mirrors.planning.plan import plan_fleet
from mirrors.planning.rollout.rotation import has_old_credentials
from mirrors.planning.rollout.waves import Wave, describe_rollout, plan_rollout
from mirrors.program.scheduler import RolloutScheduler
from tests.unit.fleets import DATABASE, STORAGE, converged, fresh, seen, settings

TEN = tuple(f"m{number}" for number in range(10))
SHARED = ("DATABASE_URL", "DEFAULT_STORAGE_DSN")


def rolled(*mirrors: str, overrides: dict[str, Any] | None = None, **rollout: Any) -> Settings:
    return settings(*mirrors, rollout=rollout, overrides={"mirrors": overrides or {}})


@pytest.mark.parametrize(
    ("waves", "sizes"),
    [
        (["100%"], {1: 10}),
        ([1, "25%", "100%"], {1: 1, 2: 2, 3: 7}),
        ([3, "50%", "100%"], {1: 3, 2: 2, 3: 5}),
        (["1%", "100%"], {1: 1, 2: 9}),
        ([20, "100%"], {1: 10}),
        ([6, "50%", "100%"], {1: 6, 3: 4}),
    ],
)
def test_each_wave_counts_those_before_it_and_an_empty_one_keeps_its_number(
    waves: list[Any], sizes: dict[int, int]
) -> None:
    planned = plan_rollout(rolled(*TEN, waves=waves))
    assert {wave.number: len(wave.sites) for wave in planned.waves} == sizes
    assert tuple(slug for wave in planned.waves for slug in wave.sites) == TEN


@given(st.integers(0, 400), st.lists(st.integers(1, 99), unique=True).map(sorted), st.integers(1, 5))
def test_every_site_is_in_one_wave_whatever_the_sizes(count: int, parts: list[int], canary: int) -> None:
    slugs = [f"m{number}" for number in range(count)]
    waves = [canary, *(f"{part}%" for part in parts), "100%"]
    planned = plan_rollout(rolled(*slugs, waves=waves))
    assert [slug for wave in planned.waves for slug in wave.sites] == slugs
    assert all(wave.sites for wave in planned.waves)


def test_a_held_site_is_in_no_wave_and_is_no_canary() -> None:
    planned = plan_rollout(rolled("m0", "m1", "m2", waves=[1, "100%"], overrides={"m0": {"hold": True}}))
    assert planned.waves == (Wave(1, ("m1",)), Wave(2, ("m2",)))
    assert planned.held == ("m0",)


def test_a_site_whose_variables_may_deploy_has_its_turn_like_the_others() -> None:
    planned = plan_rollout(rolled("m0", "m1", overrides={"m0": {"hold": "variablesMayDeploy"}}))
    assert planned.waves == (Wave(1, ("m0", "m1")),)


VARIABLES_ONLY = {"hold": "variablesMayDeploy"}


@pytest.mark.parametrize(
    ("without_release", "sizes", "waves"),
    [
        ("m0", [1, "100%"], [("m0", "m1"), ("m2", "m3")]),
        ("m0 m1", [1, "100%"], [("m0", "m1", "m2"), ("m3",)]),
        ("m1", [1, "100%"], [("m0",), ("m1", "m2", "m3")]),
        ("m3", [1, "50%", "100%"], [("m0",), ("m1",), ("m2", "m3")]),
        ("m1 m2 m3", [1, "100%"], [("m0", "m1", "m2", "m3")]),
        ("m0 m1 m2 m3", [1, "100%"], [("m0",), ("m1", "m2", "m3")]),
    ],
)
def test_a_site_that_gets_no_release_is_no_canary_for_the_others(
    without_release: str, sizes: list[Any], waves: list[tuple[str, ...]]
) -> None:
    overrides = dict.fromkeys(without_release.split(), VARIABLES_ONLY)
    planned = plan_rollout(rolled("m0", "m1", "m2", "m3", waves=sizes, overrides=overrides))
    assert [wave.sites for wave in planned.waves] == waves


def test_a_release_that_is_followed_by_hand_has_the_same_waves() -> None:
    planned = plan_rollout(
        rolled("m0", "m1", "m2", waves=[1, "100%"], follow="manual", overrides={"m0": VARIABLES_ONLY})
    )
    assert [wave.sites for wave in planned.waves] == [("m0", "m1"), ("m2",)]


def test_what_comes_after_the_pause_is_paused() -> None:
    planned = plan_rollout(rolled(*TEN, waves=[1, "50%", "100%"], pauseAfter=2))
    assert planned.paused == frozenset(TEN[5:])


def test_a_repair_is_one_wave_and_pauses_no_one() -> None:
    planned = plan_rollout(rolled(*TEN, waves=[1, "100%"], pauseAfter=1), rotates_credentials=True)
    assert (planned.waves, planned.paused) == ((Wave(1, TEN),), frozenset())


@pytest.mark.parametrize(
    ("name", "old", "changed"),
    [
        ("DATABASE_URL", DATABASE.replace("hunter22", "older"), True),
        ("DATABASE_URL", DATABASE, False),
        ("DATABASE_URL", DATABASE.replace("acme-test", "other"), False),
        ("DATABASE_URL", None, False),
        ("DEFAULT_STORAGE_DSN", STORAGE.replace("sesame11", "older"), True),
        ("DEFAULT_STORAGE_DSN", "nonsense", False),
        ("DATABASE_URL", DATABASE.replace("postgres:", "postgresql:"), False),
        ("DATABASE_URL", f"{DATABASE}?sslmode=require", False),
        ("DATABASE_URL", f"{DATABASE}?password=older", True),
    ],
)
def test_credentials_have_changed_where_the_same_service_has_another_value(
    name: str, old: str | None, changed: bool
) -> None:
    now = {"DATABASE_URL": DATABASE, "DEFAULT_STORAGE_DSN": STORAGE}
    assert has_old_credentials(SHARED, now, {**now, name: old}) is changed


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("az://one:KEY@blob.core.windows.net/media", "az://two:KEY@blob.core.windows.net/media", False),
        ("az://one:KEY@blob.core.windows.net/media", "az://one:NEW@blob.core.windows.net/media", True),
        ("postgres://u:old@/db?host=/cloudsql/a", "postgres://u:new@/db?host=/cloudsql/b", False),
        ("postgres://u:old@/db?host=/cloudsql/a", "postgres://u:new@/db?host=/cloudsql/a", True),
        ("postgres://u:old@/db?service=s", "postgres://u:new@/db?service=s", False),
        ("postgres://u:o#d@db/acme", "postgres://u:n#w@db/acme", True),
    ],
)
def test_a_move_is_no_rotation_and_of_what_cannot_be_compared_no_one_says_so(old: str, new: str, changed: bool) -> None:
    name = "DEFAULT_STORAGE_DSN" if old.startswith("az") else "DATABASE_URL"
    assert has_old_credentials([name], {name: new}, {name: old}) is changed


def test_the_plan_repairs_where_most_samples_run_with_older_credentials() -> None:
    older = {"DATABASE_URL": DATABASE.replace("hunter22", "older")}
    fleet = seen(converged("m0", 2), converged("m1", 3))
    configured = rolled("m0", "m1", waves=[1, "100%"])
    assert not plan_fleet(configured, fleet, samples=[{"DATABASE_URL": DATABASE}]).rollout.rotates_credentials
    assert plan_fleet(configured, fleet, samples=[older]).rollout.rotates_credentials
    assert plan_fleet(configured, fleet, samples=[{"DATABASE_URL": DATABASE}, older, older]).rollout.rotates_credentials
    one_that_cannot_be_repaired = [older, {"DATABASE_URL": DATABASE}, {"DATABASE_URL": DATABASE}]
    assert not plan_fleet(configured, fleet, samples=one_that_cannot_be_repaired).rollout.rotates_credentials


def test_a_new_site_after_the_pause_is_not_declared_and_one_that_is_there_stays_as_it_is() -> None:
    configured = rolled("m0", "m1", "m2", waves=[1, "100%"], pauseAfter=1)
    planned = plan_fleet(configured, seen(converged("m0", 2), converged("m1", 3), fresh("m2")))
    assert {site.slug: site.is_paused for site in planned.mirrors} == {"m0": False, "m1": True}
    assert planned.postponed == ("m2",)


def without(site: ObservedSite, *names: str) -> ObservedSite:
    return replace(site, variables={name: item for name, item in site.variables.items() if name not in names})


def test_a_site_after_the_pause_that_lost_its_site_id_is_declared_so_that_nothing_of_it_is_removed() -> None:
    configured = rolled("m0", "m1", waves=[1, "100%"], pauseAfter=1)
    planned = plan_fleet(configured, seen(converged("m0", 2), without(converged("m1", 3), "SITE_ID")))
    assert (planned.problems, planned.postponed) == ((), ())
    assert [site.slug for site in planned.mirrors if site.is_paused] == ["m1"]


def test_a_site_after_the_pause_that_may_be_anybodys_is_neither_taken_over_nor_left_out() -> None:
    configured = rolled("m0", "m1", waves=[1, "100%"], pauseAfter=1)
    by_hand = without(converged("m1", 3), "MIRRORS_APPLICATION")
    [problem] = plan_fleet(configured, seen(converged("m0", 2), by_hand)).problems
    assert (problem.code, problem.site) == ("paused-site-unclear", "m1")
    assert plan_fleet(configured, seen(by_hand, converged("m0", 2))).problems == (problem,)
    assert (
        plan_fleet(rolled("m1", "m0", waves=[1, "100%"], pauseAfter=1), seen(by_hand, converged("m0", 2))).problems
        == ()
    )


def test_a_held_site_that_says_it_is_another_one_is_not_deployed_with_the_newest_image_to_say_otherwise() -> None:
    owner = {"MIRRORS_APPLICATION": ObservedVariable("m1")}
    copied = replace(converged("m0", 2), variables={**converged("m0", 2).variables, **owner})
    [problem] = plan_fleet(rolled("m0", overrides={"m0": {"hold": True}}), seen(copied)).problems
    assert (problem.code, problem.site) == ("held-site-variables-change", "m0")
    assert problem.message.startswith("it is held, but its variables change: MIRRORS_APPLICATION.")


def test_failures_of_mirrors_are_collected_in_a_repair_and_that_of_the_original_is_not() -> None:
    configured = rolled("m0", "m1", waves=["100%"], overrides={"m1": {"hold": True}})
    repair = plan_rollout(configured, rotates_credentials=True)
    scheduler = RolloutScheduler(repair, 3, preview=False)
    assert [scheduler.defers_failure(slug) for slug in ("m0", "m1", "acme")] == [True, True, False]


def test_a_held_site_stops_no_repair_unless_no_state_can_know_it() -> None:
    configured, old = rolled("m0", "m1", overrides={"m0": {"hold": True}}), DATABASE.replace("hunter22", "older")
    outdated = replace(
        converged("m0", 2), variables={**converged("m0", 2).variables, "DATABASE_URL": ObservedVariable(old)}
    )

    def codes(held: ObservedSite, *samples: str) -> list[str]:
        fleet, runs_with = seen(held, converged("m1", 3)), [{"DATABASE_URL": sample} for sample in samples]
        return [problem.code for problem in plan_fleet(configured, fleet, samples=runs_with).problems]

    assert codes(outdated, old) == []
    assert codes(outdated) == codes(without(outdated, "MIRRORS_APPLICATION"), old) == ["held-site-variables-change"]


@pytest.mark.parametrize(
    ("hold", "follow", "manual_release_sites", "follows"),
    [
        (False, "original", (), True),
        (False, "manual", (), False),
        (False, "manual", ("m0",), True),
        ("variablesMayDeploy", "original", (), False),
        ("variablesMayDeploy", "manual", ("m0",), True),
        (True, "original", ("m0",), False),
    ],
)
def test_a_site_follows_a_release_unless_it_is_held_or_followed_by_hand(
    hold: bool | str, follow: str, manual_release_sites: tuple[str, ...], follows: bool
) -> None:
    configured = rolled("m0", follow=follow, overrides={"m0": {"hold": hold}})
    [site] = plan_fleet(configured, seen(converged("m0", 2)), manual_release_sites=manual_release_sites).mirrors
    assert (site.takes_new_releases, site.is_held) == (follows, hold is True)


@pytest.mark.parametrize(
    ("declared", "names"),
    [
        ({}, None),
        ({"variables": {"LANGUAGE": "de"}}, "LANGUAGE"),
        ({"siteId": 9}, "SITE_ID"),
        ({"siteId": 2}, None),
    ],
)
def test_a_held_sites_variables_may_not_change(declared: dict[str, Any], names: str | None) -> None:
    fleet = {"original": {"application": "acme"}, "mirrors": [{"application": "m0", "hold": True, **declared}]}
    configured = Settings.model_validate({"fleet": fleet, "environment": "test", "apiToken": "token"})
    problems = plan_fleet(configured, seen(converged("m0", 2))).problems
    assert [(problem.code, problem.site, problem.message.split(". ")[0]) for problem in problems] == (
        [("held-site-variables-change", "m0", f"it is held, but its variables change: {names}")] if names else []
    )


def test_a_held_site_that_never_had_its_variables_is_a_problem_too() -> None:
    configured = rolled("m0", overrides={"m0": {"hold": True}})
    [problem] = plan_fleet(configured, seen(fresh("m0"))).problems
    assert (problem.code, problem.site) == ("held-site-variables-change", "m0")
    assert "change: SITE_ID, DEFAULT_STORAGE_DSN, DATABASE_URL." in problem.message


def test_a_line_for_each_wave_names_some_sites_and_counts_the_rest() -> None:
    planned = plan_rollout(rolled(*(f"m{number}" for number in range(20)), waves=[1, "100%"], pauseAfter=1))
    assert list(describe_rollout(planned)) == [
        "rollout: wave 1: 1 site: m0",
        "rollout: wave 2, paused (mirrors:rollout.pauseAfter): 19 sites: m1, m2, m3, m4, m5, m6, m7, m8 and 11 more",
        "rollout: mirrors preview shows every site with its wave and its reason",
    ]


def test_few_sites_need_no_shorter_list() -> None:
    assert len(list(describe_rollout(plan_rollout(rolled("de", "fr", waves=[1, "100%"]))))) == 2


def test_one_wave_of_all_is_nothing_to_tell() -> None:
    assert list(describe_rollout(plan_rollout(rolled(*TEN)))) == []

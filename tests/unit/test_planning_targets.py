"""Which sites ``mirrors deploy`` reaches."""

from dataclasses import replace
from typing import Any

import pytest

from mirrors.config import Settings
from mirrors.errors import ConfigurationError
from mirrors.planning.reports.site_status import SiteCondition, SiteStatus
from mirrors.planning.rollout.targets import ChosenSites, choose_all_sites, choose_named_sites, choose_outdated_sites
from mirrors.problems import Note
from tests.unit.fleets import settings

MANUAL = {"rollout": {"follow": "manual"}}


def holding(**holds: Any) -> dict[str, Any]:
    return {"overrides": {"mirrors": {slug: {"hold": hold} for slug, hold in holds.items()}}}


def fleet(**more: Any) -> Settings:
    return settings("de", "fr", "ch", **more)


def late(*slugs: str, state: SiteCondition = SiteCondition.OUTDATED) -> list[SiteStatus]:
    behind = state in (SiteCondition.OUTDATED, SiteCondition.HELD)
    return [SiteStatus(slug, "mirror", 2, "test", None, None, None, None, state, is_behind=behind) for slug in slugs]


def test_named_sites_are_reached_once_each_in_the_order_given() -> None:
    assert choose_named_sites(fleet(), ["fr", "acme", "fr"], "test") == ChosenSites(("fr", "acme"))


def test_a_release_that_is_followed_by_hand_is_rolled_out_to_the_mirrors_that_are_named() -> None:
    assert choose_named_sites(fleet(**MANUAL), ["fr", "acme"], "test") == ChosenSites(
        ("fr", "acme"), manual_release_sites=("fr",)
    )


def test_who_names_a_site_that_only_its_variables_may_deploy_means_it() -> None:
    declared = fleet(**holding(de="variablesMayDeploy"))

    assert choose_named_sites(declared, ["de", "fr"], "test") == ChosenSites(("de", "fr"), manual_release_sites=("de",))


def test_all_unknown_and_held_sites_that_are_named_are_reported_at_once() -> None:
    with pytest.raises(ConfigurationError) as raised:
        choose_named_sites(fleet(**holding(fr=True)), ["ac", "fr", "ac", "de", "**"], "test")

    assert [problem.line for problem in raised.value.problems] == [
        "the fleet of the stack test has no site 'ac'. Did you mean acme? [unknown-site]",
        "the fleet of the stack test has no site '**'. Use one of these: acme, ch, de, fr [unknown-site]",
        "fr: it is held, so Mirrors deploys nothing to it. Set hold: false to roll out to it, or hold:"
        " variablesMayDeploy to deploy it when you name it or its variables change [held-site-named]",
    ]


def test_a_named_site_behind_the_pause_is_reported() -> None:
    chosen = choose_named_sites(fleet(rollout={"waves": [1, "100%"], "pauseAfter": 1}), ["de", "ch"], "test")

    assert chosen.sites == ("de", "ch")
    assert chosen.notes == (Note("paused after wave 1 (mirrors:rollout.pauseAfter): 1 site: ch"),)


def test_all_need_no_targets_and_nothing_by_hand() -> None:
    assert choose_all_sites(fleet()) == ChosenSites(None)


def test_all_are_rolled_out_to_by_hand_but_those_that_are_held_in_one_way_or_another() -> None:
    chosen = choose_all_sites(fleet(**MANUAL, **holding(de=True, fr="variablesMayDeploy")))

    assert chosen == ChosenSites(None, ("ch",), (Note("held, no new release: 2 sites: de, fr"),))


def test_those_behind_are_reached_and_no_others() -> None:
    rows = [*late("de", "ch"), *late("fr", state=SiteCondition.VARIABLES_DIFFER)]

    assert choose_outdated_sites(fleet(), rows) == ChosenSites(("de", "ch"))


def test_a_mirror_that_failed_or_is_behind_and_has_other_troubles_is_reached() -> None:
    failed, *rows = [*late("de", "fr", "ch", state=SiteCondition.VARIABLES_DIFFER)]
    rows = [replace(failed, state=SiteCondition.FAILED), replace(rows[0], is_behind=True), rows[1]]

    assert choose_outdated_sites(fleet(), rows) == ChosenSites(("de", "fr"))


def test_an_original_that_failed_is_not_meant() -> None:
    assert choose_outdated_sites(
        fleet(), [replace(*late("acme", state=SiteCondition.FAILED), role="original")]
    ) == ChosenSites(())


def test_the_waves_before_are_reached_too_so_that_an_unhealthy_canary_stops_those_behind() -> None:
    declared = fleet(rollout={"waves": [1, "100%"]})

    assert choose_outdated_sites(declared, late("ch")) == ChosenSites(("de", "ch"))
    assert choose_outdated_sites(declared, late("de")) == ChosenSites(("de",))
    assert choose_outdated_sites(fleet(rollout={"waves": [1, "100%"]}, **holding(de=True)), late("ch")) == ChosenSites(
        ("fr", "ch")
    )


def test_those_behind_are_rolled_out_to_by_hand() -> None:
    assert choose_outdated_sites(fleet(**MANUAL), late("de", "ch")) == ChosenSites(("de", "ch"), ("de", "ch"))


@pytest.mark.parametrize("state", [SiteCondition.OUTDATED, SiteCondition.HELD])
def test_of_those_behind_the_held_are_left_out(state: SiteCondition) -> None:
    chosen = choose_outdated_sites(fleet(**holding(fr=True)), [*late("de"), *late("fr", state=state), *late("ch")])

    assert chosen == ChosenSites(("de", "ch"), (), (Note("held, no new release: 1 site: fr"),))


def test_of_those_behind_the_paused_are_left_out() -> None:
    chosen = choose_outdated_sites(fleet(rollout={"waves": [2, "100%"], "pauseAfter": 1}), late("fr", "ch"))

    assert chosen == ChosenSites(("fr",), (), (Note("paused after wave 1 (mirrors:rollout.pauseAfter): 1 site: ch"),))


def test_no_one_is_behind() -> None:
    assert choose_outdated_sites(fleet(), late("de", state=SiteCondition.CONVERGED)) == ChosenSites(())

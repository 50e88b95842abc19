"""The ``pulumi`` command that ``mirrors deploy`` builds."""

import shlex
from pathlib import Path
from typing import Any

import pytest

from mirrors.cli.deploy import (
    build_pulumi_command,
    choose_fleet_of_sites,
    count_cores,
    default_parallelism,
    format_command,
)
from mirrors.errors import MirrorsError
from mirrors.planning.rollout.targets import ChosenSites
from tests.unit.fleets import settings

FLEET = settings("acme-de", "acme-fr")
ITSELF = "--target '**:Fleet::*' --target '**:SiteIds::*' --target '**:Original::*'"
MANY = 64


def built(*sites: str, stack: str = "test", **more: Any) -> str:
    return shlex.join(build_pulumi_command(FLEET, ChosenSites(sites), stack, at_once=MANY, **more))


def test_a_mirror_is_targeted_together_with_the_fleets_own_resources() -> None:
    assert built("acme-de") == f"pulumi up --stack test {ITSELF} --target '**::acme-de'"


def test_several_sites_are_targeted_once_each_in_the_order_given() -> None:
    assert built("acme-fr", "acme", "acme-de", stack="live") == (
        f"pulumi up --stack live {ITSELF} --target '**::acme-fr' --target '**::acme' --target '**::acme-de'"
    )


def test_all_sites_need_no_targets() -> None:
    assert (
        shlex.join(build_pulumi_command(FLEET, ChosenSites(None), "test", yes=True, at_once=MANY))
        == "pulumi up --stack test --yes"
    )


def test_an_original_that_mirrors_deploys_is_a_target_only_where_it_is_named() -> None:
    fleet = {"original": {"application": "acme", "deploy": True}, "mirrors": [{"application": "de"}]}
    deployed = settings(fleet=fleet)

    def sites(*chosen: str) -> list[str]:
        return [
            part
            for part in build_pulumi_command(deployed, ChosenSites(chosen), "test", at_once=MANY)
            if part.startswith("**::")
        ]

    assert sites("de") == ["**::de"]
    assert sites("de", "acme") == ["**::de", "**::acme"]


def test_the_directory_and_the_answer_are_passed_on() -> None:
    assert built("acme", yes=True, cwd=Path("a b")) == (
        f"pulumi up --cwd 'a b' --stack test {ITSELF} --target '**::acme' --yes"
    )


def test_a_preview_asks_nothing_and_so_takes_no_answer() -> None:
    assert built("acme", yes=True, preview=True) == (f"pulumi preview --stack test {ITSELF} --target '**::acme'")


@pytest.mark.parametrize(("at_once", "answer"), [(8, ["--parallel", "24"]), (24, [])])
def test_the_engine_does_at_least_as_much_at_once_as_the_rollout(at_once: int, answer: list[str]) -> None:
    declared = settings("de", rollout={"parallel": 20})

    arguments = build_pulumi_command(declared, ChosenSites(None), "test", at_once=at_once)

    assert arguments == ["pulumi", "up", "--stack", "test", *answer]


def test_what_the_engine_does_at_once_is_what_its_variable_says_else_four_a_core() -> None:
    assert default_parallelism({"PULUMI_PARALLEL": "64"}, cores=2) == 64
    assert default_parallelism({}, cores=2) == 8
    assert (
        default_parallelism({"PULUMI_PARALLEL": "many"}, cores=2)
        == default_parallelism({"PULUMI_PARALLEL": "0"}, cores=2)
        == 8
    )


@pytest.mark.parametrize(("limit", "most"), [("150000 100000", 2), ("50000 100000", 2), ("max 100000", None)])
def test_a_container_has_no_more_cores_than_its_limit(tmp_path: Path, limit: str, most: int | None) -> None:
    file = tmp_path / "cpu.max"
    file.write_text(f"{limit}\n", encoding="ascii")
    all_cores = count_cores(tmp_path / "none")

    assert count_cores(file) == min(most or all_cores, all_cores)


def test_the_line_has_the_variables_of_the_command_so_that_it_can_be_copied() -> None:
    given = {"MIRRORS_ROLL_OUT": "acme-de acme-fr"}

    assert format_command(given, ["pulumi", "up"]) == "MIRRORS_ROLL_OUT='acme-de acme-fr' pulumi up"
    assert format_command({}, ["pulumi", "up"]) == "pulumi up"


def test_a_site_names_its_fleet_among_several() -> None:
    acme = settings("acme-de").with_stack("test", "acme")
    beta = settings("beta-at").with_stack("test", "beta")
    assert choose_fleet_of_sites([acme, beta], ["beta-at"], "test") is beta
    assert choose_fleet_of_sites([acme], [], "test") is acme


@pytest.mark.parametrize(
    ("sites", "code", "remedy"),
    [
        ([], "several-fleets", "Name one with --fleet"),
        (
            ["acme-de", "beta-at"],
            "several-fleets",
            "Deploy each fleet by itself: mirrors deploy -s test --fleet acme acme-de and"
            " mirrors deploy -s test --fleet beta beta-at",
        ),
        (["beta-a"], "unknown-site", "Did you mean beta-at?"),
        (["acme-de", "beta-a"], "unknown-site", "Did you mean beta-at?"),
    ],
)
def test_sites_that_show_no_single_fleet_are_refused_with_what_helps(sites: list[str], code: str, remedy: str) -> None:
    acme = settings("acme-de").with_stack("test", "acme")
    beta = settings("beta-at").with_stack("test", "beta")
    with pytest.raises(MirrorsError) as raised:
        choose_fleet_of_sites([acme, beta], sites, "test")
    assert [(item.code, item.remedy) for item in raised.value.problems] == [(code, remedy)]

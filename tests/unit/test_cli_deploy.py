"""The ``pulumi`` command that ``mirrors deploy`` builds."""

import shlex
from pathlib import Path
from typing import Any

import pytest

from mirrors.cli.deploy import command, engine_does, line
from mirrors.planning.targets import Chosen
from tests.unit.fleets import settings

FLEET = settings("acme-de", "acme-fr")


def built(*sites: str, stack: str = "test", **more: Any) -> str:
    return shlex.join(command(FLEET, Chosen(sites), stack, **more))


def test_a_mirror_is_targeted_together_with_the_fleets_own_resources() -> None:
    assert built("acme-de") == "pulumi up --stack test --target '**::acme' --target '**::acme-de'"


def test_several_sites_are_targeted_once_each_in_the_order_given() -> None:
    assert built("acme-fr", "acme", "acme-de", stack="live") == (
        "pulumi up --stack live --target '**::acme' --target '**::acme-fr' --target '**::acme-de'"
    )


def test_all_sites_need_no_targets() -> None:
    assert shlex.join(command(FLEET, Chosen(None), "test", yes=True)) == "pulumi up --stack test --yes"


def test_an_original_that_we_deploy_is_no_target_of_a_mirror() -> None:
    fleet = {"original": {"application": "acme", "deploy": True}, "mirrors": [{"application": "de"}]}
    deployed = settings(fleet=fleet)

    targets = [part for part in command(deployed, Chosen(("de",)), "test") if "::" in part]

    assert targets == ["**:Fleet::acme", "**:SiteIds::acme", "**:Original::acme", "**::de"]


def test_the_directory_and_the_answer_are_passed_on() -> None:
    assert built("acme", yes=True, cwd=Path("a b")) == ("pulumi up --cwd 'a b' --stack test --target '**::acme' --yes")


def test_a_preview_asks_nothing_and_so_takes_no_answer() -> None:
    assert built("acme", yes=True, preview=True) == "pulumi preview --stack test --target '**::acme'"


@pytest.mark.parametrize(("at_once", "told"), [(8, ["--parallel", "24"]), (24, []), (0, [])])
def test_the_engine_does_at_least_as_much_at_once_as_the_rollout(at_once: int, told: list[str]) -> None:
    declared = settings("de", rollout={"parallel": 20})

    arguments = command(declared, Chosen(None), "test", at_once=at_once)

    assert arguments == ["pulumi", "up", "--stack", "test", *told]


def test_what_the_engine_does_at_once_is_what_its_variable_says_else_four_a_core() -> None:
    assert engine_does({"PULUMI_PARALLEL": "64"}, cores=2) == 64
    assert engine_does({}, cores=2) == engine_does({"PULUMI_PARALLEL": "many"}, cores=2) == 8


def test_the_line_has_the_variables_of_the_command_so_that_it_can_be_copied() -> None:
    given = {"MIRRORS_ROLL_OUT": "acme-de acme-fr"}

    assert line(given, ["pulumi", "up"]) == "MIRRORS_ROLL_OUT='acme-de acme-fr' pulumi up"
    assert line({}, ["pulumi", "up"]) == "pulumi up"

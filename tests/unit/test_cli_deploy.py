"""The ``pulumi`` command that ``mirrors deploy`` builds."""

import shlex
from pathlib import Path

import pytest

from mirrors.cli.deploy import command
from mirrors.config import Fleet
from mirrors.errors import ConfigurationError

FLEET = Fleet.model_validate(
    {"original": {"application": "acme"}, "mirrors": [{"application": "acme-de"}, {"application": "acme-fr"}]}
)


def test_a_mirror_is_targeted_together_with_the_fleets_own_resources() -> None:
    assert shlex.join(command(FLEET, ["acme-de"], "test")) == (
        "pulumi up --stack test --target '**::acme' --target '**::acme-de'"
    )


def test_several_sites_are_targeted_once_each_in_the_order_given() -> None:
    assert shlex.join(command(FLEET, ["acme-fr", "acme", "acme-de", "acme-fr"], "live")) == (
        "pulumi up --stack live --target '**::acme' --target '**::acme-fr' --target '**::acme-de'"
    )


def test_the_directory_and_the_answer_are_passed_on() -> None:
    assert shlex.join(command(FLEET, ["acme"], "test", yes=True, cwd=Path("a b"))) == (
        "pulumi up --cwd 'a b' --stack test --target '**::acme' --yes"
    )


def test_a_preview_asks_nothing_and_so_takes_no_answer() -> None:
    assert shlex.join(command(FLEET, ["acme"], "test", yes=True, preview=True)) == (
        "pulumi preview --stack test --target '**::acme'"
    )


def test_every_site_that_is_not_in_the_fleet_is_named_with_the_nearest_one() -> None:
    with pytest.raises(ConfigurationError) as raised:
        command(FLEET, ["acme-du", "acme-de", "**"], "test")

    assert raised.value.problems == (
        "the fleet of the stack test has no site 'acme-du'; did you mean acme-de?",
        "the fleet of the stack test has no site '**'; known here: acme, acme-de, acme-fr",
    )

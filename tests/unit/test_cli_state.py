"""The commands beside a state that has two lists of SITE_IDs."""

from typing import Any

import pytest

from mirrors.cli.doctor.engine import check_ledger
from mirrors.cli.program_fleets import choose_named_fleet
from mirrors.cli.state import StackState
from mirrors.config.known_later import KnownLater
from mirrors.errors import MirrorsError
from mirrors.planning.reports.pulumi_steps import FLEET_TYPE
from mirrors.planning.site_ids.facts import IdHolder, Ledger
from mirrors.problems.findings import FindingLevel


def ledger(name: str, **retired: dict[str, str]) -> dict[str, Any]:
    kind = "pulumi-python:dynamic/mirrors:SiteIds"
    outputs = {"assignments": {"u-acme": {"name": name, "id": 1.0}}, "retired": retired, "highest": 3.0}
    return {"urn": f"urn:pulumi:test::acme::mirrors:index:Fleet${kind}::{name}", "type": kind, "outputs": outputs}


OLD = ledger("orr", **{"3": {"name": "orr-b", "application": "u-b"}})
TWO = StackState((OLD, ledger("orr-main")), ())
ONE = StackState((OLD,), ())


def test_one_list_is_the_ledger_and_none_is_an_empty_one() -> None:
    assert ONE.ledger == Ledger({"u-acme": ("orr", 1)}, {3: IdHolder("orr-b", "u-b")}, 3)
    assert StackState((), ()).ledger == Ledger()
    assert [list(check_ledger(state)) for state in (ONE, StackState((), ()))] == [[], []]


def test_two_lists_are_an_error_that_says_what_each_has_and_what_to_do() -> None:
    with pytest.raises(MirrorsError) as raised:
        _ = TWO.ledger
    [found] = check_ledger(TWO)
    [problem] = raised.value.problems
    assert (found.level, found.code, problem.code) == (FindingLevel.PROBLEM, "several-ledgers", "several-ledgers")
    for said in (problem.line, str(found)):
        assert "SiteIds::orr has 1 orr, 3 orr-b (retired); " in said
        assert "SiteIds::orr-main has 1 orr-main" in said
        assert "pulumi state delete URN" in said


def below(fleet: str, item: dict[str, Any]) -> dict[str, Any]:
    return {**item, "parent": f"urn:pulumi:test::acme::mirrors:index:Fleet::{fleet}"}


def declared(name: str, *mirrors: str) -> dict[str, Any]:
    """Return a ``Fleet`` with arguments, as the state has it."""
    fleet = {"original": {"application": name}, "mirrors": [{"application": slug} for slug in mirrors]}
    outputs = {"declaration": {"fleet": fleet, "knownLater": [["variables", "DSN"]]}}
    return {"urn": f"urn:pulumi:test::acme::{FLEET_TYPE}::{name}", "type": FLEET_TYPE, "outputs": outputs}


SEVERAL = StackState((declared("orr", "orr-b"), below("orr", OLD), declared("zoe"), below("zoe", ledger("zoe"))), ())


def test_each_fleet_in_arguments_has_its_own_part_of_the_state() -> None:
    assert SEVERAL.of_fleet("orr").ledger == ONE.ledger
    assert SEVERAL.of_fleet("zoe").ledger == Ledger({"u-acme": ("zoe", 1)}, {}, 3)
    assert SEVERAL.of_fleet(None).resources == []
    assert ONE.of_fleet(None) == ONE
    assert list(check_ledger(SEVERAL)) == []
    assert {name: fleet.slugs for name, fleet in SEVERAL.program_fleets.items()} == {
        "orr": ("orr", "orr-b"),
        "zoe": ("zoe",),
    }
    assert isinstance(SEVERAL.program_fleets["orr"].fleet["variables"]["DSN"], KnownLater)


@pytest.mark.parametrize(("name", "code"), [(None, "several-fleets"), ("zo", "unknown-fleet")])
def test_a_command_for_one_fleet_asks_which(name: str | None, code: str) -> None:
    with pytest.raises(MirrorsError) as raised:
        choose_named_fleet(SEVERAL.program_fleets, "the stack test", name)
    assert [problem.code for problem in raised.value.problems] == [code]
    assert choose_named_fleet(SEVERAL.program_fleets, "the stack test", "zoe").name == "zoe"

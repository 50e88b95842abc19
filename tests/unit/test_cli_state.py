"""The commands beside a state that has two lists of SITE_IDs."""

from typing import Any

import pytest

from mirrors.cli.doctor.engine import check_ledger
from mirrors.cli.state import StackState
from mirrors.errors import MirrorsError
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

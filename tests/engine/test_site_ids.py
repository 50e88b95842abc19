"""SITE_IDs over the life of a fleet: who gets the next one, and who keeps the one that they have."""

import re
import shlex

from tests.engine.fleet import MANAGED, MIRRORS, Fleet
from tests.engine.project import errors, updates
from tests.sandboxes import change

FOUR = {"acme": 1, "acme-de": 2, "acme-fr": 3, "acme-ch": 4}


def test_a_new_mirror_gets_the_next_id_in_test_first_and_takes_it_along(fleet: Fleet) -> None:
    """The list has another order, which renumbers no one."""
    fleet.new_mirror("acme-it")
    with fleet.with_mirrors("acme-it", *reversed(MIRRORS)):
        is_not_given_one_by_live_first(fleet)
        is_not_given_one_by_a_refresh(fleet)
        is_given_one_among_targets(fleet)

        fleet.live.update().succeeded()
        for stack in fleet.stacks:
            assert stack.outputs()["siteIds"] == {**FOUR, "acme-it": 5}
            assert fleet.variables("acme-it", stack.name)["SITE_ID"] == "5"
        assert fleet.test.has_no_changes()
        assert {line["application"] for line in fleet.writes()} == {"acme-it"}

    fleet.new_mirror("acme-at")
    with fleet.with_mirrors(*MIRRORS, "acme-at"):
        fleet.test.update().succeeded()
    assert fleet.test.outputs()["siteIds"] == {**FOUR, "acme-at": 6}
    assert fleet.test.outputs()["retired"] == {"5": "acme-it"}
    assert not MANAGED & set(fleet.variables("acme-it", "test"))


def is_not_given_one_by_live_first(fleet: Fleet) -> None:
    fleet.sandbox.clear_requests_log()
    ledger = fleet.live.ledger()
    early, refused = fleet.live.preview().succeeded(), fleet.live.update().failed()
    assert "warning: acme-it: its SITE_ID is not known yet" in early.text
    assert "dynamic/mirrors:Mirror acme-it create" in early.text
    assert {item.split()[1] for item in updates(early)} <= {"acme", "site-ids"}, "another mirror would change"
    [problem] = [line for line in errors(refused) if "acme-it" in line]
    assert 'the stack "test" has no SITE_ID for it yet' in problem
    assert 'Run "pulumi up -s test" first' in problem
    assert fleet.writes() == []
    assert fleet.live.ledger() == ledger


def is_not_given_one_by_a_refresh(fleet: Fleet) -> None:
    """The program runs in both updates and refreshes, and cannot see which of them it is."""
    refused = fleet.test.refresh("--yes", "--skip-preview", "--run-program").failed()
    assert "acme-it: it has no SITE_ID yet" in refused.text
    assert "or this is a refresh" in refused.text
    cleared = ("--clear-pending-creates", "--run-program=false", "--yes", "--skip-preview")
    fleet.test.refresh(*cleared).succeeded()


def is_given_one_among_targets(fleet: Fleet) -> None:
    """A mirror alone among the targets has none: the message names the targets to add."""
    alone = ("--target", "**::acme-it")
    refused = fleet.test.update(*alone).failed()
    assert "acme-it: it has no SITE_ID yet" in refused.text
    [advice] = set(re.findall(r"Run 'mirrors deploy acme-it -s test', or add (--target .*'\*\*:\S*')", refused.text))
    assert "None" not in refused.text
    assert "Exception" not in refused.text
    assert fleet.writes() == []
    assert shlex.split(advice)[1::2] == ["**:Fleet::*", "**:SiteIds::*", "**:Original::*"]

    fleet.test.update(*alone, *shlex.split(advice)).succeeded()
    database = fleet.variables("acme-de", "test")["DATABASE_URL"]
    assert fleet.variables("acme-it", "test")["DATABASE_URL"] == database


def test_an_application_that_was_renamed_is_not_stripped_for_one_made_anew_under_its_name(fleet: Fleet) -> None:
    before = fleet.variables("acme-ch", "test")
    change(fleet.sandbox, "UPDATE sandbox_application SET slug = 'acme-swiss' WHERE slug = 'acme-ch'")
    missing = fleet.test.preview("--refresh=false").failed()
    assert 'renamed "acme-swiss". Write "application: acme-swiss, formerly: acme-ch"' in missing.text
    fleet.new_mirror("acme-ch")
    fleet.sandbox.clear_requests_log()
    refused = fleet.test.update().failed()
    assert "acme-ch: this is another application than the one that had this name and SITE_ID 4" in refused.text
    assert 'Write "application: acme-swiss, formerly: acme-ch"' in refused.text
    assert fleet.writes() == []
    with fleet.with_mirrors(*MIRRORS[:2], {"application": "acme-swiss", "formerly": "acme-ch"}):
        fleet.test.up().succeeded()
    assert fleet.test.outputs()["siteIds"]["acme-swiss"] == 4
    assert fleet.variables("acme-swiss", "test") == {**before, "MIRRORS_APPLICATION": "acme-swiss"}

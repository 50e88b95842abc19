"""SITE_IDs over the life of a fleet: who gets the next one, and who keeps the one that they have."""

import re
import shlex
from collections.abc import Iterator

import pytest

from tests.engine.fleet import MIRRORS, OURS, Fleet, seeded_fleet, silently
from tests.engine.project import errors, updates
from tests.sandboxes import change

FOUR = {"acme": 1, "acme-de": 2, "acme-fr": 3, "acme-ch": 4}


@pytest.fixture(scope="module")
def numbered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Yield a converged fleet of this module's own: an id, once given, is never free again."""
    with seeded_fleet(tmp_path_factory.mktemp("numbered")) as fleet:
        fleet.converge()
        yield fleet


def test_reordering_the_list_renumbers_nothing(numbered: Fleet) -> None:
    with numbered.with_mirrors(*reversed(MIRRORS)):
        for stack in numbered.stacks:
            assert stack.has_no_changes()
            assert stack.outputs()["siteIds"] == FOUR


def test_a_new_mirror_gets_the_next_id_in_test_and_the_same_one_in_live_only_after_that(numbered: Fleet) -> None:
    numbered.sandbox.mirror("acme", "acme-it", report=silently)
    with numbered.with_mirrors("acme-it", *MIRRORS):
        numbered.sandbox.clear_requests_log()
        ledger = numbered.live.ledger()
        early, refused = numbered.live.preview().succeeded(), numbered.live.up().failed()
        assert "warning: acme-it: its SITE_ID is not known yet" in early.text
        [problem] = [line for line in errors(refused) if "acme-it" in line]
        assert 'the stack "test" has no SITE_ID for it yet' in problem
        assert 'Run "pulumi up -s test" first' in problem
        assert numbered.writes() == []
        assert numbered.live.ledger() == ledger

        shown = numbered.test.preview().succeeded()
        assert {item.split()[1] for item in updates(shown)} <= {"acme", "site-ids"}, "another mirror would change"
        assert "dynamic/mirrors:Mirror acme-it create" in shown.text
        assert numbered.writes() == []

        numbered.converge()
        for stack in numbered.stacks:
            assert stack.outputs()["siteIds"] == {**FOUR, "acme-it": 5}
            assert numbered.variables("acme-it", stack.name)["SITE_ID"] == "5"
            assert stack.has_no_changes()
        assert {line["application"] for line in numbered.writes()} == {"acme-it"}


def test_a_new_mirror_alone_among_the_targets_learns_what_gives_it_its_id(numbered: Fleet) -> None:
    numbered.sandbox.mirror("acme", "acme-pl", report=silently)
    numbered.test.up().succeeded()  # the engine refuses targets while a mirror that has left is none of them
    with numbered.with_mirrors(*MIRRORS, "acme-pl"):
        numbered.sandbox.clear_requests_log()
        alone = ("--target", "**::acme-pl")
        shown, refused = numbered.test.preview(*alone).succeeded(), numbered.test.up(*alone).failed()
        for done in (shown, refused):
            assert "acme-pl: it has no SITE_ID yet" in done.text
            [advice] = set(
                re.findall(r"Run 'mirrors deploy acme-pl -s test', or add (--target .*'\*\*:\S*')", done.text)
            )
            assert "None" not in done.text
        assert "Exception" not in refused.text
        assert numbered.writes() == []
        assert shlex.split(advice)[1::2] == ["**:Fleet::*", "**:SiteIds::*", "**:Original::*"]
        database = numbered.variables("acme-de", "test")["DATABASE_URL"]
        numbered.test.up(*alone, *shlex.split(advice)).succeeded()
        assert {line["application"] for line in numbered.writes()} == {"acme-pl"}
        assert numbered.variables("acme-pl", "test")["DATABASE_URL"] == database
    numbered.test.up().succeeded()


def test_a_refresh_with_a_new_mirror_says_what_it_is_and_the_one_after_a_crash_works(numbered: Fleet) -> None:
    """The program runs in both updates and refreshes, and cannot see which of them it is."""
    numbered.sandbox.mirror("acme", "acme-se", report=silently)
    with numbered.with_mirrors(*MIRRORS, "acme-se"):
        refused = numbered.test.refresh("--yes", "--skip-preview", "--run-program").failed()
        assert "acme-se: it has no SITE_ID yet" in refused.text
        assert "or this is a refresh, which gives nothing" in refused.text
        cleared = ("--clear-pending-creates", "--run-program=false", "--yes", "--skip-preview")
        numbered.test.refresh(*cleared).succeeded()


def test_a_mirror_that_leaves_the_list_takes_its_id_with_it_and_the_next_one_gets_another(numbered: Fleet) -> None:
    numbered.sandbox.mirror("acme", "acme-es", report=silently)
    numbered.sandbox.mirror("acme", "acme-at", report=silently)
    with numbered.with_mirrors(*MIRRORS, "acme-es"):
        numbered.test.up().succeeded()
        given = numbered.test.outputs()["siteIds"]["acme-es"]
    with numbered.with_mirrors(*MIRRORS, "acme-at"):
        numbered.test.up().succeeded()
        outputs = numbered.test.outputs()

    assert outputs["siteIds"]["acme-at"] > given
    assert outputs["retired"][str(given)] == "acme-es"
    assert not OURS & set(numbered.variables("acme-es", "test"))


def test_an_application_that_was_renamed_is_not_stripped_for_one_made_anew_under_its_name(numbered: Fleet) -> None:
    before = numbered.variables("acme-ch", "test")
    change(numbered.sandbox, "UPDATE sandbox_application SET slug = 'acme-swiss' WHERE slug = 'acme-ch'")
    missing = numbered.test.preview().failed()
    assert 'renamed "acme-swiss". Write "application: acme-swiss, formerly: acme-ch"' in missing.text
    numbered.sandbox.mirror("acme", "acme-ch", report=silently)
    numbered.sandbox.clear_requests_log()
    refused = numbered.test.up().failed()
    assert "acme-ch: this is another application than the one that had this name and SITE_ID 4" in refused.text
    assert 'Write "application: acme-swiss, formerly: acme-ch"' in refused.text
    assert numbered.writes() == []
    with numbered.with_mirrors(*MIRRORS[:2], {"application": "acme-swiss", "formerly": "acme-ch"}):
        numbered.test.up().succeeded()
        assert numbered.test.outputs()["siteIds"]["acme-swiss"] == 4
    assert numbered.variables("acme-swiss", "test") == {**before, "MIRRORS_APPLICATION": "acme-swiss"}

"""A ledger of SITE_IDs begins once: beside mirrors that have ids from Mirrors it wants to know what was given."""

from dataclasses import replace

from mirrors.planning.site_ids.allocate import allocate
from mirrors.planning.site_ids.facts import (
    AllocationRequest,
    IdHolder,
    Ledger,
    ReferenceStack,
    SiteFacts,
    UndeclaredSite,
)

ACME = SiteFacts("u-acme", "acme", is_original=True)
OWN = SiteFacts("u-de", "de", observed=2, is_managed=True, has_owner=True)
NEW = SiteFacts("u-new", "new")
LOST = AllocationRequest((ACME, OWN, NEW))


def test_an_empty_ledger_beside_a_mirror_that_mirrors_has_written_to_is_a_problem_that_names_both_ways_on() -> None:
    [problem] = allocate(Ledger(), LOST).problems
    assert problem.code == "site-ids-forgotten"
    assert problem.message.startswith("de: Mirrors has given SITE_IDs here before")
    assert problem.remedy.startswith("If another state knows the ids")
    assert problem.remedy.endswith("highestSiteId: 2")


def test_a_renamed_mirror_has_ids_from_mirrors_too() -> None:
    renamed = replace(OWN, slug="german", is_managed=False)
    [problem] = allocate(Ledger(), AllocationRequest((ACME, renamed))).problems
    assert problem.code == "site-ids-forgotten"
    assert problem.message.startswith("german: ")


def test_new_ids_are_above_the_highest_that_was_ever_given() -> None:
    begun = allocate(Ledger(), replace(LOST, declared_highest=7))
    assert (begun.problems, dict(begun.ledger.assignments.values())) == ((), {"acme": 1, "de": 2, "new": 8})


def test_an_id_that_is_in_use_and_above_the_highest_that_is_declared_makes_that_one_doubtful() -> None:
    """A line of an earlier loss does not answer for what was given since."""
    for known in (
        replace(LOST, sites=(ACME, replace(OWN, observed=9), NEW)),
        replace(LOST, retired=frozenset({9})),
        replace(LOST, reserved=frozenset({9})),
        replace(LOST, undeclared_sites={"other": UndeclaredSite((9,))}),
    ):
        [problem] = allocate(Ledger(), replace(known, declared_highest=7)).problems
        assert "mirrors:fleet.highestSiteId says 7, and 9 is in use" in problem.message
        assert problem.remedy.endswith("highestSiteId: 9")


def test_nothing_is_asked_where_nothing_was_given_where_it_is_remembered_or_where_another_stack_gives() -> None:
    by_hand = AllocationRequest((ACME, replace(OWN, is_managed=False, has_owner=False), NEW))
    assert allocate(Ledger(), by_hand).problems == ()
    assert allocate(allocate(Ledger(), by_hand).ledger, LOST).problems == ()
    left = Ledger({}, {2: IdHolder("de", "u-de")}, 2)
    assert allocate(left, LOST).problems == ()
    following = replace(LOST, reference=ReferenceStack("test", {"acme": 1, "de": 2, "new": 3}, {}))
    assert allocate(Ledger(), following).problems == ()


def test_a_higher_declared_number_counts_for_a_ledger_that_remembers_too() -> None:
    ledger = allocate(Ledger(), AllocationRequest((ACME, replace(OWN, has_owner=False)))).ledger
    again = allocate(ledger, replace(LOST, declared_highest=7)).ledger
    assert (again.assignments["u-new"], again.highest) == (("new", 8), 8)

"""Before an id is given, what other applications have on the shared database is known, or a user answers for it."""

from dataclasses import replace

from mirrors.planning.site_ids.allocate import Allocation, allocate
from mirrors.planning.site_ids.facts import (
    AllocationRequest,
    IdHolder,
    Ledger,
    ReferenceStack,
    SiteFacts,
    UndeclaredSite,
)

SITES = (SiteFacts("u-acme", "acme", is_original=True), SiteFacts("u-de", "de"))
HIDDEN, MANAGED = UndeclaredSite(has_hidden_id=True), UndeclaredSite((4,), managed_as="old")


def beside(neighbour: UndeclaredSite, ledger: Ledger | None = None, **more: object) -> Allocation:
    request = AllocationRequest(SITES, undeclared_sites={"old": neighbour})
    return allocate(ledger or Ledger(), replace(request, **more))  # type: ignore[arg-type]


def id_of(allocation: Allocation) -> int:
    assert allocation.problems == ()
    return allocation.ledger.assignments["u-de"][1]


def test_nothing_is_given_beside_an_id_that_no_one_can_read_until_it_is_reserved_by_its_name() -> None:
    [problem] = beside(HIDDEN).problems
    assert (problem.code, problem.site) == ("neighbour-id-unknown", "old")
    assert problem.remedy.startswith("Add old to the list")
    assert "mirrors:fleet.reservedFor: {old: ID}" in problem.remedy
    assert beside(HIDDEN, reserved=frozenset({2})).problems == (problem,), "a number alone says not whose it is"
    assert beside(HIDDEN, reserved_for={"another": 2}).problems == (problem,)
    assert id_of(beside(HIDDEN, reserved_for={"old": 2})) == 3


def test_an_id_that_is_declared_is_not_given_beside_one_that_no_one_can_read() -> None:
    declared = (SITES[0], replace(SITES[1], declared=9))
    [problem] = beside(HIDDEN, sites=declared).problems
    assert (problem.code, problem.site) == ("neighbour-id-unknown", "old")
    [problem] = beside(HIDDEN, sites=declared, reserved_for={"old": 9}).problems
    assert problem.line == (
        "de: SITE_ID 9 is listed in reservedFor. Take it off that list or declare another siteId [site-id-reserved]"
    )


def test_where_everybody_has_an_id_already_no_one_asks() -> None:
    ledger = allocate(Ledger(), AllocationRequest(SITES)).ledger
    assert beside(HIDDEN, ledger).problems == ()
    assert beside(MANAGED, ledger).problems == ()


def test_what_another_project_manages_is_reported_before_both_give_the_next_id() -> None:
    [problem] = beside(MANAGED).problems
    assert (problem.code, problem.site) == ("another-project-gives-ids", "old")
    assert "(SITE_ID 4)" in problem.message
    assert "mirrors:fleet.reservedFor: {old: 4}" in problem.remedy
    for answered in ({"reserved": frozenset({4})}, {"reserved_for": {"old": 4}}, {"retired": frozenset({4})}):
        assert id_of(beside(MANAGED, **answered)) == 5
    [problem] = beside(replace(MANAGED, site_ids=(4, 6)), reserved=frozenset({4})).problems
    assert "(SITE_ID 4 and 6)" in problem.message


def test_what_has_left_the_list_is_no_other_projects_whatever_it_is_called_now() -> None:
    left = Ledger({"u-acme": ("acme", 1)}, {4: IdHolder("old", "u-old")}, 4)
    assert id_of(beside(MANAGED, left)) == 5
    renamed = Ledger({"u-acme": ("acme", 1)}, {4: IdHolder("older", "u-old")}, 4)
    assert id_of(beside(MANAGED, renamed, undeclared_applications={"u-old": "old"})) == 5
    leaving = Ledger({"u-acme": ("acme", 1), "u-old": ("old", 4)}, {}, 4)
    assert id_of(beside(MANAGED, leaving)) == 5
    begun_anew = Ledger({"u-acme": ("acme", 1)}, {4: IdHolder("")}, 4)
    assert id_of(beside(MANAGED, begun_anew)) == 5


def test_what_the_followed_stack_gave_an_id_is_no_other_projects() -> None:
    given = {"acme": 1, "de": 2}
    for known in (ReferenceStack("test", {**given, "old": 4}, {}), ReferenceStack("test", given, {4: IdHolder("old")})):
        assert id_of(beside(MANAGED, reference=known)) == 2
    [problem] = beside(MANAGED, reference=ReferenceStack("test", given, {})).problems
    assert (problem.code, problem.site) == ("another-project-gives-ids", "old")


def test_no_id_is_given_that_no_row_can_have() -> None:
    """One reserved it, or set it at an application of its own, to keep out of everybody's way."""
    for there in ({"reserved": frozenset({2**31 - 1})}, {"undeclared_sites": {"old": UndeclaredSite((2**31 - 1,))}}):
        [problem] = beside(UndeclaredSite(), **there).problems
        assert (problem.code, problem.site) == ("site-id-too-high", "de")
        assert "above 2147483647" in problem.message
    assert id_of(beside(UndeclaredSite((2**31 - 1,)), sites=(SITES[0], replace(SITES[1], declared=9)))) == 9

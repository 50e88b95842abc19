"""A slug that changes hands: whose resources they are, and whose id."""

from dataclasses import replace

from mirrors.docker.words import DOCKER_WORDS
from mirrors.planning.site_ids.allocate import allocate
from mirrors.planning.site_ids.facts import AllocationRequest, IdHolder, Ledger, SiteFacts
from mirrors.planning.site_ids.retirement import INSTANCES_GO_ON, note_released_ids, note_removed_sites

ACME = SiteFacts("u-acme", "acme", is_original=True)
KNOWN = Ledger({"u-acme": ("acme", 1), "u-c": ("ren-c", 4)}, {}, 4)
ANEW = AllocationRequest((ACME, SiteFacts("n-c", "ren-c")))


def test_an_application_made_anew_does_not_take_over_from_one_that_was_renamed() -> None:
    [problem] = allocate(KNOWN, replace(ANEW, undeclared_applications={"u-c": "ren-old"})).problems
    assert (problem.code, problem.site) == ("slug-of-another-application", "ren-c")
    assert 'SITE_ID 4, which was renamed "ren-old".' in problem.message
    assert problem.remedy.startswith('Write "application: ren-old, formerly: ren-c"')


def test_the_way_on_leads_on() -> None:
    renamed = allocate(KNOWN, AllocationRequest((ACME, SiteFacts("u-c", "ren-old", formerly="ren-c"))))
    assert renamed.problems == ()
    both = (ACME, SiteFacts("u-c", "ren-old"), SiteFacts("n-c", "ren-c"))
    after = allocate(renamed.ledger, AllocationRequest(both))
    assert (after.problems, dict(after.ledger.assignments.values())) == ((), {"acme": 1, "ren-old": 4, "ren-c": 5})
    off = allocate(KNOWN, AllocationRequest((ACME,), undeclared_applications={"u-c": "ren-old"}))
    assert off.problems == ()
    again = allocate(off.ledger, replace(ANEW, undeclared_applications={"u-c": "ren-old"}))
    assert (again.problems, again.ledger.assignments["n-c"]) == ((), ("ren-c", 5))


def test_one_whose_former_application_is_gone_begins_with_an_id_of_its_own() -> None:
    made = allocate(KNOWN, ANEW)
    assert (made.problems, made.ledger.assignments["n-c"]) == ((), ("ren-c", 5))
    pinned = AllocationRequest((ACME, SiteFacts("n-c", "ren-c", declared=4)))
    [problem] = allocate(KNOWN, pinned).problems
    assert (problem.code, problem.site) == ("site-id-retired", "ren-c")
    assert "another application of this name" in problem.message
    assert problem.remedy.endswith("releaseSiteIds: [4]")
    taken = allocate(KNOWN, replace(pinned, reusable_ids=frozenset({4})))
    assert (taken.problems, taken.ledger.assignments["n-c"]) == ((), ("ren-c", 4))


def test_another_original_is_asked_whether_it_was_renamed() -> None:
    """If only the slug names it, a renamed one is another."""
    [problem] = allocate(
        Ledger({"acme": ("acme", 1)}, {}, 1), AllocationRequest((SiteFacts("brand", "brand", is_original=True),))
    ).problems
    assert (problem.code, problem.site) == ("site-id-retired", "brand")
    assert '"formerly: acme"' in problem.remedy
    assert "releaseSiteIds" not in problem.line


def test_an_id_that_is_reserved_after_it_was_given_and_never_used_makes_place_for_the_next() -> None:
    unused = SiteFacts("u-c", "ren-c", deployed_ids=())
    kept = AllocationRequest((ACME, unused), reserved=frozenset({4}))
    moved = allocate(KNOWN, kept)
    assert (moved.problems, moved.ledger.assignments["u-c"]) == ((), ("ren-c", 5))
    assert moved.ledger.retired == {4: IdHolder("ren-c")}
    again = allocate(moved.ledger, kept)
    assert (again.problems, again.ledger) == ((), moved.ledger)
    back = allocate(allocate(moved.ledger, AllocationRequest((ACME,))).ledger, AllocationRequest((ACME, unused)))
    assert back.ledger.assignments["u-c"] == ("ren-c", 5), "what it never had does not come back to it"
    set_by_hand = allocate(Ledger(), AllocationRequest((ACME, replace(unused, observed=4)), reserved=frozenset({4})))
    assert (set_by_hand.problems, set_by_hand.ledger.assignments["u-c"]) == ((), ("ren-c", 5))


def test_an_id_that_runs_may_run_or_is_declared_is_not_taken_from_a_site() -> None:
    for ran, declared in ((None, None), ((4,), None), ((), 4)):
        site = SiteFacts("u-c", "ren-c", deployed_ids=ran, declared=declared)
        [problem] = allocate(KNOWN, AllocationRequest((ACME, site), reserved=frozenset({4}))).problems
        assert (problem.code, problem.site) == ("site-id-reserved", "ren-c")
        assert "SITE_ID 4 is listed in reservedSiteIds" in problem.message


def test_another_id_may_be_declared_for_one_that_was_never_used() -> None:
    site = SiteFacts("u-c", "ren-c", deployed_ids=(), declared=9)
    moved = allocate(KNOWN, AllocationRequest((ACME, site), reserved=frozenset({4})))
    assert (moved.problems, moved.ledger.assignments["u-c"]) == ((), ("ren-c", 9))


def test_sites_that_both_run_with_one_id_are_not_asked_to_declare_another() -> None:
    twins = (ACME, SiteFacts("u-a", "a", observed=2), SiteFacts("u-b", "b", observed=2))
    [problem] = allocate(Ledger(), AllocationRequest(twins)).problems
    assert problem.code == "site-id-shared"
    assert problem.remedy.startswith("Decide whose content it is. Set another SITE_ID at the other")
    assert "Declare another" not in problem.line
    [problem] = allocate(
        Ledger(), AllocationRequest((*twins[:2], replace(twins[2], observed=None, declared=2)))
    ).problems
    assert problem.remedy == "Declare another siteId for one of them"


def leaving(request: AllocationRequest, *, keeps: bool = False, goes_on: str = INSTANCES_GO_ON) -> str:
    [note] = note_removed_sites(KNOWN, allocate(KNOWN, request).ledger, request, keeps=keeps, goes_on=goes_on)
    assert note.site == "ren-c"
    return note.line


def test_one_that_leaves_under_a_former_name_is_reported_with_the_name_that_it_has() -> None:
    off = AllocationRequest((ACME,), undeclared_applications={"u-c": "ren-old"})
    assert 'ren-c: off the list; its application is called "ren-old" now' in leaving(off)
    assert "Mirrors removes the variables that it created there" in leaving(off)
    assert "Mirrors keeps the variables that it created there" in leaving(off, keeps=True)
    usual = leaving(replace(off, undeclared_applications={"u-c": "ren-c"}))
    assert usual.startswith("ren-c: off the list; its SITE_ID 4 is retired. Its running instances serve")
    assert "Its container is removed" in leaving(AllocationRequest((ACME,)), goes_on=DOCKER_WORDS.goes_on)


def test_one_made_anew_is_not_reported_to_be_off_the_list() -> None:
    line = leaving(ANEW)
    assert line.startswith("ren-c: this is another application than the one that had SITE_ID 4, which is retired")
    assert line.endswith(
        "It gets 5 and begins empty. To give it the content of 4, write siteId: 4 and releaseSiteIds: [4]"
    )


def test_an_id_that_stays_on_the_list_of_released_ones_is_noted_as_long_as_a_site_has_it() -> None:
    request = AllocationRequest((ACME, SiteFacts("u-c", "ren-c")), reusable_ids=frozenset({4, 9}))
    now = allocate(KNOWN, request).ledger
    [note] = note_released_ids(now, request)
    assert note.site == "ren-c"
    assert "SITE_ID 4" in note.line
    left = replace(request, sites=(ACME,))
    assert list(note_released_ids(allocate(now, left).ledger, left)) == []
    assert 4 not in allocate(now, left).ledger.retired, "so the list is what keeps it from being retired"

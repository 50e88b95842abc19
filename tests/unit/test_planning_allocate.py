"""SITE_IDs: unique, stable, never reused, whatever is done to the list."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from mirrors.planning.site_ids.allocate import Allocation, allocate
from mirrors.planning.site_ids.facts import (
    AllocationRequest,
    IdHolder,
    Ledger,
    ReferenceStack,
    SiteFacts,
    UndeclaredSite,
)
from tests.search import searching


def request(*mirrors: str, **more: object) -> AllocationRequest:
    original = SiteFacts("u-acme", "acme", is_original=True)
    return replace(AllocationRequest((original, *(SiteFacts(f"u-{name}", name) for name in mirrors))), **more)  # type: ignore[arg-type]


def ids(allocation: Allocation) -> dict[str, int]:
    assert allocation.problems == ()
    return dict(allocation.ledger.assignments.values())


def test_a_fresh_fleet_is_numbered_in_the_order_of_the_list() -> None:
    assert ids(allocate(Ledger(), request("de", "fr", "ch"))) == {"acme": 1, "de": 2, "fr": 3, "ch": 4}


def test_reordering_the_list_renumbers_nothing() -> None:
    first = allocate(Ledger(), request("de", "fr", "ch")).ledger
    assert ids(allocate(first, request("ch", "fr", "de"))) == {"acme": 1, "de": 2, "fr": 3, "ch": 4}


def test_a_removed_mirrors_id_is_retired_and_comes_back_with_it() -> None:
    first = allocate(Ledger(), request("de", "fr")).ledger
    without = allocate(first, request("fr", "new"))
    assert ids(without) == {"acme": 1, "fr": 3, "new": 4}
    assert without.ledger.retired == {2: IdHolder("de", "u-de")}
    assert ids(allocate(without.ledger, request("fr", "new", "de"))) == {"acme": 1, "fr": 3, "new": 4, "de": 2}


def test_a_mirror_that_returns_keeps_its_id_though_the_configuration_still_lists_it_as_retired() -> None:
    first = allocate(Ledger(), request("de", "fr")).ledger
    pinned = frozenset({2})
    left = allocate(first, request("fr", retired=pinned)).ledger
    for _ in range(3):
        back = allocate(left, request("fr", "de", retired=pinned))
        assert ids(back) == {"acme": 1, "fr": 3, "de": 2}
        left = back.ledger
    stranger = AllocationRequest((*request("fr").sites, SiteFacts("u-new", "new", declared=2)), retired=pinned)
    found = allocate(first, stranger).problems[0]
    assert (found.code, found.site) == ("site-id-retired", "new")


def test_ids_that_are_retired_in_the_configuration_alone_are_left_out() -> None:
    for fresh in (request("de", retired=frozenset({2, 4})), request("de", retired=frozenset({4}))):
        assert ids(allocate(Ledger(), fresh)) == {"acme": 1, "de": 5}


def test_a_stack_that_follows_takes_an_id_that_is_the_sites_again_there() -> None:
    following = request("de", retired=frozenset({4}), reference=ReferenceStack("test", {"acme": 1, "de": 4}, {}))
    assert ids(allocate(Ledger(), following)) == {"acme": 1, "de": 4}


def test_a_site_whose_own_id_the_followed_stack_has_retired_is_sent_there_first() -> None:
    """It left the list, only Test was updated, and it is back on it."""
    live = Ledger({"u-acme": ("acme", 1), "u-de": ("de", 4)}, {}, 4)
    for retired in (frozenset[int](), frozenset({4})):
        back = request("de", retired=retired, reference=ReferenceStack("test", {"acme": 1}, {4: IdHolder("de")}))
        [problem] = allocate(live, back).problems
        assert (problem.code, problem.site) == ("site-id-retired", "de")
        assert problem.remedy.startswith('Run "pulumi up -s test" first')
        assert "releaseSiteIds" not in problem.line
    elsewhere = ReferenceStack("test", {"acme": 1}, {4: IdHolder("fr")})
    [problem] = allocate(live, request("de", reference=elsewhere)).problems
    assert (problem.code, problem.site) == ("site-id-retired", "de")
    assert "releaseSiteIds: [4]" in problem.remedy


def test_the_highest_id_leaving_is_not_given_again() -> None:
    first = allocate(Ledger(), request("de", "fr")).ledger
    assert ids(allocate(first, request("de", "new")))["new"] == 4


def test_a_retired_id_of_another_user_cannot_be_declared_until_it_is_released() -> None:
    ledger = allocate(allocate(Ledger(), request("de", "fr")).ledger, request("fr")).ledger
    sites = (*request("fr").sites, SiteFacts("u-new", "new", declared=2))
    [problem] = allocate(ledger, AllocationRequest(sites)).problems
    assert problem.line == (
        "new: SITE_ID 2 is retired. It belonged to de. Its content is still in the database. Choose another id, or free"
        " this one on purpose with releaseSiteIds: [2] [site-id-retired]"
    )
    released = AllocationRequest(sites, retired=frozenset({2}), reusable_ids=frozenset({2}))
    for freed in (replace(released, retired=frozenset()), released):
        assert ids(allocate(ledger, freed))["new"] == 2
        assert 2 not in allocate(ledger, freed).ledger.retired


def test_observed_ids_are_taken_over_with_their_gaps() -> None:
    sites = (
        SiteFacts("u-acme", "acme", is_original=True, observed=7),
        SiteFacts("u-de", "de", observed=12),
        SiteFacts("u-fr", "fr"),
    )
    assert ids(allocate(Ledger(), AllocationRequest(sites))) == {"acme": 7, "de": 12, "fr": 13}


def test_an_id_edited_on_the_platform_is_drift_once_the_state_knows_the_site() -> None:
    first = allocate(Ledger(), request("de")).ledger
    edited = AllocationRequest((SiteFacts("u-acme", "acme", is_original=True), SiteFacts("u-de", "de", observed=9)))
    assert ids(allocate(first, edited)) == {"acme": 1, "de": 2}


def test_ids_that_differ_at_adoption_are_listed() -> None:
    sites = (SiteFacts("u-acme", "acme", is_original=True), SiteFacts("u-de", "de", declared=3, observed=5))
    [problem] = allocate(Ledger(), AllocationRequest(sites)).problems
    assert (problem.code, problem.site) == ("site-id-differs", "de")
    assert "3 in the configuration, 5 in its environment" in problem.message


def original_with(observed: int | None, declared: int | None = None) -> AllocationRequest:
    site = SiteFacts("u-acme", "acme", is_original=True, declared=declared, observed=observed)
    return AllocationRequest((site, SiteFacts("u-de", "de")))


def test_an_original_that_runs_with_another_id_than_the_state_has_is_a_problem_since_no_one_repairs_it() -> None:
    first = allocate(Ledger(), request("de")).ledger
    [problem] = allocate(first, original_with(2)).problems
    assert (problem.code, problem.site) == ("site-id-differs", "acme")
    assert "1 in the state, 2 in its environment" in problem.message
    assert "Set it to 1 there again and deploy it" in problem.remedy
    assert ids(allocate(first, original_with(None))) == {"acme": 1, "de": 2}


def test_an_original_that_was_not_1_and_lost_its_id_is_a_problem_until_it_has_it_again() -> None:
    first = allocate(Ledger(), original_with(7)).ledger
    assert ids(allocate(first, original_with(7))) == {"acme": 7, "de": 8}
    for declared in (None, 7):
        [problem] = allocate(first, original_with(1, declared)).problems
        assert "7 in the state, 1 in its environment" in problem.message
        assert "Set it to 7 there again and deploy it. If the 1 that it runs with (none is 1)" in problem.remedy


def test_what_an_original_runs_with_is_right_where_it_is_declared_too() -> None:
    first = allocate(Ledger(), request("de")).ledger
    corrected = allocate(first, original_with(7, declared=7))
    assert ids(corrected) == {"acme": 7, "de": 2}
    assert corrected.ledger.retired == {1: IdHolder("acme", "u-acme")}
    [problem] = allocate(first, original_with(2, declared=2)).problems
    assert problem.code == "site-id-shared"
    assert "SITE_ID 2 would belong to acme and de" in problem.message


def test_two_running_sites_with_one_id_are_named_both() -> None:
    sites = (
        SiteFacts("u-acme", "acme", is_original=True),
        SiteFacts("u-de", "de", observed=5),
        SiteFacts("u-fr", "fr", observed=5),
    )
    [problem] = allocate(Ledger(), AllocationRequest(sites)).problems
    assert problem.code == "site-id-shared"
    assert "SITE_ID 5 would belong to de and fr" in problem.message


def test_a_site_with_another_database_is_not_taken_over_and_both_are_named() -> None:
    acme, de, fr = request("de", "fr").sites
    mine, theirs = "postgres://db:5432/acme", "postgres://db:5432/bolt"
    sites = (replace(acme, database=mine), replace(de, database=theirs), replace(fr, database=mine))
    [problem] = allocate(Ledger(), AllocationRequest(sites)).problems
    assert (problem.code, problem.site) == ("mirror-has-another-database", "de")
    assert f"its DATABASE_URL points at {theirs}, the original's at {mine}" in problem.message
    assert f"pulumi config set mirrors:confirmDatabase {theirs}" in problem.remedy
    known = allocate(Ledger(), request("de", "fr")).ledger
    drifted = (sites[0], replace(sites[1], is_managed=True), sites[2])
    assert ids(allocate(known, AllocationRequest(drifted))) == {"acme": 1, "de": 2, "fr": 3}, "drift, to be repaired"
    hidden = (acme, *sites[1:])
    assert allocate(Ledger(), AllocationRequest(hidden)).problems == ()


def test_a_renamed_application_keeps_its_id_and_wants_formerly() -> None:
    first = allocate(Ledger(), request("de")).ledger
    renamed = SiteFacts("u-de", "german")
    [problem] = allocate(first, AllocationRequest((request().sites[0], renamed))).problems
    assert (problem.code, problem.site) == ("application-renamed", "german")
    assert '"formerly: de"' in problem.remedy
    assert ids(allocate(first, AllocationRequest((request().sites[0], replace(renamed, formerly="de"))))) == {
        "acme": 1,
        "german": 2,
    }


def test_a_slug_that_another_application_had_until_now_is_not_taken_over_with_its_resources() -> None:
    first = allocate(Ledger(), request("de", "fr")).ledger
    acme, de, fr = request("de", "fr").sites
    swapped = (acme, replace(de, slug="fr", formerly="de"), replace(fr, slug="de", formerly="fr"))
    problems = allocate(first, AllocationRequest(swapped)).problems
    assert [(problem.code, problem.site) for problem in problems] == [
        ("names-exchanged", "fr"),
        ("names-exchanged", "de"),
    ]
    assert all("Give this one a slug that neither had" in problem.remedy for problem in problems)
    [problem] = allocate(first, AllocationRequest((acme, replace(de, slug="fr", formerly="de")))).problems
    assert (problem.code, problem.site) == ("names-exchanged", "fr")
    assert 'was called "de", and another one "fr"' in problem.message
    between = allocate(first, AllocationRequest((acme, replace(de, slug="x", formerly="de"), fr))).ledger
    between = allocate(
        between, AllocationRequest((acme, replace(de, slug="x"), replace(fr, slug="de", formerly="fr")))
    ).ledger
    done = allocate(between, AllocationRequest((acme, replace(de, slug="fr", formerly="x"), replace(fr, slug="de"))))
    assert ids(done) == {"acme": 1, "fr": 2, "de": 3}


def test_a_stack_that_follows_another_never_allocates() -> None:
    reference = ReferenceStack("test", {"acme": 1, "de": 4}, {3: IdHolder("old")})
    following = request("de", "fr", reference=reference)
    refused = allocate(Ledger(), following)
    [problem] = refused.problems
    assert (problem.code, problem.site) == ("site-id-not-given-yet", "fr")
    assert problem.remedy == 'Run "pulumi up -s test" first'
    preview = allocate(Ledger(), replace(following, is_preview=True))
    assert ids(preview) == {"acme": 1, "de": 4}
    assert preview.pending == ("fr",)
    assert preview.ledger.retired == {3: IdHolder("old")}


def test_a_mirror_gives_up_an_id_that_is_reserved_once_another_is_declared_for_it() -> None:
    """The id has turned out to be that of a row in the database: the site's companion has refused it."""
    given = allocate(Ledger(), request("de", "new")).ledger
    running = AllocationRequest(
        (*request("de").sites, SiteFacts("u-new", "new", observed=3, is_managed=True)), reserved=frozenset({3})
    )
    problem = allocate(given, running).problems[0]
    assert (problem.code, problem.site) == ("site-id-reserved", "new")
    moved = replace(running, sites=(*running.sites[:2], replace(running.sites[2], declared=4)))
    for _ in range(2):
        allocation = allocate(given, moved)
        assert ids(allocation) == {"acme": 1, "de": 2, "new": 4}
        given = allocation.ledger
    assert ids(allocate(given, request("de", "new", "next", reserved=frozenset({3})))) == {
        "acme": 1,
        "de": 2,
        "new": 4,
        "next": 5,
    }
    unasked = replace(moved, reserved=frozenset())
    problem = allocate(allocate(Ledger(), request("de", "new")).ledger, unasked).problems[0]
    assert (problem.code, problem.site) == ("site-id-differs", "new")
    assert "4 in the configuration, 3 in the state" in problem.message


def test_reserved_ids_are_passed_over() -> None:
    assert ids(allocate(Ledger(), request("de", reserved=frozenset({10})))) == {"acme": 1, "de": 11}


NAMES = ("a", "b", "c", "d", "e", "f")


@searching(100)
@given(st.lists(st.lists(st.sampled_from(NAMES), unique=True, max_size=6), max_size=8))
def test_any_history_of_lists_keeps_ids_unique_stable_and_never_reused(history: list[list[str]]) -> None:
    ledger, ever = Ledger(), dict[str, int]()
    for mirrors in history:
        allocation = allocate(ledger, request(*mirrors))
        given_now = ids(allocation)
        assert len(set(given_now.values())) == len(given_now)
        assert all(ever.get(name, site_id) == site_id for name, site_id in given_now.items())
        ever |= given_now
        assert len(set(ever.values())) == len(ever)
        ledger = allocation.ledger


def test_an_application_off_the_list_that_runs_with_the_database_keeps_its_number() -> None:
    assert ids(allocate(Ledger(), request("de", undeclared_sites={"fr": UndeclaredSite((3,))})))["de"] == 4
    for here, other in ((3, 7), (7, 3)):  # in Test and in Live
        declared = AllocationRequest(
            (request().sites[0], SiteFacts("u-de", "de", declared=here)),
            undeclared_sites={"fr": UndeclaredSite((other, here))},
        )
        [problem] = allocate(Ledger(), declared).problems
        assert (problem.code, problem.site) == ("site-id-taken", "de")
        assert f"SITE_ID {here} is that of fr, which is not on the list" in problem.message


def test_a_database_that_a_site_was_given_since_it_has_an_id_is_drift_only_where_mirrors_has_written_to_it() -> None:
    ledger = allocate(Ledger(), request("de")).ledger
    first = replace(request().sites[0], database="postgres://db/acme")
    its_own = SiteFacts("u-de", "de", database="postgres://db/own")
    [problem] = allocate(ledger, AllocationRequest((first, its_own))).problems
    assert (problem.code, problem.site) == ("mirror-has-another-database", "de")
    assert "points at postgres://db/own, the original's at postgres://db/acme" in problem.message
    assert allocate(ledger, AllocationRequest((first, replace(its_own, is_managed=True)))).problems == ()


def test_a_running_site_whose_id_cannot_be_read_is_not_numbered_anew() -> None:
    odd = AllocationRequest((request().sites[0], SiteFacts("u-de", "de", has_unreadable_id=True)))
    [problem] = allocate(Ledger(), odd).problems
    assert (problem.code, problem.site) == ("site-id-unknown", "de")
    known = allocate(Ledger(), request("de")).ledger
    assert ids(allocate(known, odd)) == {"acme": 1, "de": 2}


def test_another_declared_id_does_not_renumber_a_site_that_has_one() -> None:
    first = allocate(Ledger(), request("de")).ledger
    typo = AllocationRequest((request().sites[0], SiteFacts("u-de", "de", declared=9)))
    [problem] = allocate(first, typo).problems
    assert (problem.code, problem.site) == ("site-id-differs", "de")
    assert "9 in the configuration, 2 in the state" in problem.message

"""Which applications are adopted, with which ids, and what is said about them."""

import json
from typing import Any

import pytest

from mirrors.config import parse_configuration
from mirrors.planning.adoption.account import ObservedApplication, ObservedStage
from mirrors.planning.adoption.candidates import AdoptionProposal, find_likely_originals, propose_adoption
from mirrors.planning.observed import ObservedVariable
from mirrors.problems import Problem

HOSTS = {"test": "db.example.com/acme-test", "live": "db.example.com/acme-live"}
CANARY = "hunter22"


def dsn(place: str, password: str = CANARY) -> str:
    return f"postgres://acme:{password}@{place}"


def storage(stage: str) -> str:
    return f"s3://key:{CANARY}@acme-{stage}.s3.amazonaws.com/"


def original(site_id: int | None = None, **changes: Any) -> ObservedApplication:
    stages = {}
    for stage, host in HOSTS.items():
        frozen: dict[str, str | None] = {"DATABASE_URL": dsn(host), "DEFAULT_STORAGE_DSN": storage(stage)}
        stages[stage] = ObservedStage({}, {**frozen, **({"SITE_ID": str(site_id)} if site_id else {})}, deployed=True)
    return ObservedApplication("acme", stages={**stages, **changes}, region="zurich")


def stage_of(stage: str, site_id: int | None, *, sensitive: bool = False, **more: str) -> ObservedStage:
    """Made by hand: deployed with the original's values."""
    values = {"DATABASE_URL": dsn(HOSTS[stage]), "DEFAULT_STORAGE_DSN": storage(stage), **more}
    values |= {"SITE_ID": str(site_id)} if site_id else {}
    hidden = {"DATABASE_URL", "DEFAULT_STORAGE_DSN"} if sensitive else set()
    variables = {
        name: ObservedVariable(None if name in hidden else value, name in hidden) for name, value in values.items()
    }
    return ObservedStage(variables, values, deployed=True)


def mirror(slug: str, site_id: int | None, region: str = "zurich", **stages: ObservedStage) -> ObservedApplication:
    both = {stage: stage_of(stage, site_id) for stage in HOSTS}
    return ObservedApplication(slug, stages={**both, **stages}, region=region)


def stranger(slug: str = "shop") -> ObservedApplication:
    frozen = {"DATABASE_URL": dsn("db.example.com/shop"), "SITE_ID": "7"}
    return ObservedApplication(slug, stages={stage: ObservedStage({}, frozen, deployed=True) for stage in HOSTS})


def problem(adoption: AdoptionProposal) -> Problem:
    (found,) = adoption.problems
    return found


def test_sites_whose_id_is_not_clear_are_listed_and_new_ones_are_not() -> None:
    mirrors = [
        mirror("acme-de", 7),
        mirror("acme-fr", 7),
        mirror("acme-it", 8, live=stage_of("live", 9)),
        mirror("acme-at", 10),
        mirror("acme-ch", None),
        mirror("acme-be", None, test=stage_of("test", None, SITE_ID="eleven")),
    ]
    adoption = propose_adoption(original(), mirrors)
    assert set(adoption.undecided) == {"acme-de", "acme-fr", "acme-it", "acme-be"}
    assert adoption.problems
    assert all("siteId" not in item for item in adoption.fleet["mirrors"] if item["application"] in adoption.undecided)


def test_ids_are_taken_over_verbatim_with_their_gaps_and_an_original_that_is_not_1() -> None:
    adoption = propose_adoption(original(3), [mirror("acme-fr", 12), stranger(), mirror("acme-de", 7)])

    assert adoption.fleet == {
        "original": {"application": "acme", "siteId": 3},
        "mirrors": [{"application": "acme-de", "siteId": 7}, {"application": "acme-fr", "siteId": 12}],
    }
    assert (adoption.problems, adoption.notes) == ((), ())


def test_the_evidence_names_the_database_and_no_credentials() -> None:
    adoption = propose_adoption(original(), [mirror("acme-de", 2, test=stage_of("test", 2, sensitive=True))])

    (_, evidence) = adoption.evidence
    assert evidence.reasons == (
        "Test: its newest deployment runs with postgres://db.example.com:5432/acme-test",
        "Live: its variable DATABASE_URL is postgres://db.example.com:5432/acme-live",
    )
    assert CANARY not in repr(adoption)


def test_one_environment_with_the_database_is_enough_to_be_a_mirror() -> None:
    adoption = propose_adoption(original(), [mirror("acme-de", 2, live=ObservedStage())])

    assert adoption.fleet["mirrors"] == [{"application": "acme-de", "siteId": 2}]
    assert adoption.notes == ("acme-de, Live: never deployed successfully",)


def test_of_two_sites_with_one_id_neither_is_declared() -> None:
    adoption = propose_adoption(original(), [mirror("acme-de", 2), mirror("acme-fr", 2), mirror("acme-ch", 3)])

    assert adoption.fleet["mirrors"][1:] == [{"application": "acme-fr"}, {"application": "acme-ch", "siteId": 3}]
    assert [(item.code, item.site) for item in adoption.problems] == [
        ("site-id-shared", "acme-de"),
        ("site-id-shared", "acme-fr"),
    ]
    assert "has SITE_ID 2 in Test, and so has acme-fr" in adoption.problems[0].message


def test_a_mirror_that_has_the_originals_id_is_a_problem_too() -> None:
    adoption = propose_adoption(original(), [mirror("acme-de", 1)])

    assert adoption.fleet == {"original": {"application": "acme"}, "mirrors": [{"application": "acme-de"}]}
    assert ("site-id-shared", "acme-de") in [(item.code, item.site) for item in adoption.problems]


def test_an_id_that_differs_between_test_and_live_is_not_declared() -> None:
    adoption = propose_adoption(original(), [mirror("acme-de", 2, live=stage_of("live", 5))])

    assert adoption.fleet["mirrors"] == [{"application": "acme-de"}]
    assert (problem(adoption).code, problem(adoption).site) == ("site-id-differs", "acme-de")
    assert "2 in Test, 5 in Live" in problem(adoption).message


def test_an_id_that_was_changed_and_not_deployed_is_declared_as_it_runs() -> None:
    running = stage_of("test", 2)
    changed = ObservedStage(
        {**running.variables, "SITE_ID": ObservedVariable("9")}, running.deployed_variables, deployed=True
    )

    adoption = propose_adoption(original(), [mirror("acme-de", 2, test=changed)])

    assert adoption.fleet["mirrors"] == [{"application": "acme-de", "siteId": 2}]
    assert (problem(adoption).code, problem(adoption).site) == ("site-id-differs", "acme-de")
    assert "set to 9, but its instances run with 2" in problem(adoption).message


def test_an_id_that_is_no_number_is_a_problem() -> None:
    broken = stage_of("test", None, SITE_ID="two")

    assert problem(propose_adoption(original(), [mirror("acme-de", 2, test=broken)])).code == "site-id-invalid"


def test_the_id_of_an_environment_with_another_database_does_not_count() -> None:
    other = ObservedStage({"SITE_ID": ObservedVariable("1")}, {"DATABASE_URL": dsn("elsewhere/x")}, deployed=True)

    adoption = propose_adoption(original(), [mirror("acme-de", 4, live=other)])

    assert adoption.fleet["mirrors"] == [{"application": "acme-de", "siteId": 4}]
    assert adoption.problems == ()


@pytest.mark.parametrize(
    ("test", "said"),
    [
        (stage_of("test", None), "it has the shared database and no SITE_ID, so it serves the original's site"),
        (
            stage_of("test", 2, DATABASE_URL=dsn(HOSTS["live"])),
            "(postgres://db.example.com:5432/acme-live, the original's is postgres://db.example.com:5432/acme-test)",
        ),
        (stage_of("test", 2, DATABASE_URL=dsn(HOSTS["test"], "old-one")), "(the same service, with other credentials"),
        (stage_of("test", 2, THEME="dark"), "not managed by Mirrors, unchanged: THEME"),
        (ObservedStage(stage_of("test", 2).variables), "never deployed successfully"),
    ],
)
def test_what_is_odd_is_said_and_no_value_is_shown(test: ObservedStage, said: str) -> None:
    adoption = propose_adoption(original(), [mirror("acme-de", 2, test=test)])

    assert any(line.startswith("acme-de, Test: ") and said in line for line in adoption.notes), adoption.notes
    assert CANARY not in str(adoption)
    assert "old-one" not in str(adoption)


def crossing(*, deployed: bool = True, site_id: int | None = 2) -> ObservedStage:
    """Test, with Live's database copied into it."""
    seen = stage_of("test", site_id, DATABASE_URL=dsn(HOSTS["live"], "another"))
    return seen if deployed else ObservedStage(seen.variables, {"DATABASE_URL": dsn("own")}, deployed=True)


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (crossing(), "it runs with the original's database of Live. It writes into that content"),
        (
            crossing(deployed=False),
            "its DATABASE_URL is set to the original's database of Live. Its next deployment",
        ),
        (
            ObservedStage({}, crossing().deployed_variables, deployed=True),
            "it runs with the original's database of Live",
        ),
    ],
)
@pytest.mark.parametrize("live", [True, False])
def test_a_database_of_the_other_environment_has_to_be_decided(seen: ObservedStage, said: str, live: bool) -> None:
    """Also of an application that is no mirror by what it has in the right environment."""
    stages = {"test": seen, **({"live": stage_of("live", 2)} if live else {})}
    found = propose_adoption(original(), [ObservedApplication("acme-de", "zurich", stages)])
    assert (problem(found).code, problem(found).site) == ("database-of-other-environment", "acme-de")
    assert problem(found).message.startswith(f"in Test, {said}")
    assert CANARY not in problem(found).line


def test_an_original_whose_environments_have_one_database_is_the_only_problem_of_that_kind() -> None:
    one = ObservedStage({}, {"DATABASE_URL": dsn(HOSTS["test"])}, deployed=True)
    found = propose_adoption(original(live=one), [mirror("acme-de", 2)])
    assert [item.code for item in found.problems] == ["environments-share-service"]


def test_an_id_that_was_never_deployed_is_reported_because_the_originals_site_is_served_meanwhile() -> None:
    seen = stage_of("test", 2)
    running = {name: value for name, value in seen.deployed_variables.items() if name != "SITE_ID"}
    early = ObservedStage(seen.variables, running, deployed=True)
    found = propose_adoption(original(), [mirror("acme-de", 2, test=early)])
    assert found.notes == (
        "acme-de, Test: it serves the original's site: its instances have the shared database, and its SITE_ID is"
        " set, but not deployed yet. An up deploys it",
    )


def test_an_id_that_was_never_deployed_beside_a_database_of_its_own_is_reported_as_well() -> None:
    seen = ObservedStage(stage_of("test", 2).variables, {"DATABASE_URL": dsn("own")}, deployed=True)
    found = propose_adoption(original(), [mirror("acme-de", 2, test=seen)])
    assert "acme-de, Test: its SITE_ID is set, but not deployed yet; an up deploys it" in found.notes


def test_what_is_alike_is_one_line_and_what_serves_a_wrong_site_comes_first() -> None:
    new = ObservedStage(stage_of("live", 2).variables)
    many = [mirror(f"big-{n:02}", n, live=new) for n in range(2, 31)]
    wrong = mirror("zz-wrong", None)
    no_id = "it has the shared database and no SITE_ID, so it serves the original's site. An up gives it an id"
    few = [mirror(f"odd-{n}", 40 + n, test=stage_of("test", 40 + n, THEME="x")) for n in (1, 2)]
    assert propose_adoption(original(), [*many, wrong, *few]).notes == (
        f"zz-wrong, Test: {no_id}",
        f"zz-wrong, Live: {no_id}",
        "big-02, big-03, big-04, big-05, big-06 and 24 more, Live: never deployed successfully",
        "odd-1, odd-2, Test: not managed by Mirrors, unchanged: THEME",
    )


def test_another_region_is_said() -> None:
    assert propose_adoption(original(), [mirror("acme-de", 2, region="tokyo")]).notes == (
        "acme-de: it is in another region than acme; a deployment of such a mirror fails",
    )


def test_what_cannot_be_seen_is_asked_for_by_name_and_then_adopted() -> None:
    hidden = ObservedStage(
        {"DATABASE_URL": ObservedVariable(None, sensitive=True), "SITE_ID": ObservedVariable("4")}, deployed=True
    )
    unseen = ObservedApplication("acme-fr", visible=False)
    others = [mirror("acme-de", 4, test=hidden, live=hidden), unseen]

    guessed, answer = propose_adoption(original(), others), propose_adoption(original(), others, ["acme-de", "acme-fr"])

    assert guessed.fleet["mirrors"] == []
    assert [line.partition(":")[0] for line in guessed.notes] == ["acme-de", "acme-fr"]
    assert all("--mirror" in line for line in guessed.notes)
    assert answer.fleet["mirrors"] == [{"application": "acme-de", "siteId": 4}, {"application": "acme-fr"}]


def test_what_has_the_database_of_another_in_a_variable_is_taken_for_its_mirror() -> None:
    assert find_likely_originals(mirror("acme-de", 2), [original(), mirror("acme-fr", 3), stranger()]) == ["acme"]
    assert find_likely_originals(mirror("acme-de", 2), [original(3)]) == ["acme"]
    assert find_likely_originals(original(), [mirror("acme-de", 2), stranger()]) == []


@pytest.mark.parametrize("name", ["SITE_ID", "MIRRORS_APPLICATION"])
def test_an_original_that_sets_its_own_database_is_no_mirror_of_a_removed_one_that_still_runs(name: str) -> None:
    own = {
        stage: ObservedStage({"DATABASE_URL": ObservedVariable(dsn(host))}, original().stages[stage].deployed_variables)
        for stage, host in HOSTS.items()
    }
    running = {
        stage: ObservedStage({}, {"DATABASE_URL": dsn(host), name: "5"}, deployed=True) for stage, host in HOSTS.items()
    }
    assert (
        find_likely_originals(ObservedApplication("acme", stages=own), [ObservedApplication("acme-it", stages=running)])
        == []
    )


@pytest.mark.parametrize(("retired", "whose"), [({7: "acme-de"}, " and belonged to acme-de"), ({7: ""}, "")])
def test_a_site_with_a_retired_id_is_offered_and_reported(retired: dict[int, str], whose: str) -> None:
    adoption = propose_adoption(original(), [mirror("acme-de", 7), mirror("acme-fr", 8)], (), retired)
    assert (problem(adoption).code, problem(adoption).site) == ("site-id-retired", "acme-de")
    assert problem(adoption).message.startswith(f"its SITE_ID 7 is retired{whose}:")
    assert [item["application"] for item in adoption.fleet["mirrors"]] == ["acme-de", "acme-fr"]


def test_an_original_that_cannot_be_shared_yet_is_a_problem() -> None:
    one = ObservedStage({}, original().stages["live"].deployed_variables, deployed=True)

    never = problem(propose_adoption(original(test=ObservedStage()), []))
    assert never.line == "acme: Test was never deployed successfully. Deploy it first [original-never-deployed]"
    shared = problem(propose_adoption(original(test=one), []))
    assert (shared.code, shared.site) == ("environments-share-service", "acme")


def test_services_that_all_mirrors_share_are_shared_and_missing_ones_are_not() -> None:
    places = {stage: dsn(f"search.example.com/{stage}") for stage in HOSTS}
    frozen = {stage: {"DATABASE_URL": dsn(host), "LOGS_DATABASE_DSN": places[stage]} for stage, host in HOSTS.items()}
    source = ObservedApplication(
        "acme", stages={stage: ObservedStage({}, frozen[stage], deployed=True) for stage in HOSTS}
    )
    copies = {stage: stage_of(stage, 2, LOGS_DATABASE_DSN=places[stage]) for stage in HOSTS}

    assert propose_adoption(source, [mirror("acme-de", 2, test=copies["test"], live=copies["live"])]).fleet[
        "shared"
    ] == [
        "DATABASE_URL",
        "LOGS_DATABASE_DSN",
    ]
    assert propose_adoption(source, [mirror("acme-de", 2)]).fleet["shared"] == ["DATABASE_URL"]


def test_what_is_printed_is_a_configuration_without_problems() -> None:
    fleet = propose_adoption(original(), [mirror("acme-de", 2), mirror("acme-fr", None)]).fleet

    loaded = parse_configuration({"fleet": json.dumps(fleet), "apiToken": "token"}, "test", {})

    assert loaded.problems == ()
    assert loaded.fleet is not None
    assert loaded.fleet.slugs == ("acme", "acme-de", "acme-fr")


def test_an_original_whose_database_cannot_be_compared_has_no_mirror_that_is_not_named() -> None:
    """It connects where a file on the machine of its site says."""
    odd = f"postgres://acme:{CANARY}@/acme?service=shared"
    running = {stage: ObservedStage({}, {"DATABASE_URL": odd}, deployed=True) for stage in HOSTS}
    copies = {
        stage: ObservedStage({"DATABASE_URL": ObservedVariable(odd), "SITE_ID": ObservedVariable("2")})
        for stage in HOSTS
    }
    account = ObservedApplication("acme", stages=running), [ObservedApplication("acme-de", stages=copies)]
    guessed = propose_adoption(*account)
    assert guessed.fleet["mirrors"] == []
    assert [(item.code, item.remedy) for item in guessed.problems] == [
        ("service-not-comparable", "Name the mirrors with --mirror")
    ] * 2
    assert (
        "Mirrors cannot compare its DATABASE_URL in Test, postgres:///acme?service=shared,"
        in guessed.problems[0].message
    )
    assert CANARY not in str(guessed.problems)
    assert any(
        "acme-de: its DATABASE_URL is set, but Mirrors cannot read or compare it" in note for note in guessed.notes
    )
    named = propose_adoption(*account, named=["acme-de"])
    assert named.fleet["mirrors"] == [{"application": "acme-de", "siteId": 2}]
    assert named.problems == ()


def test_an_application_that_may_be_a_mirror_and_hides_its_id_has_to_be_answered_for() -> None:
    hidden = {"DATABASE_URL": ObservedVariable(None, sensitive=True), "SITE_ID": ObservedVariable(None, sensitive=True)}
    shop = ObservedApplication("shop", stages={"test": ObservedStage(hidden)})
    found = problem(propose_adoption(original(), [mirror("acme-de", 7), shop]))
    assert (found.code, found.site) == ("neighbour-id-unknown", "shop")
    assert "mirrors:fleet.reservedFor: {shop: ID}" in found.remedy
    assert propose_adoption(original(), [mirror("acme-de", 7), shop], reserved_for=["shop"]).problems == ()


def test_a_mirror_whose_id_is_not_shown_has_to_be_declared() -> None:
    both = {
        stage: ObservedStage({**stage_of(stage, 7).variables, "SITE_ID": ObservedVariable(None, sensitive=True)})
        for stage in HOSTS
    }
    found = propose_adoption(original(), [ObservedApplication("acme-de", stages=both)])
    assert [item.line for item in found.problems] == [
        f"acme-de: the platform hides its SITE_ID in {title}. Declare the siteId that it has [site-id-unknown]"
        for title in ("Test", "Live")
    ]

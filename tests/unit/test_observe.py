"""The applications that are looked at before an id is given: those on no list, on a real platform."""

import json
from collections.abc import Iterator, Sequence

import pytest
from mirrors_sandbox.control import Sandbox

from mirrors.divio import Divio
from mirrors.observation.fleet import FleetObserver
from mirrors.planning.plan import plan_fleet
from mirrors.planning.site_ids.allocate import allocate
from mirrors.planning.site_ids.facts import AllocationRequest, Ledger, ReferenceStack
from mirrors.problems import Problem
from tests.sandboxes import call, delete_variable, environment_of, frozen_variables, running_sandbox, set_variable
from tests.unit.fleets import settings

UNLISTED = "acme-nb"
OWN = ("SITE_ID", "MIRRORS_APPLICATION", "DATABASE_URL")


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """``acme-nb`` serves the shared database with SITE_ID 5 and is on no list."""
    with running_sandbox(tmp_path_factory.mktemp("account")) as sandbox:
        sandbox.seed(mirrors=("acme-de", UNLISTED), report=lambda _: None)
        has(sandbox, UNLISTED, SITE_ID="5", DATABASE_URL=database(sandbox))
        yield sandbox


@pytest.fixture
def account(seeded: Sandbox) -> Iterator[Sandbox]:
    """Yield the same; ``acme-de`` has nothing yet."""
    seeded.clear_requests_log()
    yield seeded
    for name in OWN:
        delete_variable(seeded, "acme-de", "test", name)


def database(sandbox: Sandbox) -> str:
    return frozen_variables(sandbox, "acme", "test")["DATABASE_URL"]


def has(sandbox: Sandbox, application: str, **variables: str) -> None:
    """Set them; the shared database's address is hidden, as Mirrors leaves it."""
    shared = database(sandbox)
    for name, value in variables.items():
        set_variable(sandbox, application, "test", name, value, is_sensitive=value == shared)


def problems_and_ids(sandbox: Sandbox) -> tuple[tuple[Problem, ...], dict[str, int]]:
    declared = settings("acme-de")
    with Divio.connect(sandbox.url, sandbox.token) as divio:
        planned = plan_fleet(declared, FleetObserver(divio, declared).fleet())
    allocation = allocate(
        Ledger(), AllocationRequest(planned.site_facts, undeclared_sites=planned.undeclared_sites, declared_highest=5)
    )
    return allocation.problems, dict(allocation.ledger.assignments.values())


@pytest.mark.parametrize(
    "there",
    [
        {},
        {"SITE_ID": "77"},
        {"SITE_ID": "77", "MIRRORS_APPLICATION": "acme-de"},
        {"SITE_ID": "77", "MIRRORS_APPLICATION": "acme-de", "DATABASE_URL": "postgres://db.example.com/of-its-own"},
    ],
    ids=lambda there: " ".join(there) or "nothing",
)
def test_the_id_of_an_application_that_is_on_no_list_is_given_to_no_one(
    account: Sandbox, there: dict[str, str]
) -> None:
    has(account, "acme-de", **there)
    _, ids = problems_and_ids(account)
    assert ids == {"acme": 1, "acme-de": 6}


@pytest.mark.parametrize("owner", [None, "acme-fr"], ids=["no owner", "another"])
def test_a_mirror_made_by_hand_is_not_taken_over_with_the_id_of_one_that_is_on_no_list(
    account: Sandbox, owner: str | None
) -> None:
    """Nor one whose variables were copied from another mirror."""
    copied = {"MIRRORS_APPLICATION": owner} if owner else {}
    has(account, "acme-de", SITE_ID="5", DATABASE_URL=database(account), **copied)
    [problem], _ = problems_and_ids(account)
    assert (problem.code, problem.site) == ("site-id-taken", "acme-de")
    assert f"SITE_ID 5 is that of {UNLISTED}, which is not on the list" in problem.message


def test_a_stack_that_follows_another_gives_no_id_that_someone_has_by_hand_since(account: Sandbox) -> None:
    """Test gave 2 while no site in Live had it."""
    declared = settings("acme-de", environment="live", siteIdsFrom="test")
    live = frozen_variables(account, "acme", "live")["DATABASE_URL"]
    set_variable(account, UNLISTED, "live", "SITE_ID", "2")
    set_variable(account, UNLISTED, "live", "DATABASE_URL", live, is_sensitive=True)
    reference = ReferenceStack("test", {"acme": 1, "acme-de": 2}, {})
    try:
        with Divio.connect(account.url, account.token) as divio:
            planned = plan_fleet(declared, FleetObserver(divio, declared).fleet())
    finally:
        delete_variable(account, UNLISTED, "live", "SITE_ID")
        delete_variable(account, UNLISTED, "live", "DATABASE_URL")
    request = AllocationRequest(planned.site_facts, undeclared_sites=planned.undeclared_sites, reference=reference)
    [problem] = allocate(Ledger(), request).problems
    assert (problem.code, problem.site) == ("site-id-taken", "acme-de")
    assert f"SITE_ID 2 is that of {UNLISTED}, which is not on the list" in problem.message
    assert 'the stack "test" gave it' in problem.message


def test_what_else_the_organisation_has_is_known_by_name(account: Sandbox) -> None:
    declared = settings("acme-nbb")
    with Divio.connect(account.url, account.token) as divio:
        seen = FleetObserver(divio, declared).fleet()
    assert set(seen.applications) == {"acme", "acme-de", UNLISTED}
    assert f"Did you mean {UNLISTED}?" in plan_fleet(declared, seen).problems[0].remedy


def test_where_every_mirror_is_as_mirrors_leaves_it_no_one_else_is_looked_at(account: Sandbox) -> None:
    has(account, "acme-de", SITE_ID="2", MIRRORS_APPLICATION="acme-de", DATABASE_URL=database(account))
    account.clear_requests_log()
    assert problems_and_ids(account) == ((), {"acme": 1, "acme-de": 2})
    assert [line for line in account.requests_log() if UNLISTED in str(line.get("application"))] == []


def test_one_that_was_taken_off_a_list_and_still_runs_keeps_its_id(account: Sandbox) -> None:
    """Its variables are gone, as Mirrors leaves it."""
    has(account, UNLISTED, SITE_ID="8", DATABASE_URL=database(account))
    account.deploy(UNLISTED, "test", report=lambda _: None)
    delete_variable(account, UNLISTED, "test", "SITE_ID")
    delete_variable(account, UNLISTED, "test", "DATABASE_URL")
    try:
        assert problems_and_ids(account) == ((), {"acme": 1, "acme-de": 9})
    finally:
        has(account, UNLISTED, SITE_ID="5", DATABASE_URL=database(account))
        account.deploy(UNLISTED, "test", report=lambda _: None)


@pytest.mark.parametrize("removed", [["SITE_ID"], ["SITE_ID", "DATABASE_URL"]])
def test_one_on_the_list_that_runs_with_an_id_which_is_set_no_more_keeps_it(
    account: Sandbox, removed: Sequence[str]
) -> None:
    """Otherwise the first new mirror would get it. Without both it is what a removal from another list leaves."""
    has(account, UNLISTED, SITE_ID="2", DATABASE_URL=database(account))
    account.deploy(UNLISTED, "test", report=lambda _: None)
    for name in removed:
        delete_variable(account, UNLISTED, "test", name)
    declared = settings("acme-de", UNLISTED)
    try:
        with Divio.connect(account.url, account.token) as divio:
            planned = plan_fleet(declared, FleetObserver(divio, declared).fleet())
    finally:
        has(account, UNLISTED, SITE_ID="5", DATABASE_URL=database(account))
        account.deploy(UNLISTED, "test", report=lambda _: None)
    allocation = allocate(Ledger(), AllocationRequest(planned.site_facts, undeclared_sites=planned.undeclared_sites))
    assert allocation.problems == ()
    assert dict(allocation.ledger.assignments.values()) == {"acme": 1, UNLISTED: 2, "acme-de": 3}


def with_staging(sandbox: Sandbox, application: str, **variables: str) -> None:
    """Add a third environment that is a copy of Test, and that runs with these."""
    source = environment_of(sandbox, application, "test")
    call(sandbox, "POST", f"environments/{source}/copy/", new_slug="staging").raise_for_status()
    for name, value in variables.items():
        set_variable(sandbox, application, "staging", name, value)
    sandbox.deploy(application, "staging", report=lambda _: None)


@pytest.mark.parametrize("listing", ["allowed", "refused"])
def test_an_id_that_a_third_environment_runs_with_is_given_to_no_one(sandbox: Sandbox, listing: str) -> None:
    """The application is on no list; or it is on one, and its own id may be that one."""
    sandbox.seed(mirrors=("acme-de", UNLISTED), report=lambda _: None)
    if listing == "refused":
        switches = json.dumps({"environments_without_filter": listing})
        (sandbox.state / "fidelity.json").write_text(switches, encoding="utf-8")
    with_staging(sandbox, UNLISTED, DATABASE_URL=database(sandbox), SITE_ID="8")
    assert problems_and_ids(sandbox) == ((), {"acme": 1, "acme-de": 9})
    with_staging(sandbox, "acme-de", DATABASE_URL=database(sandbox), SITE_ID="11")
    assert problems_and_ids(sandbox) == ((), {"acme": 1, "acme-de": 12})
    has(sandbox, "acme-de", SITE_ID="11", DATABASE_URL=database(sandbox))
    assert problems_and_ids(sandbox) == ((), {"acme": 1, "acme-de": 11}), "its own"


@pytest.mark.parametrize("deployed", [False, True])
def test_an_id_that_is_not_shown_is_a_problem_before_one_is_given(account: Sandbox, deployed: bool) -> None:
    set_variable(account, UNLISTED, "test", "SITE_ID", "2", is_sensitive=True)
    if deployed:
        account.deploy(UNLISTED, "test", report=lambda _: None)
    try:
        [problem], _ = problems_and_ids(account)
    finally:
        set_variable(account, UNLISTED, "test", "SITE_ID", "5")
        account.deploy(UNLISTED, "test", report=lambda _: None)
    assert (problem.code, problem.site) == ("neighbour-id-unknown", UNLISTED)


def test_a_missing_mirror_that_has_another_name_by_now_is_reported_with_it(account: Sandbox) -> None:
    has(account, "acme-de", MIRRORS_APPLICATION="acme-old")
    declared = settings("acme-old")
    with Divio.connect(account.url, account.token) as divio:
        seen = FleetObserver(divio, declared).fleet()
    assert seen.renamed_mirrors == {"acme-old": "acme-de"}
    [problem] = plan_fleet(declared, seen).problems
    assert (problem.code, problem.site) == ("application-renamed", "acme-old")
    assert problem.remedy == 'Write "application: acme-de, formerly: acme-old"'


def test_what_a_mirror_has_run_with_is_looked_at_only_where_its_id_is_reserved(account: Sandbox) -> None:
    has(account, "acme-de", SITE_ID="7")
    fleet = {"original": {"application": "acme"}, "mirrors": [{"application": "acme-de"}], "reservedSiteIds": [7]}
    looked = {}
    with Divio.connect(account.url, account.token) as divio:
        for reserved in ([], [6], [7]):
            declared = settings(fleet={**fleet, "reservedSiteIds": reserved})
            looked[tuple(reserved)] = dict(FleetObserver(divio, declared).fleet().deployed_ids)
    assert looked == {(): {}, (6,): {}, (7,): {"acme-de": ()}}

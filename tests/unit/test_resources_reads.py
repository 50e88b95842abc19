"""The bulk lists of a provider process: when it answers from them, and when it says that it does not know."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mirrors.divio import AuthenticationFailed, NotFound
from mirrors.resources.bulk_reads import PREWRITE_TTL_FACTOR, RELEASE_TTL, TTL, BulkReadCache
from mirrors.resources.bulk_requests import CHUNK_SIZE, list_visible_environments
from tests.unit.divio_support import DEPLOYMENTS, VARIABLES, FakeTime, application, connect, deployment, page, variable
from tests.unit.http_script import Received, Reply, Script, serve

APPLICATIONS = "/apps/v3/applications/"
ENVIRONMENTS = "/apps/v3/environments/"
NAMES = ["DATABASE_URL", "MIRRORS_APPLICATION", "SITE_ID"]

Answer = Callable[[Received], Reply]


def environment(uuid: str, **fields: Any) -> dict[str, Any]:
    """Return a managed mirror in Test, deployed."""
    known = {"last_finished_deployment": {"uuid": f"d-{uuid}"}, "environment_variables": NAMES}
    return {"uuid": uuid, "application": f"a-{uuid}", "slug": "test", **known, **fields}


def fresh(uuid: str) -> dict[str, Any]:
    return environment(uuid, last_finished_deployment=None, environment_variables=["DATABASE_URL"])


def variables_of(request: Received) -> Reply:
    return page(*(variable(f"v-{uuid}", uuid, "SITE_ID", "2") for uuid in request.values("environment")))


def only_the_last(answer: Answer) -> Answer:
    """Return a platform that takes one value of a filter, as Django's own do."""

    def one(request: Received) -> Reply:
        query = [item for item in request.query if item[0] != "environment"]
        last = ("environment", request.values("environment")[-1])
        return answer(Received(request.method, request.path, [*query, last], request.headers, request.body))

    return one


REFUSED = Reply(400, {"application": ["This field is required."]})


@pytest.fixture
def script() -> Iterator[Script]:
    with serve() as running:
        running.on("GET", VARIABLES, variables_of)
        running.on("GET", DEPLOYMENTS, page())
        yield running


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def reads(script: Script, time: FakeTime) -> BulkReadCache:
    return BulkReadCache(connect(script, time), time.clock)


def listed(script: Script, *environments: dict[str, Any]) -> None:
    script.on("GET", ENVIRONMENTS, page(*environments))


def paths(script: Script) -> list[str]:
    return [request.path for request in script.requests]


def site_ids(reads: BulkReadCache, environments: Sequence[str]) -> list[list[str | None]]:
    return [[item.value for item in reads.variables(uuid)] for uuid in environments]


def test_a_fleet_is_read_with_one_request_of_each_kind(script: Script, reads: BulkReadCache) -> None:
    mirrors = [f"e{number}" for number in range(CHUNK_SIZE)]
    listed(script, *map(environment, mirrors))
    for uuid in mirrors:
        assert reads.is_latest_finished(uuid, f"d-{uuid}")
    assert site_ids(reads, mirrors) == [["2"]] * CHUNK_SIZE
    assert paths(script) == [ENVIRONMENTS, VARIABLES]


def test_variables_are_read_a_chunk_at_a_time_and_only_where_someone_asks(script: Script, reads: BulkReadCache) -> None:
    mirrors = [f"e{number}" for number in range(2 * CHUNK_SIZE + 1)]
    listed(script, *map(environment, mirrors))
    assert site_ids(reads, mirrors[CHUNK_SIZE : CHUNK_SIZE + 2]) == [["2"], ["2"]]
    [request] = [request for request in script.requests if request.path == VARIABLES]
    assert request.values("environment") == mirrors[CHUNK_SIZE : 2 * CHUNK_SIZE]


def test_the_other_stage_and_other_applications_are_not_read_along(script: Script, reads: BulkReadCache) -> None:
    other = environment("other", environment_variables=["DATABASE_URL"])
    listed(script, environment("e1"), environment("live", slug="live"), other, environment("e2"))
    assert site_ids(reads, ["e1"]) == [["2"]]
    assert script.requests[-1].values("environment") == ["e1", "e2"]


def test_threads_that_ask_at_once_share_one_listing(script: Script, reads: BulkReadCache) -> None:
    mirrors = [f"e{number}" for number in range(8)]
    listed(script, *map(environment, mirrors))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda uuid: len(reads.variables(uuid)), mirrors))
    assert found == [1] * 8
    assert paths(script) == [ENVIRONMENTS, VARIABLES]


def test_only_the_last_deployment_that_has_ended_is_the_last(script: Script, reads: BulkReadCache) -> None:
    without = environment("e2")
    del without["last_finished_deployment"]
    listed(script, environment("e1"), without, fresh("e3"))
    assert reads.is_latest_finished("e1", "d-e1")
    assert not reads.is_latest_finished("e1", "another")
    assert not reads.is_latest_finished("e1", None)
    assert not reads.is_latest_finished("e2", "d-e2")
    assert not reads.is_latest_finished("e3", None)
    assert not reads.is_latest_finished("unknown", "d-e1")


def last_deployments(request: Received) -> Reply:
    ended = {uuid: deployment(f"d-{uuid}", 0, 5, True) for uuid in request.values("environment")}
    return page(*(item | {"environment": uuid} for uuid, item in ended.items()))


def test_the_last_deployments_are_read_a_chunk_at_a_time(script: Script, reads: BulkReadCache, time: FakeTime) -> None:
    mirrors = [f"e{number}" for number in range(CHUNK_SIZE)]
    listed(script, *map(environment, mirrors), fresh("new"), environment("live", slug="live"))
    script.on("GET", DEPLOYMENTS, last_deployments)
    for _ in range(2):
        found = [reads.find_latest_finished(uuid, f"d-{uuid}") for uuid in mirrors]
        assert [item.uuid for item in found if item] == [f"d-{uuid}" for uuid in mirrors]
        assert paths(script) == [ENVIRONMENTS, DEPLOYMENTS]
        script.requests.clear()
        assert reads.find_latest_finished("e1", "another") is reads.find_latest_finished("new", "d-new") is None
        time.sleep(TTL)
    reads.forget_deployments("e1")
    assert reads.find_latest_finished("e1", "d-e1") is None


def test_a_last_deployment_beside_a_running_one_is_left_to_a_look(script: Script, reads: BulkReadCache) -> None:
    listed(script, environment("e1"), environment("e2"))
    other = deployment("d-e2", 0, 5, True) | {"environment": "e2"}
    script.on("GET", DEPLOYMENTS, page(deployment("new", 9), deployment("d-e1", 0, 5, True), other))
    assert reads.find_latest_finished("e1", "d-e1") is None
    assert reads.find_latest_finished("e2", "d-e2") is not None


@pytest.mark.parametrize("answer", [REFUSED, only_the_last(last_deployments)])
def test_a_last_deployment_that_the_platform_does_not_list_in_bulk_is_not_known(
    script: Script, reads: BulkReadCache, answer: Reply | Answer
) -> None:
    listed(script, environment("e1"), environment("e2"))
    script.on("GET", DEPLOYMENTS, answer)
    assert [reads.find_latest_finished("e1", "d-e1") for _ in range(2)] == [None, None]
    assert paths(script).count(DEPLOYMENTS) == 1


def test_a_variable_is_lacking_only_where_names_are_listed_without_it(script: Script, reads: BulkReadCache) -> None:
    listed(script, fresh("e1"), environment("e2"), environment("e3", environment_variables=None))
    assert [reads.known_absent(uuid, "SITE_ID") for uuid in ("e1", "e2", "e3", "unknown")] == [
        True,
        False,
        False,
        False,
    ]


def test_an_environment_was_never_deployed_only_where_nothing_has_ended_or_goes_on(
    script: Script, reads: BulkReadCache
) -> None:
    without = fresh("silent")
    del without["last_finished_deployment"]
    listed(script, fresh("e1"), fresh("e2"), environment("e3"), without)
    script.on("GET", DEPLOYMENTS, page(deployment("d", 1) | {"environment": "e2"}))
    known = [reads.never_deployed(uuid) for uuid in ("e1", "e2", "e3", "silent", "unknown")]
    assert known == [True, False, False, False, False]
    assert paths(script) == [ENVIRONMENTS, DEPLOYMENTS]
    assert script.requests[-1].values("environment") == ["e1", "e2"]


@pytest.mark.parametrize("refusal", [REFUSED, Reply(403, {}), Reply(405, {}), Reply(200, {"results": "?"})])
def test_a_platform_that_does_not_list_all_environments_is_asked_for_each(
    script: Script, reads: BulkReadCache, refusal: Reply
) -> None:
    script.on("GET", ENVIRONMENTS, refusal)
    assert site_ids(reads, ["e1", "e2"]) == [[], []]
    assert not reads.is_latest_finished("e1", "d-e1")
    assert not reads.known_absent("e1", "SITE_ID")
    assert not reads.never_deployed("e1")
    assert paths(script) == [ENVIRONMENTS]


def test_an_account_of_very_many_pages_is_not_read_through_for_one_fleet(script: Script, reads: BulkReadCache) -> None:
    many = page(environment("e1"), following=f"{script.url}{ENVIRONMENTS}?page=2", count=1_000)
    script.on("GET", ENVIRONMENTS, many)
    assert site_ids(reads, ["e1"]) == [[]]
    assert paths(script) == [ENVIRONMENTS]


def test_what_a_platform_leaves_out_of_a_bulk_request_is_not_taken_for_missing(
    script: Script, reads: BulkReadCache
) -> None:
    listed(script, environment("e1"), environment("e2"))
    script.on("GET", VARIABLES, only_the_last(variables_of))
    assert site_ids(reads, ["e1", "e2"]) == [["2"], ["2"]]


@pytest.mark.parametrize("status", [403, 404, 405])
def test_bulk_requests_for_variables_that_are_refused_once_are_not_repeated(
    script: Script, reads: BulkReadCache, status: int
) -> None:
    listed(script, environment("e1"), environment("e2"))
    script.on("GET", VARIABLES, Reply(status, {"detail": "No."}))
    assert site_ids(reads, ["e1", "e2", "e1"]) == [[], [], []]
    assert paths(script) == [ENVIRONMENTS, VARIABLES]


def test_deployments_of_several_that_are_refused_leave_open_whether_there_is_one(
    script: Script, reads: BulkReadCache
) -> None:
    listed(script, fresh("e1"), fresh("e2"))
    script.on("GET", DEPLOYMENTS, Reply(400, {"environment": ["Select one."]}))
    assert not reads.never_deployed("e1")
    assert not reads.never_deployed("e2")
    assert paths(script) == [ENVIRONMENTS, DEPLOYMENTS]


def test_after_a_write_the_variables_of_that_environment_are_not_known_any_more(
    script: Script, reads: BulkReadCache, time: FakeTime
) -> None:
    listed(script, environment("e1"), environment("e2"), fresh("e3"))
    assert site_ids(reads, ["e1", "e2"]) == [["2"], ["2"]]
    reads.forget_variables("e1")
    reads.forget_variables("e3")
    for _ in range(2):
        assert site_ids(reads, ["e1", "e2"]) == [[], ["2"]]
        assert not reads.known_absent("e3", "SITE_ID")
        time.sleep(TTL * PREWRITE_TTL_FACTOR)  # listed anew, perhaps by a server that does not have the write yet
    assert reads.is_latest_finished("e1", "d-e1")
    assert reads.never_deployed("e3")


def test_after_a_start_the_deployments_of_that_environment_are_not_known_any_more(
    script: Script, reads: BulkReadCache, time: FakeTime
) -> None:
    listed(script, environment("e1"), environment("e2"), fresh("e3"), fresh("e4"))
    assert reads.never_deployed("e3")
    reads.forget_deployments("e1")
    reads.forget_deployments("e3")
    for _ in range(2):
        assert [reads.is_latest_finished(uuid, f"d-{uuid}") for uuid in ("e1", "e2")] == [False, True]
        assert [reads.never_deployed(uuid) for uuid in ("e3", "e4")] == [False, True]
        time.sleep(TTL * PREWRITE_TTL_FACTOR)


def test_a_release_that_someone_makes_is_noticed_after_seconds_and_not_asked_for_at_each_site(
    script: Script, reads: BulkReadCache, time: FakeTime
) -> None:
    first, second = deployment("d-1", 0, 5, True), deployment("d-2", 10, 15, True)
    script.on("GET", DEPLOYMENTS, page(first), page(second, first))
    assert {reads.newest_release("e1") for _ in range(3)} == {"d-1"}
    time.sleep(RELEASE_TTL)
    assert reads.newest_release("e1") == "d-2"
    assert len(script.requests) == 2


def test_what_was_listed_a_while_ago_is_listed_again(script: Script, reads: BulkReadCache, time: FakeTime) -> None:
    listed(script, environment("e1"))

    def look() -> tuple[list[list[str | None]], bool]:
        return site_ids(reads, ["e1"]), reads.is_latest_finished("e1", "d-e1")

    assert look() == ([["2"]], True)
    listed(script, environment("e1", last_finished_deployment={"uuid": "newer"}))
    script.on("GET", VARIABLES, page(variable("v", "e1", "SITE_ID", "3")))
    time.sleep(TTL - 1)
    assert look() == ([["2"]], True)
    time.sleep(1)
    assert look() == ([["3"]], False)


def test_deployed_variables_are_read_once(script: Script, reads: BulkReadCache) -> None:
    frozen = {"uuid": "d1", "environment": "e1", "environment_variables": {"SITE_ID": "2"}}
    script.on("GET", f"{DEPLOYMENTS}d1/environment-variables/", Reply(404, {}), Reply(200, frozen))
    with pytest.raises(NotFound):
        reads.deployed_variables("d1")
    assert [reads.deployed_variables("d1"), reads.deployed_variables("d1")] == [{"SITE_ID": "2"}] * 2
    assert len(script.requests) == 2


def test_a_failure_that_every_request_would_meet_is_not_taken_for_an_answer(
    script: Script, reads: BulkReadCache
) -> None:
    script.on("GET", ENVIRONMENTS, Reply(401, {"detail": "Invalid token."}))
    with pytest.raises(AuthenticationFailed):
        reads.variables("e1")


def test_applications_that_the_listing_leaves_out_are_asked_for_their_environments(script: Script) -> None:
    def answer(request: Received) -> Reply:
        asked = request.values("application")
        return page(environment("e1")) if not asked else page(environment("e2", application=asked[0]))

    script.on("GET", APPLICATIONS, page(application("a-e1"), application("a2")))
    script.on("GET", ENVIRONMENTS, answer)
    assert list_visible_environments(connect(script)) == {"e1", "e2"}
    assert [request.values("application") for request in script.requests] == [[], [], ["a2"]]


def test_environments_are_asked_for_by_application_where_there_is_no_listing(script: Script) -> None:
    def answer(request: Received) -> Reply:
        asked = request.values("application")
        return page(environment(f"e-{asked[0]}", application=asked[0])) if asked else REFUSED

    script.on("GET", APPLICATIONS, page(application("a1"), application("a2")))
    script.on("GET", ENVIRONMENTS, answer)
    assert list_visible_environments(connect(script)) == {"e-a1", "e-a2"}
